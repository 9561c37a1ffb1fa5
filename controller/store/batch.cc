#include "controller/store/batch.h"

#include <utility>

namespace weir {
namespace {

// deployments.apps "web": how Kubernetes names an object in a refusal.
std::string resource(const Key& key) {
  const KindInfo& kind = info(key.kind);
  std::string name(kind.plural);
  if (!kind.group.empty()) name += "." + std::string(kind.group);
  return name + " \"" + key.name + "\"";
}

tl::unexpected<Error> conflict(const Key& key, const std::string& why) {
  return fail(Code::conflict, "Operation cannot be fulfilled on " + resource(key) + ": " + why);
}

Result<void> check_preconditions(const PreparedWrite& write, const StoredPtr& current) {
  if (!current) return fail(Code::not_found, resource(write.key) + " not found");
  const std::string& named = write.document ? write.document->uid : write.expected_uid;
  for (const std::string& uid : {write.expected_uid, named}) {
    if (!uid.empty() && uid != current->uid) {
      return conflict(write.key, "Precondition failed: UID in precondition: " + uid +
                                     ", UID in object meta: " + current->uid);
    }
  }
  if (write.expected_version && *write.expected_version != current->version) {
    return conflict(write.key,
                    "the object has been modified; please apply your changes to the latest version "
                    "and try again");
  }
  return {};
}

}  // namespace

Result<std::vector<StoredPtr>> Batch::add(std::vector<PreparedWrite> writes) {
  const std::size_t commits_before = commits_.size();
  const std::uint64_t version_before = version_;
  std::vector<StoredPtr> answer;
  for (PreparedWrite& write : writes) {
    Result<StoredPtr> result = apply(std::move(write));
    if (!result) {
      for (; commits_.size() > commits_before; commits_.pop_back()) {
        staged_[commits_.back().object->key] = commits_.back().previous;
      }
      version_ = version_before;
      return tl::unexpected(std::move(result).error());
    }
    answer.push_back(*std::move(result));
  }
  return answer;
}

StoredPtr Batch::find(const Key& key) const {
  if (const auto staged = staged_.find(key); staged != staged_.end()) return staged->second;
  const auto committed = index_.find(key);
  return committed == index_.end() ? nullptr : committed->second;
}

Result<StoredPtr> Batch::apply(PreparedWrite write) {
  const StoredPtr current = find(write.key);
  switch (write.type) {
    case Write::Type::create:
      return create(std::move(write), current);
    case Write::Type::update:
      return update(std::move(write), current);
    case Write::Type::remove:
      return remove(std::move(write), current);
  }
  return fail(Code::internal, text(write.key) + ": unknown type of write");
}

Result<StoredPtr> Batch::create(PreparedWrite write, const StoredPtr& current) {
  if (current) return fail(Code::already_exists, resource(write.key) + " already exists");
  return commit(Commit::Type::added, write.key, *std::move(write.document), nullptr);
}

Result<StoredPtr> Batch::update(PreparedWrite write, const StoredPtr& current) {
  TRY_VOID(check_preconditions(write, current));
  if (write.document->at(current->version) == current->json) return current;
  return commit(Commit::Type::modified, write.key, *std::move(write.document), current);
}

Result<StoredPtr> Batch::remove(PreparedWrite write, const StoredPtr& current) {
  TRY_VOID(check_preconditions(write, current));
  TRY(Document document, document_of(write.key, current->json));
  return commit(Commit::Type::deleted, write.key, std::move(document), current);
}

StoredPtr Batch::commit(Commit::Type type, const Key& key, Document document, StoredPtr previous) {
  StoredPtr object = stored(key, std::move(document), ++version_);
  staged_[key] = type == Commit::Type::deleted ? nullptr : object;
  commits_.push_back({.type = type, .object = object, .previous = std::move(previous)});
  return object;
}

void apply(Index& index, const Commit& commit) {
  if (commit.type == Commit::Type::deleted) {
    index.erase(commit.object->key);
  } else {
    index[commit.object->key] = commit.object;
  }
}

}  // namespace weir
