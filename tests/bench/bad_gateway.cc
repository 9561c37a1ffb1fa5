// weir_bad_gateway BACKEND_PORT MODE: a relay on loopback that breaks one law of traffic, so that
// weir_conserve can be seen to notice. Says "listens on PORT".
//
//   twice             sends every request to the backend twice; passes on the answers to one
//   again             passes on every answer twice
//   halve             passes on half of an answer, then ends the connection in good order
//   502               answers "502 Bad Gateway" itself
//   replace FROM TO   passes on answers in which FROM reads TO

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

namespace {

struct Mode {
  std::string name, from, to;
};

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

int connect_to(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = loopback(port);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    std::perror("bad_gateway: no backend");
    std::exit(1);
  }
  return fd;
}

// Empty: the other side has ended the connection.
std::string receive(int fd) {
  std::array<char, 65536> bytes;
  const ssize_t count = ::recv(fd, bytes.data(), bytes.size(), 0);
  return {bytes.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// False: the connection is to end.
bool pass_answer(const Mode& mode, int client, std::string answer) {
  if (mode.name == "halve") answer.resize(answer.size() / 2);
  for (std::size_t at = 0;
       mode.name == "replace" && (at = answer.find(mode.from, at)) != std::string::npos;
       at += mode.to.size()) {
    answer.replace(at, mode.from.size(), mode.to);
  }
  if (mode.name == "again") answer += answer;
  send_all(client, answer);
  return mode.name != "halve";
}

void pass_request(const Mode& mode, int client, int backend, int second, const std::string& bytes) {
  if (mode.name == "502") {
    send_all(client, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  send_all(backend, bytes);
  if (mode.name == "twice") send_all(second, bytes);
}

void relay(const Mode& mode, int client, int port) {
  const int backend = connect_to(port);
  const int second = connect_to(port);
  std::array<pollfd, 3> waits{{{client, POLLIN, 0}, {backend, POLLIN, 0}, {second, POLLIN, 0}}};
  for (bool open = true; open && ::poll(waits.data(), waits.size(), -1) > 0;) {
    if (waits[0].revents != 0) {
      const std::string bytes = receive(client);
      pass_request(mode, client, backend, second, bytes);
      open = !bytes.empty();
    }
    if (waits[1].revents != 0) {
      const std::string bytes = receive(backend);
      open = open && !bytes.empty() && pass_answer(mode, client, bytes);
    }
    if (waits[2].revents != 0 && receive(second).empty()) waits[2].fd = -1;
  }
  for (const int fd : {client, backend, second}) ::close(fd);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3 && count != 5) {
    std::fputs("usage: weir_bad_gateway BACKEND_PORT twice|again|halve|502|replace FROM TO\n",
               stderr);
    return 2;
  }
  const int port = std::atoi(arguments[1]);
  const Mode mode{.name = arguments[2],
                  .from = count == 5 ? arguments[3] : "",
                  .to = count == 5 ? arguments[4] : ""};
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::listen(listener, SOMAXCONN) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("bad_gateway: cannot listen");
    return 1;
  }
  std::printf("listens on %d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  for (int client; (client = ::accept(listener, nullptr, nullptr)) >= 0;) {
    std::thread([&mode, client, port] { relay(mode, client, port); }).detach();
  }
  return 1;
}
