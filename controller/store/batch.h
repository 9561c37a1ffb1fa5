#pragma once

// Batch: the transactions of one group commit, judged one after the other against what is committed
// and what those before them in the group did. Pure: no I/O. A transaction that is refused leaves
// nothing behind, which is why the database needs no savepoints.
//
// Made on the store's thread for one group.

#include <cstdint>
#include <map>
#include <vector>

#include "controller/store/prepare.h"

namespace weir {

using Index = std::map<Key, StoredPtr>;

class Batch {
 public:
  Batch(const Index& index, std::uint64_t version) : index_(index), version_(version) {}

  // The answer of the transaction if the group's commit succeeds, or why it is refused.
  Result<std::vector<StoredPtr>> add(std::vector<PreparedWrite> writes);

  const std::vector<Commit>& commits() const { return commits_; }
  std::uint64_t version() const { return version_; }

 private:
  StoredPtr find(const Key& key) const;
  Result<StoredPtr> apply(PreparedWrite write);
  Result<StoredPtr> create(PreparedWrite write, const StoredPtr& current);
  Result<StoredPtr> update(PreparedWrite write, const StoredPtr& current);
  Result<StoredPtr> remove(PreparedWrite write, const StoredPtr& current);
  StoredPtr commit(Commit::Type type, const Key& key, Document document, StoredPtr previous);

  const Index& index_;
  std::uint64_t version_;
  std::map<Key, StoredPtr> staged_;  // null: removed
  std::vector<Commit> commits_;
};

// The index after a commit.
void apply(Index& index, const Commit& commit);

}  // namespace weir
