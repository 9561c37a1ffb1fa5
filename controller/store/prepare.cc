#include "controller/store/prepare.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "controller/admission/codec.h"
#include "controller/admission/manifest.h"
#include "reconcilers/object_text.h"

namespace weir {
namespace {

using nlohmann::json;

// Wider than admission's, so that what was admitted and then defaulted always fits; the depth is
// the same, as it bounds the recursion of dump().
constexpr Limits kDocumentLimits = {.bytes = 9u << 20, .depth = 64, .nodes = 300'000};
constexpr std::size_t kVersionDigits = 20;

tl::unexpected<Error> broken(const Key& key, const std::string& what) {
  return fail(Code::invalid, text(key) + ": " + what);
}

// "" when absent or not a string.
std::string string_at(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<json> checked(const Key& key, json document) {
  if (!document.is_object()) return broken(key, "the document is not a JSON object");
  const auto metadata = document.find("metadata");
  if (metadata == document.end() || !metadata->is_object()) {
    return broken(key, "the document has no metadata");
  }
  const KindInfo& kind = info(key.kind);
  if (string_at(document, "kind") != kind.name ||
      string_at(document, "apiVersion") != kind.api_version) {
    return broken(key, "the document is a " + string_at(document, "apiVersion") + " " +
                           string_at(document, "kind"));
  }
  if (string_at(*metadata, "name") != key.name || string_at(*metadata, "namespace") != key.ns) {
    return broken(key, "the document is named " + string_at(*metadata, "namespace") + "/" +
                           string_at(*metadata, "name"));
  }
  return document;
}

// What is written can be read again, whoever made it.
Result<void> check_extent(const Key& key, const json& document) {
  const Extent extent = extent_of(document);
  if (extent.nodes <= kDocumentLimits.nodes && extent.depth <= kDocumentLimits.depth) return {};
  return fail(Code::too_large, text(key) + ": the document has " + std::to_string(extent.nodes) +
                                   " values, " + std::to_string(extent.depth) +
                                   " levels deep; at most " +
                                   std::to_string(kDocumentLimits.nodes) + " and " +
                                   std::to_string(kDocumentLimits.depth) + " are stored");
}

Result<void> check_size(const Key& key, const Document& document) {
  const std::size_t bytes = document.head.size() + document.tail.size();
  if (bytes <= kDocumentLimits.bytes - kVersionDigits) return {};
  return fail(Code::too_large, text(key) + ": the document has " + std::to_string(bytes) +
                                   " bytes; at most " + std::to_string(kDocumentLimits.bytes) +
                                   " are stored");
}

Result<json> parse(const Key& key, const std::string& text) {
  Result<json> parsed = parse_json(text, kDocumentLimits);
  if (parsed) return checked(key, *std::move(parsed));
  parsed.error().message = weir::text(key) + ": " + parsed.error().message;
  return parsed;
}

// nlohmann keeps members sorted, which makes the text canonical; the members around the place of
// resourceVersion are therefore those that sort before and after "metadata" and within it.
Result<Document> cut(const Key& key, json document) {
  document["metadata"].erase("resourceVersion");
  TRY(Object typed, decode(key.kind, document));
  Document result{.head = {},
                  .tail = {},
                  .uid = string_at(document["metadata"], "uid"),
                  .typed = std::move(typed)};
  const auto member = [](std::string& text, const std::string& name, const std::string& value) {
    if (text.back() != '{') text += ',';
    text += json(name).dump() + ':' + value;
  };
  std::string* part = &result.head;
  const auto turn_to_tail = [&] {
    member(*part, "resourceVersion", "\"");
    part = &result.tail;
    *part = '"';
  };
  *part = "{";
  for (const auto& [name, value] : document.items()) {
    if (name != "metadata") {
      member(*part, name, value.dump());
      continue;
    }
    member(*part, name, "{");
    for (const auto& [field, content] : value.items()) {
      if (part == &result.head && field > "resourceVersion") turn_to_tail();
      member(*part, field, content.dump());
    }
    if (part == &result.head) turn_to_tail();
    *part += '}';
  }
  *part += '}';
  return result;
}

}  // namespace

Result<PreparedWrite> prepare(Write write, const PrepareOptions& options) {
  PreparedWrite prepared{.type = write.type,
                         .key = std::move(write.key),
                         .expected_version = write.expected_version,
                         .expected_uid = std::move(write.expected_uid),
                         .document = {}};
  if (write.type == Write::Type::remove) return prepared;
  try {
    if (write.document) {
      TRY_VOID(check_extent(prepared.key, *write.document));
    }
    TRY(json document, write.document ? checked(prepared.key, std::move(*write.document))
                                      : parse(prepared.key, write.json));
    json& metadata = document["metadata"];
    if (write.type == Write::Type::create) {
      if (string_at(metadata, "uid").empty()) metadata["uid"] = options.make_uid();
      metadata["creationTimestamp"] =
          time_text(std::chrono::sys_seconds(std::chrono::seconds(options.unix_seconds())));
    } else if (string_at(metadata, "uid").empty()) {
      return broken(prepared.key, "metadata.uid: Required value: an update names what it updates");
    }
    TRY(prepared.document, cut(prepared.key, std::move(document)));
    TRY_VOID(check_size(prepared.key, *prepared.document));
  } catch (const std::exception& error) {
    return broken(prepared.key, error.what());
  }
  return prepared;
}

Result<Document> document_of(const Key& key, const std::string& json) {
  try {
    TRY(auto document, parse(key, json));
    return cut(key, std::move(document));
  } catch (const std::exception& error) {
    return broken(key, error.what());
  }
}

StoredPtr stored(const Key& key, Document document, std::uint64_t version) {
  auto result = std::make_shared<Stored>();
  result->key = key;
  result->uid = document.uid;
  result->version = version;
  result->json = document.at(version);
  meta(document.typed).resourceVersion = std::to_string(version);
  result->typed = std::make_shared<const Object>(std::move(document.typed));
  return result;
}

Result<StoredPtr> stored(const Key& key, std::string json, std::uint64_t version) {
  try {
    TRY(const auto document, parse(key, json));
    TRY(Object typed, decode(key.kind, document));
    if (meta(typed).resourceVersion != std::to_string(version)) {
      return broken(key, "its resourceVersion is not the row's");
    }
    auto result = std::make_shared<Stored>();
    result->key = key;
    result->uid = meta(typed).uid;
    result->version = version;
    result->json = std::move(json);
    result->typed = std::make_shared<const Object>(std::move(typed));
    return result;
  } catch (const std::exception& error) {
    return broken(key, error.what());
  }
}

}  // namespace weir
