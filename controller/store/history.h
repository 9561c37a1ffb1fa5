#pragma once

// History: the last commits, in order, for watches that start in the past. Bounded by their number
// and by the memory they hold. The store owns it; it is read and changed under the store's lock.

#include <cstdint>
#include <deque>
#include <vector>

#include "controller/store/store.h"

namespace weir {

class History {
 public:
  History(std::size_t max_commits, std::size_t max_bytes)
      : max_commits_(max_commits), max_bytes_(max_bytes) {}

  // What was committed before this version is no longer known.
  std::uint64_t after() const { return after_; }
  // Every commit after `version`; Code::gone when some of them are forgotten, or when the store,
  // now at `newest`, has not made that version.
  Result<std::vector<Commit>> since(std::uint64_t version, std::uint64_t newest) const;

  void add(const Commit& commit);

  // How many of the oldest commits to let go once `coming` are added: none until a sixteenth over
  // the limit has gathered, since each round of forgetting costs pages of the database. The newest
  // commit always stays.
  std::size_t overdue(const std::vector<Commit>& coming) const;
  // The rows of the database's log that forgetting the `count` oldest commits makes useless.
  std::vector<std::uint64_t> useless_rows(std::size_t count) const;
  std::uint64_t after_forgetting(std::size_t count) const;
  void forget(std::size_t count);
  void start_after(std::uint64_t version) { after_ = version; }

 private:
  static std::size_t bytes_of(const Commit& commit);

  std::size_t max_commits_;
  std::size_t max_bytes_;
  std::uint64_t after_ = 0;
  std::size_t bytes_ = 0;
  std::deque<Commit> commits_;
};

}  // namespace weir
