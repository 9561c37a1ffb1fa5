#include "controller/loop/writes.h"

#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "controller/admission/codec.h"
#include "controller/admission/deletion.h"
#include "controller/admission/manifest.h"

namespace weir {

namespace {

using nlohmann::json;

std::uint64_t version_of(const api::ObjectMeta& m) {
  return m.resourceVersion.empty() ? 0 : std::stoull(m.resourceVersion);
}

// A transaction in the making. Several changes of one object (its spec and its status) become one
// write: each is laid over what the ones before it left.
class Draft {
 public:
  Draft(const Store& store, Time now) : store_(store), now_(now) {}

  Result<void> operator()(const CreateObject& change) {
    Object object = change.object;
    meta(object).generation = 1;
    add({.type = Write::Type::create, .key = key_of(object)}, encode(object));
    return {};
  }

  Result<void> operator()(const UpdateObject& change) {
    const Key key = key_of(change.object);
    TRY(const json before, current(key));
    json document = encode_over(change.object, before);
    const json spec_before = encode(*store_.get(key)->typed).value("spec", json());
    // A spec that says the same keeps its very words: what a user wrote out is not tidied away.
    if (document.value("spec", json()) == spec_before) {
      if (before.contains("spec")) document["spec"] = before["spec"];
    } else {
      document["metadata"]["generation"] = before["metadata"].value("generation", 1) + 1;
    }
    if (before.contains("status")) document["status"] = before["status"];
    update(key, std::move(document), version_of(meta(change.object)));
    return {};
  }

  Result<void> operator()(const UpdateStatus& change) {
    const Key key = key_of(change.object);
    TRY(json document, current(key));
    document["status"] = encode(change.object).value("status", json::object());
    update(key, std::move(document), version_of(meta(change.object)));
    return {};
  }

  Result<void> operator()(const DeleteObject& change) {
    const StoredPtr stored = store_.get(change.key);
    if (!stored || stored->uid != change.uid) return {};  // gone already: what was wanted
    TRY(json document, current(change.key));
    const DeleteOptions options{.propagation = change.propagation};
    auto marked = mark_deleted(change.key.kind, std::move(document), options, now_);
    if (marked) {
      update(change.key, *std::move(marked), stored->version);
      return {};
    }
    return remove(change.key, change.uid);
  }

  Result<void> operator()(const FinishDelete& change) { return remove(change.key, change.uid); }

  Transaction done() && {
    Transaction transaction;
    for (auto& [write, document] : writes_) {
      if (write.type != Write::Type::remove) {
        write.document = std::make_shared<json>(std::move(document));
      }
      transaction.writes.push_back(std::move(write));
    }
    return transaction;
  }

 private:
  Result<json> current(const Key& key) const {
    if (const auto known = place_.find(key); known != place_.end()) {
      return writes_[known->second].second;
    }
    const StoredPtr stored = store_.get(key);
    if (!stored) return fail(Code::conflict, text(key) + " is gone");
    return parse_json(stored->json);
  }

  void add(Write write, json document) {
    place_[write.key] = writes_.size();
    writes_.emplace_back(std::move(write), std::move(document));
  }

  void update(const Key& key, json document, std::uint64_t version) {
    if (const auto known = place_.find(key); known != place_.end()) {
      writes_[known->second].second = std::move(document);
    } else {
      add({.type = Write::Type::update, .key = key, .expected_version = version},
          std::move(document));
    }
  }

  Result<void> remove(const Key& key, const std::string& uid) {
    const StoredPtr stored = store_.get(key);
    if (!stored || stored->uid != uid) return {};
    if (const auto known = place_.find(key); known != place_.end()) {
      writes_[known->second] = {};
      writes_[known->second].first = {.type = Write::Type::remove, .key = key, .expected_uid = uid};
    } else {
      add({.type = Write::Type::remove, .key = key, .expected_uid = uid}, {});
    }
    return {};
  }

  const Store& store_;
  const Time now_;
  std::vector<std::pair<Write, json>> writes_;
  std::map<Key, std::size_t> place_;  // key → index in writes_
};

}  // namespace

Result<Transaction> transaction_of(const std::vector<Change>& changes, const Store& store,
                                   Time now) {
  Draft draft(store, now);
  for (const Change& change : changes) {
    TRY_VOID(std::visit(draft, change));
  }
  return std::move(draft).done();
}

}  // namespace weir
