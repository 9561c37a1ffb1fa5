#include "controller/apply/managed_fields/client_side_apply.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "controller/admission/manifest.h"
#include "controller/apply/managed_fields/structured_compare.h"

namespace weir {

using nlohmann::json;

namespace {

constexpr const char* kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";
// Kubernetes' limit for all annotations of an object.
constexpr std::size_t kMaxAnnotationBytes = 256u << 10;

const std::string* last_applied_in(const json& object) {
  if (!object.is_object()) return nullptr;
  const json::json_pointer path = json::json_pointer("/metadata/annotations") / kLastApplied;
  if (!object.contains(path)) return nullptr;
  return object.at(path).get_ptr<const std::string*>();
}

}  // namespace

FieldSet client_side_applied(const json& live, const json& configuration, const SchemaNode& kind) {
  const std::string* text = last_applied_in(live);
  if (text == nullptr) return {};
  const auto last = parse_json(*text);
  if (!last || !last->is_object() ||
      last->value("apiVersion", json()) != configuration.value("apiVersion", json())) {
    return {};
  }
  FieldSet fields = fields_of(*last, kind);
  const Comparison since = compare(*last, live, kind);
  fields.remove(since.modified);
  fields.remove(since.added);
  fields.remove(since.removed);
  return fields;
}

void sync_last_applied(json& object, const json& configuration) {
  if (last_applied_in(object) == nullptr) return;
  json applied = configuration;
  json& annotations = applied["metadata"]["annotations"];
  if (annotations.is_object()) annotations.erase(kLastApplied);
  if (annotations.empty()) applied["metadata"].erase("annotations");
  std::string text = applied.dump() + "\n";
  json& target = object["metadata"]["annotations"];
  if (text.size() > kMaxAnnotationBytes) {
    target.erase(kLastApplied);
  } else {
    target[kLastApplied] = std::move(text);
  }
}

}  // namespace weir
