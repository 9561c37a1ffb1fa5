#pragma once

// prepare(): a write as the store's thread needs it. Parsing, decoding and serialising happen here,
// on the thread of whoever submits, so that the one thread that everybody waits for only puts
// strings together.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controller/store/store.h"

namespace weir {

// An object waiting for its resourceVersion: canonical JSON, cut where the number goes.
struct Document {
  std::string head;
  std::string tail;
  std::string uid;
  Object typed;
  std::string at(std::uint64_t version) const { return head + std::to_string(version) + tail; }
};

struct PreparedWrite {
  Write::Type type = Write::Type::create;
  Key key;
  std::optional<std::uint64_t> expected_version;
  std::string expected_uid;
  std::optional<Document> document;  // none for remove
};

struct PrepareOptions {
  std::function<std::int64_t()> unix_seconds;
  std::function<std::string()> make_uid;
};

Result<PreparedWrite> prepare(Write write, const PrepareOptions& options);

// The same cut for an object that the store holds.
Result<Document> document_of(const Key& key, const std::string& json);

// The object at its version.
StoredPtr stored(const Key& key, Document document, std::uint64_t version);
// The same from the text that the store itself wrote at that version.
Result<StoredPtr> stored(const Key& key, std::string json, std::uint64_t version);

}  // namespace weir
