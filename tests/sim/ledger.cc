#include "tests/sim/ledger.h"

#include <array>

#include "controller/admission/codec.h"

namespace weir::sim {

namespace {

const std::array kBooks{Key{.kind = Kind::ConfigMap, .ns = "default", .name = "ledger-a"},
                        Key{.kind = Kind::ConfigMap, .ns = "default", .name = "ledger-b"}};

int count_in(const StoredPtr& book) {
  return book ? std::stoi(std::get<api::ConfigMap>(*book->typed).data.at("count")) : 0;
}

Write write_of(const Key& key, const StoredPtr& book, int count, const std::string& by) {
  api::ConfigMap map;
  if (book) map = std::get<api::ConfigMap>(*book->typed);
  map.metadata.namespace_ = key.ns;
  map.metadata.name = key.name;
  map.data["count"] = std::to_string(count);
  map.data["by"] = by;
  Write write{.type = book ? Write::Type::update : Write::Type::create,
              .key = key,
              .json = encode_text(Object(map))};
  return write;
}

}  // namespace

void Ledger::count(Store& store) {
  Transaction transaction;
  const std::string by = std::to_string(++tally_->started);
  for (const Key& key : kBooks) {
    const StoredPtr book = store.get(key);
    transaction.writes.push_back(write_of(key, book, count_in(book) + 1, by));
    // Only the last write can be refused: the one before it must then be undone.
    if (book && key == kBooks.back()) transaction.writes.back().expected_version = book->version;
  }
  ++tally_->unanswered;
  store.submit(std::move(transaction), [tally = tally_](Result<std::vector<StoredPtr>> stored) {
    // A disk that failed says nothing of what is on it; a refusal says that nothing is.
    const bool unknown = !stored && stored.error().code == Code::unavailable;
    tally->unanswered -= !unknown;
    tally->acknowledged += stored.has_value();
  });
}

std::string Ledger::check(const Store& store) const {
  const StoredPtr first = store.get(kBooks[0]), second = store.get(kBooks[1]);
  const auto data = [](const StoredPtr& book) {
    return book ? std::get<api::ConfigMap>(*book->typed).data : api::ConfigMap{}.data;
  };
  if (data(first) != data(second)) {
    return "invariant 3: half a transaction:\n" + (first ? first->json : "") + "\n" +
           (second ? second->json : "");
  }
  const int count = count_in(first);
  if (count < tally_->acknowledged || count > tally_->acknowledged + tally_->unanswered) {
    return "invariant 6: " + std::to_string(tally_->acknowledged) + " counts acknowledged, " +
           std::to_string(tally_->unanswered) + " unanswered, " + std::to_string(count) +
           " in the books";
  }
  return "";
}

}  // namespace weir::sim
