#include "controller/cli/text/event_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/cli/text/duration.h"
#include "controller/cli/text/fields.h"

namespace weir::cli {
namespace {

// The first of these names that holds a time.
std::string first_time(const json& event, std::initializer_list<Names> places) {
  for (const Names place : places) {
    if (std::string time = text(event, place); !time.empty()) return time;
  }
  return "";
}

std::string first_seen(const json& event) {
  return first_time(event, {{"firstTimestamp"}, {"eventTime"}, {"metadata", "creationTimestamp"}});
}

}  // namespace

std::string last_seen(const json& event) {
  return first_time(event, {{"series", "lastObservedTime"},
                            {"lastTimestamp"},
                            {"eventTime"},
                            {"metadata", "creationTimestamp"}});
}

std::string event_age(const json& event, Time now) {
  const long count = number(event, {"series", "count"}, number(event, {"count"}, 1));
  if (count <= 1) return age(first_seen(event), now);
  return age(last_seen(event), now) + " (x" + std::to_string(count) + " over " +
         age(first_seen(event), now) + ")";
}

void sort_events(std::vector<json>& events) {
  std::stable_sort(events.begin(), events.end(), [](const json& a, const json& b) {
    const std::string at_a = last_seen(a), at_b = last_seen(b);
    return at_a != at_b ? at_a < at_b : name_of(a) < name_of(b);
  });
}

}  // namespace weir::cli
