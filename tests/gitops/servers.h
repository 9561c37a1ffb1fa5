#pragma once

// Real servers on loopback, each a process of its own that ends with this object.

#include <sys/types.h>

#include <string>
#include <vector>

namespace weir::gitops {

// A program, until this ends.
class Process {
 public:
  explicit Process(std::vector<std::string> words);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();
  std::string line();  // the next of its stdout

 private:
  pid_t pid_ = -1;
  int out_ = -1;
};

// tests/gitops/https_server.py with these options; the repository is at url().
class HttpServer {
 public:
  HttpServer(const std::string& root, std::vector<std::string> options);
  std::string url(const std::string& repository = "work/.git") const;

 private:
  bool tls_;
  Process process_;
  const std::string port_;
};

// openssh-server with these keys, on a port of its own; whoever runs the test may log in.
class SshServer {
 public:
  // `host_key` and `authorized_keys` are files.
  SshServer(const std::string& folder, const std::string& host_key,
            const std::string& authorized_keys);
  std::string url(const std::string& path) const;  // ssh://USER@127.0.0.1:PORT/PATH
  std::string known_host() const;                  // "[127.0.0.1]:PORT"

 private:
  const std::string port_;
  Process process_;
};

}  // namespace weir::gitops
