#include "tests/sim/watch_client.h"

namespace weir::sim {

void WatchClient::connect(Store& store) {
  constexpr std::uint64_t kAlwaysKept = 100;  // changes: those who missed more may be sent away
  disconnect();
  if (!version_) list(store);
  const auto watch = [&] {
    return store.subscribe(*version_, [this](std::span<const Commit> commits) {
      for (const Commit& commit : commits) told(commit);
    });
  };
  auto watched = watch();
  if (!watched && watched.error().code == Code::gone &&
      *version_ + kAlwaysKept < store.list_all().version) {
    forget();
    list(store);
    watched = watch();
  }
  if (watched) {
    subscription_ = *watched;
  } else {
    violated_("no watch from version " + std::to_string(*version_) + ": " +
              watched.error().message);
  }
  compare(store);
}

void WatchClient::forget() {
  disconnect();
  version_.reset();
  known_.clear();
}

void WatchClient::list(const Store& store) {
  const Store::Listing all = store.list_all();
  version_ = all.version;
  for (const StoredPtr& stored : all.objects) known_[stored->key] = stored->version;
}

void WatchClient::told(const Commit& commit) {
  const Stored& object = *commit.object;
  const std::string what = text(object.key) + " at " + std::to_string(object.version);
  // Versions grow by one with each object written: a gap is a change that was kept from us.
  if (object.version != *version_ + 1) {
    violated_("told of " + what + " after " + std::to_string(*version_));
  }
  version_ = object.version;
  const auto known = known_.find(object.key);
  const bool fits =
      commit.type == Commit::Type::added
          ? known == known_.end() && !commit.previous
          : known != known_.end() && commit.previous && commit.previous->version == known->second;
  if (!fits) violated_("told of a change of " + what + " that does not follow the one before");
  if (commit.type == Commit::Type::deleted) {
    known_.erase(object.key);
  } else {
    known_[object.key] = object.version;
  }
}

void WatchClient::compare(const Store& store) const {
  const Store::Listing all = store.list_all();
  std::map<Key, std::uint64_t> listed;
  for (const StoredPtr& stored : all.objects) listed[stored->key] = stored->version;
  if (listed != known_) violated_("what a watch has told is not what a list shows");
}

}  // namespace weir::sim
