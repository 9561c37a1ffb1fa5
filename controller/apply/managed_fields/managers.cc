#include "controller/apply/managed_fields/managers.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

namespace weir {

using nlohmann::json;

namespace {

std::string text_of(const json& entry, const char* key) {
  const auto found = entry.find(key);
  return found != entry.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<ManagedFields> entry_from(const json& source) {
  if (!source.is_object() || !source.contains("fieldsV1")) return std::nullopt;
  const std::string operation = text_of(source, "operation");
  if (operation != "Apply" && operation != "Update") return std::nullopt;
  auto fields = FieldSet::from_json(source.at("fieldsV1"));
  if (!fields) return std::nullopt;
  return ManagedFields{.manager = {.name = text_of(source, "manager"),
                                   .api_version = text_of(source, "apiVersion"),
                                   .subresource = text_of(source, "subresource")},
                       .operation = operation == "Apply" ? Operation::apply : Operation::update,
                       .time = text_of(source, "time"),
                       .fields = *std::move(fields)};
}

json entry_json(const ManagedFields& entry) {
  json result = {{"apiVersion", entry.manager.api_version},
                 {"fieldsType", "FieldsV1"},
                 {"fieldsV1", entry.fields.to_json()},
                 {"manager", entry.manager.name},
                 {"operation", entry.operation == Operation::apply ? "Apply" : "Update"}};
  if (!entry.manager.subresource.empty()) result["subresource"] = entry.manager.subresource;
  if (!entry.time.empty()) result["time"] = entry.time;
  return result;
}

// RFC 3339 in UTC without fractions sorts as text.
auto order_of(const ManagedFields& entry) {
  return std::tie(entry.operation, entry.time, entry.manager.name, entry.manager.api_version,
                  entry.manager.subresource);
}

bool earlier(const ManagedFields* a, const ManagedFields* b) { return order_of(*a) < order_of(*b); }

}  // namespace

bool ManagedFields::is(const FieldManager& other, Operation other_operation) const {
  return operation == other_operation && manager.name == other.name &&
         manager.subresource == other.subresource &&
         (operation == Operation::apply || manager.api_version == other.api_version);
}

std::optional<Managers> Managers::from_json(const json& managed_fields) {
  if (!managed_fields.is_array() || managed_fields.size() > kMaxManagedFields) return std::nullopt;
  Managers managers;
  for (const json& source : managed_fields) {
    auto entry = entry_from(source);
    if (!entry) return std::nullopt;
    ManagedFields& known = managers.find_or_add(entry->manager, entry->operation);
    known.time = std::move(entry->time);
    known.fields.add(entry->fields);
  }
  return managers;
}

json Managers::to_json() const {
  std::vector<const ManagedFields*> sorted;
  for (const ManagedFields& entry : entries_) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(), earlier);
  json result = json::array();
  for (const ManagedFields* entry : sorted) result.push_back(entry_json(*entry));
  return result;
}

ManagedFields* Managers::find(const FieldManager& manager, Operation operation) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const auto& entry) { return entry.is(manager, operation); });
  return found == entries_.end() ? nullptr : &*found;
}

ManagedFields& Managers::find_or_add(const FieldManager& manager, Operation operation) {
  if (ManagedFields* found = find(manager, operation)) return *found;
  return entries_.emplace_back(ManagedFields{.manager = manager, .operation = operation});
}

std::size_t Managers::count(Operation operation) const {
  return static_cast<std::size_t>(
      std::count_if(entries_.begin(), entries_.end(),
                    [&](const ManagedFields& entry) { return entry.operation == operation; }));
}

void Managers::drop_empty() {
  std::erase_if(entries_, [](const ManagedFields& entry) { return entry.fields.empty(); });
}

// The oldest entry of an API version becomes a bucket when a second one joins it.
void Managers::cap_updaters() {
  std::size_t count = this->count(Operation::update);
  if (count <= kMaxUpdateManagers) return;
  std::vector<ManagedFields*> oldest;
  for (ManagedFields& entry : entries_) {
    if (entry.operation == Operation::update) oldest.push_back(&entry);
  }
  std::sort(oldest.begin(), oldest.end(), earlier);
  std::map<std::string, ManagedFields*> buckets;
  for (ManagedFields* entry : oldest) {
    if (count <= kMaxUpdateManagers) break;
    const auto [bucket, is_first] = buckets.emplace(entry->manager.api_version, entry);
    if (is_first) continue;
    ManagedFields& into = *bucket->second;
    into.manager.name = kAncientChanges;
    into.manager.subresource.clear();
    into.time = entry->time;
    into.fields.add(entry->fields);
    entry->fields = {};
    --count;
  }
  drop_empty();
}

std::string describe(const ManagedFields& entry) {
  std::string text = json(entry.manager.name).dump();
  if (!entry.manager.subresource.empty()) {
    text += " with subresource " + json(entry.manager.subresource).dump();
  }
  if (entry.operation == Operation::update) text += " using " + entry.manager.api_version;
  return text;
}

}  // namespace weir
