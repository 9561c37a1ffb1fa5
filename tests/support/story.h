#pragma once

// Plans told as a story: those of Rollouts, Experiments, their ReplicaSets and AnalysisRuns are
// carried out at once, Pods become ready as soon as they are made (not those of an image with "bad"
// in its name), the gateway works by each table, and when nothing moves any more the clock goes to
// the next wake-up. Each state is one line; lines that say the same are one.

#include <map>
#include <optional>
#include <string>

#include "reconcilers/plan.h"

namespace weir::test {

class Story {
 public:
  Story();
  virtual ~Story() = default;

  void write(Object object);
  void erase(const Key& key) { world_.erase(key); }
  // It works by a table this long after it was told.
  void gateway_is_slow(int seconds) { gateway_delay_ = std::chrono::seconds(seconds); }
  std::string told();  // since it was last asked
  const World& world() const { return world_; }
  std::string events = {};  // those that the story tells, a line each
  // What measurements of a metric come to from now on; empty: nothing yet; of others, Successful.
  std::map<std::string, std::string> measurements = {};

 protected:
  // Until nothing moves before `seconds` have gone by.
  void go_on(int seconds);
  void title(const std::string& text) { lines_ += "-- " + text + "\n"; }
  void heal_pods(const std::string& image) { healed_ = image; }  // they become ready after all
  Time now() const { return now_; }

  virtual std::string line() const = 0;  // the present state
  virtual bool tells(const EventNote& event) const = 0;

 private:
  bool carry_out(const Key& key);
  bool kubelet();
  bool gateway();
  void tell();

  World world_;
  Time start_ = {};
  Time now_ = {};
  std::optional<Time> wake_ = {};
  std::string healed_ = {};
  std::string lines_ = {};
  std::string last_ = {};
  std::chrono::seconds gateway_delay_{0};
  std::optional<std::pair<RouteTable, Time>> on_its_way_ = {};
  std::uint64_t version_ = 0;
  int addresses_ = 0;
};

}  // namespace weir::test
