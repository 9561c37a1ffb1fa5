// The books: what was asked, what came back, and which laws broke. Thread-safe.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "bench/conserve/answer.h"
#include "bench/conserve/failure.h"
#include "bench/conserve/form.h"

namespace weir::conserve {

// One time that a law was broken.
struct Example {
  std::string time;  // UTC, to be found again in the logs of others
  Reason reason;
  std::string form;
  std::string id;
  std::string what;
};

struct Figures {
  std::uint64_t requests = 0;
  std::uint64_t responses = 0;         // requests == responses + losses
  std::uint64_t posts_answered = 0;    // of these
  std::uint64_t idle_closes = 0;       // allowed: an idle connection ended as a request was sent
  std::uint64_t announced_closes = 0;  // allowed: "Connection: close" before the last of a pipeline
  std::uint64_t late_starts = 0;       // open loop: all clients were busy
  std::array<std::uint64_t, kReasons> broken{};
  std::vector<Example> examples;  // the first ones of each reason
  std::map<std::string, std::uint64_t> by_revision;
  std::map<std::string, std::uint64_t> by_container;
  std::map<std::string, std::vector<std::chrono::microseconds>> latencies;  // by form
};

class Ledger {
 public:
  explicit Ledger(bool monotone) : monotone_(monotone) {}

  void asked(std::uint64_t requests, bool late);
  void closed_idle();
  void closed_as_announced();
  void broke(Reason reason, std::string_view form, const std::string& id, const std::string& what);
  // The number of the newest revision that an answer came from; to be kept with a request sent now.
  std::size_t newest_revision();
  // `newest` is what newest_revision() was as the request was sent.
  void answered(const Form& form, const std::string& id, const Answer& answer, std::size_t newest,
                std::chrono::microseconds latency);
  // Reports the same id once, however it was found.
  void seen_twice(std::string_view form, const std::string& id, const std::string& what);

  Figures figures();

 private:
  void break_law(Reason reason, std::string_view form, const std::string& id,
                 const std::string& what);
  void duplicate(std::string_view form, const std::string& id, const std::string& what);

  const bool monotone_;
  std::mutex mutex_;
  // Under mutex_:
  Figures figures_;
  std::vector<std::string> revisions_;  // in the order of their first answer
  std::set<std::string> duplicates_;
};

}  // namespace weir::conserve
