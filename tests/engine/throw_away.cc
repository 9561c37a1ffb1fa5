#include "tests/engine/throw_away.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>

namespace weir::engine {

namespace {

std::string folder_of_this_run;

std::string script() { return std::string(WEIR_SOURCE_DIR) + "/tests/support/dockerd"; }

struct Outcome {
  int status = 0;
  std::string output;
};
Outcome run(const std::string& command) {
  Outcome outcome;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  char bytes[4096];
  while (const std::size_t count = std::fread(bytes, 1, sizeof bytes, pipe)) {
    outcome.output.append(bytes, count);
  }
  outcome.status = ::pclose(pipe);
  return outcome;
}

std::string run_or_exit(const std::string& command) {
  Outcome outcome = run(command);
  if (outcome.status == 0) return outcome.output;
  std::cerr << "cannot prepare the tests: " << command << "\n" << outcome.output;
  std::exit(1);
}

void enter_network(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd >= 0 && ::setns(fd, CLONE_NEWNET) == 0) {
    ::close(fd);
    return;
  }
  std::cerr << "cannot enter the network namespace " << file << ": these tests need root\n";
  ThrowAway::stop();
  std::exit(1);
}

}  // namespace

void ThrowAway::start() {
  char folder[] = "/tmp/weir-engine-XXXXXX";
  if (!::mkdtemp(folder)) {
    std::cerr << "cannot make a folder in /tmp\n";
    std::exit(1);
  }
  folder_of_this_run = folder;
  const std::string said = run_or_exit(script() + " start " + folder_of_this_run + " --while " +
                                       std::to_string(::getpid()));
  const std::size_t at = said.find("NETNS=") + 6;
  enter_network(said.substr(at, said.find('\n', at) - at));
  ::setenv("DOCKER_HOST", options().host.c_str(), 1);
  run_or_exit(std::string(WEIR_SOURCE_DIR) + "/scripts/demo-images");
}

void ThrowAway::stop() {
  run_or_exit(script() + " stop " + folder_of_this_run);
  std::filesystem::remove_all(folder_of_this_run);
}

DockerOptions ThrowAway::options() {
  // A busy machine may be slow: what these tests are about is not how long things take.
  const Duration patient = std::chrono::minutes(2);
  return {
      .host = "unix://" + folder_of_this_run + "/docker.sock",
      .instance = "test",
      .deadlines = {.connect = patient, .list = patient, .inspect = patient, .change = patient}};
}

const std::string& ThrowAway::folder() { return folder_of_this_run; }

std::string ThrowAway::docker(const std::string& arguments) { return shell("docker " + arguments); }

void ThrowAway::restart(const std::string& arguments) {
  shell(script() + " restart " + folder_of_this_run + " " + arguments);
}

void ThrowAway::signal(int number) {
  const std::string pid = shell(script() + " pid " + folder_of_this_run);
  ASSERT_EQ(::kill(std::stoi(pid), number), 0);
  // It takes a moment until the last of its threads has stopped.
  const std::string state =
      "grep -q '^State:.*stopped' /proc/" + std::to_string(std::stoi(pid)) + "/status";
  while (number == SIGSTOP && run(state).status != 0) {
  }
}

std::string shell(const std::string& command) {
  const Outcome outcome = run(command);
  EXPECT_EQ(outcome.status, 0) << command << "\n" << outcome.output;
  return outcome.output;
}

Background::Background(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ != 0) return;
  const int null = ::open("/dev/null", O_RDWR);
  for (const int fd : {0, 1, 2}) ::dup2(null, fd);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

Background::~Background() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace weir::engine
