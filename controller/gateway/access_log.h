#pragma once

// The access log: a line of JSON for each HTTP request that a listener's policy wants one for, in
// the words of Envoy's default, without the query: there may be a token in it. Lines are made on
// the gates' threads and written by one of its own: nobody on the data path waits for a disk or a
// reader. What cannot be written in time is dropped, and counted.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "controller/gateway/endpoint.h"
#include "controller/gateway/origin.h"

namespace weir::gateway {

class AccessLog {
 public:
  // `fd` stays its owner's. Whole lines at a time: several processes may write to one file.
  explicit AccessLog(int fd) : fd_(fd) {}
  ~AccessLog();  // what is there is written first, unless nobody takes it

  void add(std::string lines);                       // any thread; never waits for the file
  std::int64_t dropped() const { return dropped_; }  // lines

 private:
  bool start();
  void run();
  void write(std::string_view lines);
  bool write_piece(std::string_view piece);

  const int fd_;
  std::atomic<std::int64_t> dropped_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::string due_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;  // from the first line on
};

// What is to be said of one request.
struct AccessEntry {
  std::string method, authority, path, protocol, user_agent, request_id, forwarded_for, client;
  std::string listener;
  std::chrono::system_clock::time_point start;
  Clock::time_point began;
  std::int64_t received = 0;  // bytes of its body
  std::int64_t sent = 0;      // of its response's

  AccessEntry(const Origin& origin, const RequestHead& head, const char* protocol,
              Clock::time_point now);
  // `code` 0: no response, or one that was cut. `endpoint`: null where it reached none.
  std::string line(int code, const std::string& service, const EndpointState* endpoint,
                   Clock::time_point now) const;
};
using AccessEntryPtr = std::unique_ptr<AccessEntry>;

}  // namespace weir::gateway
