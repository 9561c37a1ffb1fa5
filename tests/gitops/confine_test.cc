// What the fetch process can no longer do, tried from within.

#include "controller/gitops/process/confine.h"

#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

namespace weir::gitops {
namespace {

// How `attempt` ends, in a process of its own that has given up its rights: 0, or its errno.
int tried(const std::string& mode, int (*attempt)()) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    FetchRequest request;
    request.verify.mode = mode;
    give_up_rights();
    limit(request);
    errno = 0;
    ::_exit(attempt() < 0 ? errno : 0);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int make_process() {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(0);
  return pid;
}
int run_program() { return ::execl("/bin/true", "true", nullptr); }
int make_thread() {
  std::thread([] {}).join();
  return 0;
}
int leave_group() { return ::setsid(); }
int look_into_another() { return static_cast<int>(::ptrace(PTRACE_ATTACH, 1, nullptr, nullptr)); }
int serve() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  return ::listen(fd, 1);
}
int connect_out() { return ::socket(AF_INET, SOCK_STREAM, 0); }

TEST(Confine, WhatTheKernelRefuses) {
  struct Row {
    const char* name;
    int (*attempt)();
    int without_verification, with_verification;
  };
  const Row rows[] = {
      {"a thread", make_thread, 0, 0},
      {"a connection", connect_out, 0, 0},
      {"a process", make_process, EPERM, 0},
      {"a program", run_program, EPERM, 0},
      {"a session of its own", leave_group, EPERM, EPERM},
      {"another process's memory", look_into_another, EPERM, EPERM},
      {"a server", serve, EPERM, EPERM},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(tried("", row.attempt), row.without_verification) << row.name;
    EXPECT_EQ(tried("HEAD", row.attempt), row.with_verification) << row.name;
  }
}

}  // namespace
}  // namespace weir::gitops
