#pragma once

// A scripted API server on loopback, plain HTTP: a test says what each request is answered, and
// reads what was asked. Kinds are served from the start. A thread for each connection.

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace weir::cli {

struct Canned {
  int status = 200;
  std::string body = {};
  std::string headers = {};  // whole lines, each with \r\n
  bool hold = false;         // after the body the connection stays open, as a watch does
};

class FakeApi {
 public:
  FakeApi();
  ~FakeApi();
  FakeApi(const FakeApi&) = delete;
  FakeApi& operator=(const FakeApi&) = delete;

  // The answers to `line` ("GET /api/v1/pods?watch=true"), one for each time; the last one stays.
  FakeApi& on(const std::string& line, std::vector<Canned> answers);
  FakeApi& on(const std::string& line, const std::string& body);

  std::string url() const;
  // What was asked, without discovery: the line, then the body if there was one.
  std::vector<std::string> requests() const;

 private:
  void accept_all();
  void serve(int fd);
  Canned answer(const std::string& line, const std::string& body);

  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Canned>> answers_;
  std::vector<std::string> requests_;
  std::set<int> open_;
  bool closing_ = false;
  int listener_ = -1;
  int port_ = 0;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

// A Status that refuses.
std::string refusal(int code, const std::string& reason, const std::string& message);

}  // namespace weir::cli
