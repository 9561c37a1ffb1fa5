#include "controller/apply/managed_fields/owned_fields.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace weir {

using nlohmann::json;

const FieldSet& never_owned() {
  static const FieldSet kFields = *FieldSet::from_json(json::parse(R"({
    "f:apiVersion": {}, "f:kind": {}, "f:spec": {}, "f:status": {},
    "f:metadata": {".": {}, "f:creationTimestamp": {}, "f:generation": {}, "f:managedFields": {},
                   "f:name": {}, "f:namespace": {}, "f:resourceVersion": {}, "f:selfLink": {},
                   "f:uid": {}}})"));
  return kFields;
}

void keep_own(FieldSet& fields, const std::string& subresource) {
  fields.remove(never_owned());
  if (subresource == "status") {
    FieldSet status;
    if (const FieldSet* found = fields.find("f:status")) status.append("f:status", *found);
    fields = std::move(status);
  } else {
    fields.remove_below("f:status");
  }
}

Comparison compare_owned(const json& before, const json& after, const SchemaNode& kind,
                         const std::string& subresource) {
  static const json kNothing = json::object();
  Comparison result = compare(before.is_object() ? before : kNothing, after, kind);
  keep_own(result.added, subresource);
  keep_own(result.removed, subresource);
  keep_own(result.modified, subresource);
  return result;
}

const json* managed_fields_in(const json& object) {
  const auto metadata = object.is_object() ? object.find("metadata") : object.end();
  if (metadata == object.end() || !metadata->is_object()) return nullptr;
  const auto found = metadata->find(kManagedFields);
  return found == metadata->end() ? nullptr : &*found;
}

json without_managers(const json& object) {
  if (!object.is_object()) return json::object();
  json result = json::object();
  for (const auto& [name, value] : object.get_ref<const json::object_t&>()) {
    if (name != "metadata" || !value.is_object()) {
      result[name] = value;
      continue;
    }
    json& metadata = result[name] = json::object();
    for (const auto& [key, content] : value.get_ref<const json::object_t&>()) {
      if (key != kManagedFields) metadata[key] = content;
    }
  }
  return result;
}

void set_managers(json& object, const Managers& managers) {
  json& metadata = object["metadata"];
  // Of the wrong type: admission refuses it with its path.
  if (!metadata.is_null() && !metadata.is_object()) return;
  if (metadata.is_null()) metadata = json::object();
  if (managers.entries().empty()) {
    metadata.erase(kManagedFields);
  } else {
    metadata[kManagedFields] = managers.to_json();
  }
}

Managers managers_in(const json& object) {
  const json* source = managed_fields_in(object);
  auto managers = source == nullptr ? std::nullopt : Managers::from_json(*source);
  return managers ? *std::move(managers) : Managers{};
}

void take_from_all(Managers& managers, const Comparison& difference) {
  for (ManagedFields& entry : managers.entries()) {
    entry.fields.remove(difference.modified);
    entry.fields.remove(difference.added);
    entry.fields.remove(difference.removed);
  }
}

}  // namespace weir
