#pragma once

// The engine as tests use it: requests that block, replies and hints as text.

#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "controller/engine/docker.h"

namespace weir::engine {

std::string text(Code code);
std::string text(const Container& container);  // what a list shows of it
std::string text(const Result<Reply>& reply);  // "done 4f1c", "timed_out: start c1: …"
std::string text(const Hint& hint);

class Client {
 public:
  explicit Client(DockerOptions options);

  // Fails the test (with an `internal` reply) when no reply comes within five minutes.
  Result<Reply> ask(Request request);
  std::string say(Request request) { return text(ask(std::move(request))); }
  std::future<Result<Reply>> begin(Request request);

  Engine& engine() { return *engine_; }
  void destroy() { engine_.reset(); }

 private:
  std::unique_ptr<Engine> engine_;
};

// Collects what comes on another thread; wait_for() waits until it is there.
class Lines {
 public:
  void add(std::string line);
  std::vector<std::string> all() const;
  // Until `count` lines equal `line`; false after two minutes.
  bool wait_for(const std::string& line, int count = 1);
  void clear();

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

struct Log {
  std::string bytes;
  Result<void> end = {};
};
Log read_log(Engine& engine, LogOptions options);

std::string join(const std::vector<std::string>& lines);
std::string replaced(std::string text, const std::string& what, const std::string& with);

}  // namespace weir::engine
