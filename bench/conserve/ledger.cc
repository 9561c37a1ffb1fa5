#include "bench/conserve/ledger.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace weir::conserve {

namespace {

constexpr std::uint64_t kExamplesOfEach = 10;

std::string time_text() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto passed = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch());
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char day[32];
  char text[48];
  std::strftime(day, sizeof day, "%FT%T", &utc);
  std::snprintf(text, sizeof text, "%s.%03dZ", day, static_cast<int>(passed.count() % 1000));
  return text;
}

}  // namespace

void Ledger::asked(std::uint64_t requests, bool late) {
  const std::lock_guard lock(mutex_);
  figures_.requests += requests;
  if (late) ++figures_.late_starts;
}

void Ledger::closed_idle() {
  const std::lock_guard lock(mutex_);
  ++figures_.idle_closes;
}

void Ledger::closed_as_announced() {
  const std::lock_guard lock(mutex_);
  ++figures_.announced_closes;
}

void Ledger::broke(Reason reason, std::string_view form, const std::string& id,
                   const std::string& what) {
  const std::lock_guard lock(mutex_);
  break_law(reason, form, id, what);
}

std::size_t Ledger::newest_revision() {
  const std::lock_guard lock(mutex_);
  return revisions_.empty() ? 0 : revisions_.size() - 1;
}

void Ledger::answered(const Form& form, const std::string& id, const Answer& answer,
                      std::size_t newest, std::chrono::microseconds latency) {
  const std::lock_guard lock(mutex_);
  ++figures_.responses;
  if (!is_idempotent(form)) ++figures_.posts_answered;
  ++figures_.by_revision[answer.revision];
  ++figures_.by_container[answer.container];
  figures_.latencies[std::string(form.name)].push_back(latency);
  const auto known = std::find(revisions_.begin(), revisions_.end(), answer.revision);
  const auto revision = static_cast<std::size_t>(known - revisions_.begin());
  if (known == revisions_.end()) revisions_.push_back(answer.revision);
  if (monotone_ && revision < newest) {
    break_law(Reason::kStaleRevision, form.name, id,
              answer.revision + " answered although " + revisions_[newest] +
                  " had, before the request was sent");
  }
  if (!is_idempotent(form) && answer.seen > 1) {
    duplicate(form.name, id,
              answer.container + " has seen it " + std::to_string(answer.seen) + " times");
  }
}

void Ledger::seen_twice(std::string_view form, const std::string& id, const std::string& what) {
  const std::lock_guard lock(mutex_);
  duplicate(form, id, what);
}

Figures Ledger::figures() {
  const std::lock_guard lock(mutex_);
  return figures_;
}

void Ledger::break_law(Reason reason, std::string_view form, const std::string& id,
                       const std::string& what) {
  if (figures_.broken[index_of(reason)]++ >= kExamplesOfEach) return;
  figures_.examples.push_back({time_text(), reason, std::string(form), id, what});
}

void Ledger::duplicate(std::string_view form, const std::string& id, const std::string& what) {
  if (duplicates_.insert(id).second) break_law(Reason::kDuplicate, form, id, what);
}

}  // namespace weir::conserve
