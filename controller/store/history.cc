#include "controller/store/history.h"

#include <algorithm>

namespace weir {

// The previous object is the object of an older commit, so it is not counted again. A decoded
// object holds about as much as its text, plus its fixed part.
std::size_t History::bytes_of(const Commit& commit) {
  return sizeof(Commit) + sizeof(Stored) + sizeof(Object) + 3 * commit.object->json.size();
}

Result<std::vector<Commit>> History::since(std::uint64_t version, std::uint64_t newest) const {
  if (version < after_) {
    return fail(Code::gone, "too old resource version: " + std::to_string(version) + " (" +
                                std::to_string(after_) + ")");
  }
  if (version > newest) {
    return fail(Code::gone, "resource version " + std::to_string(version) +
                                " was never made by this store, which is at " +
                                std::to_string(newest) + ": list again");
  }
  const auto first = std::upper_bound(
      commits_.begin(), commits_.end(), version,
      [](std::uint64_t wanted, const Commit& commit) { return wanted < commit.object->version; });
  return std::vector<Commit>(first, commits_.end());
}

void History::add(const Commit& commit) {
  bytes_ += bytes_of(commit);
  commits_.push_back(commit);
}

std::size_t History::overdue(const std::vector<Commit>& coming) const {
  std::size_t count = commits_.size() + coming.size();
  std::size_t bytes = bytes_;
  for (const Commit& commit : coming) bytes += bytes_of(commit);
  if (count <= max_commits_ + max_commits_ / 16 && bytes <= max_bytes_ + max_bytes_ / 16) return 0;
  std::size_t forgotten = 0;
  while (forgotten < commits_.size() && count > 1 && (count > max_commits_ || bytes > max_bytes_)) {
    bytes -= bytes_of(commits_[forgotten++]);
    --count;
  }
  return forgotten;
}

// A commit's own row stays: it is the object, or what the object's next commit starts from. With
// the commit goes what it started from; and a deletion's row goes too, as nothing can start from
// it.
std::vector<std::uint64_t> History::useless_rows(std::size_t count) const {
  std::vector<std::uint64_t> rows;
  for (std::size_t i = 0; i < count; ++i) {
    const Commit& commit = commits_[i];
    if (commit.previous) rows.push_back(commit.previous->version);
    if (commit.type == Commit::Type::deleted) rows.push_back(commit.object->version);
  }
  return rows;
}

std::uint64_t History::after_forgetting(std::size_t count) const {
  return count == 0 ? after_ : commits_[count - 1].object->version;
}

void History::forget(std::size_t count) {
  after_ = after_forgetting(count);
  for (; count > 0; --count) {
    bytes_ -= bytes_of(commits_.front());
    commits_.pop_front();
  }
}

}  // namespace weir
