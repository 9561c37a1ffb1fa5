#include "tests/gitops/servers.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "tests/gitops/git_fixture.h"
#include "tests/support/soon.h"

extern char** environ;

namespace weir::gitops {

namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::string free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), length);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  ::close(fd);
  return std::to_string(ntohs(address.sin_port));
}

bool answers(const std::string& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(std::stoi(port));
  const bool there =
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return there;
}

std::string user() { return ::getpwuid(::getuid())->pw_name; }

std::vector<std::string> sshd(const std::string& folder, const std::string& port,
                              const std::string& host_key, const std::string& authorized_keys) {
  if (::getuid() == 0) ::mkdir("/run/sshd", 0755);
  const std::string config = folder + "/sshd_config_" + port;
  write_file(config, "ListenAddress 127.0.0.1:" + port + "\nHostKey " + host_key +
                         "\nAuthorizedKeysFile " + authorized_keys +
                         "\nPidFile none\nStrictModes no\nPermitRootLogin yes\n"
                         "PasswordAuthentication no\nUsePAM no\nMaxStartups 100\n");
  return {"/usr/sbin/sshd", "-D", "-q", "-f", config};
}

std::vector<std::string> python(const std::string& root, const std::vector<std::string>& options) {
  std::vector<std::string> words{"/usr/bin/python3",
                                 std::string(WEIR_TEST_FOLDER) + "/https_server.py", root};
  words.insert(words.end(), options.begin(), options.end());
  return words;
}

}  // namespace

Process::Process(std::vector<std::string> words) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  EXPECT_EQ(::posix_spawn(&pid_, pointers[0], &actions, nullptr, pointers.data(), environ), 0)
      << words[0];
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  out_ = ends[0];
}

Process::~Process() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  ::close(out_);
}

std::string Process::line() {
  std::string text;
  for (char c = 0; ::read(out_, &c, 1) == 1 && c != '\n';) text.push_back(c);
  return text;
}

HttpServer::HttpServer(const std::string& root, std::vector<std::string> options)
    : tls_(std::find(options.begin(), options.end(), "--tls") != options.end()),
      process_(python(root, options)),
      port_(process_.line()) {}

std::string HttpServer::url(const std::string& repository) const {
  return (tls_ ? "https://localhost:" : "http://localhost:") + port_ + "/" + repository;
}

SshServer::SshServer(const std::string& folder, const std::string& host_key,
                     const std::string& authorized_keys)
    : port_(free_port()), process_(sshd(folder, port_, host_key, authorized_keys)) {
  EXPECT_TRUE(test::soon([&] { return answers(port_); }));
}

std::string SshServer::url(const std::string& path) const {
  return "ssh://" + user() + "@127.0.0.1:" + port_ + path;
}

std::string SshServer::known_host() const { return "[127.0.0.1]:" + port_; }

}  // namespace weir::gitops
