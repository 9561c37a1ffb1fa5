#pragma once

// Worker: all gates of the process, each on its own thread, and the table that they share. Its own
// methods are called from one thread, which is none of theirs.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "controller/gateway/gate.h"

namespace weir::gateway {

enum class IoChoice { best, epoll, io_uring };

struct WorkerOptions {
  std::size_t threads = 0;  // 0: one for each core, at most kThreadsMax
  IoChoice io = IoChoice::best;
  Limits limits = {};
  int log_fd = 1;  // for access logs; its owner's
};

// What has come of the tables so far.
struct Progress {
  std::uint64_t epoch = 0;  // the newest that every gate works by: no request follows an older one
  std::set<std::string> routed = {};  // the ids of its endpoints, and of a newer one's
  // Endpoints that are in no such table any more, and the requests that they still answer.
  std::map<std::string, std::int64_t> draining = {};
  bool operator==(const Progress&) const = default;
};

class Worker {
 public:
  explicit Worker(WorkerOptions options);
  ~Worker();  // cuts what is under way: drain() first

  void listen(const std::string& listener, int fd);  // which is the worker's from now on
  void unlisten(const std::string& listener);        // returns when no more is accepted
  void publish(std::uint64_t epoch, const RouteTable& table);
  Progress progress();
  TrafficReport traffic() const;  // of those that have had any

  void drain();  // accepts no more; each connection ends with its present request
  std::size_t sessions() const;
  std::vector<std::size_t> sessions_by_thread() const;
  const char* io() const;

 private:
  struct Thread;
  void place(Thread& here, const Accepted& connection);
  void on_each_thread(const std::function<void(Thread&)>& task);

  CurrentSnapshot current_;
  Lasting lasting_;
  AccessLog log_;
  std::map<std::string, int> listeners_;
  std::map<std::uint64_t, std::uint64_t> epochs_;  // the version that each has
  std::vector<std::unique_ptr<Thread>> threads_;
};

}  // namespace weir::gateway
