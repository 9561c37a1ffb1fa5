#include "controller/apply/managed_fields/server_side_apply.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/admission/manifest.h"
#include "controller/apply/managed_fields/structured_merge.h"
#include "reconcilers/object_text.h"

namespace weir {

using nlohmann::json;

namespace {

constexpr const char* kManagedFields = "managedFields";
constexpr const char* kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";
// The name under which kubectl applies; other names do not migrate from client-side apply.
constexpr const char* kKubectl = "kubectl";
// Kubernetes' limit for all annotations of an object.
constexpr std::size_t kMaxAnnotationBytes = 256u << 10;

const FieldSet& never_owned() {
  static const FieldSet kFields = *FieldSet::from_json(json::parse(R"({
    "f:apiVersion": {}, "f:kind": {}, "f:spec": {}, "f:status": {},
    "f:metadata": {".": {}, "f:creationTimestamp": {}, "f:generation": {}, "f:managedFields": {},
                   "f:name": {}, "f:namespace": {}, "f:resourceVersion": {}, "f:selfLink": {},
                   "f:uid": {}}})"));
  return kFields;
}

// The fields that a write to this subresource can own.
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
  Comparison result = compare(before, after, kind);
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

// A copy without the owners, which are often more than half of it.
json without_managed_fields(const json& object) {
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

void set_managed_fields(json& object, const Managers& managers) {
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

// Takes from all entries what a write changed or removed.
void take_from_all(Managers& managers, const Comparison& difference) {
  for (ManagedFields& entry : managers.entries()) {
    entry.fields.remove(difference.modified);
    entry.fields.remove(difference.added);
    entry.fields.remove(difference.removed);
  }
}

// Of objects that were written before weir tracked owners, or whose owners were cleared.
ManagedFields before_first_apply(const json& live, const SchemaNode& kind,
                                 const FieldManager& manager, std::chrono::sys_seconds now) {
  ManagedFields entry{.manager = {.name = "before-first-apply",
                                  .api_version = manager.api_version,
                                  .subresource = {}},
                      .operation = Operation::update,
                      .time = time_text(now),
                      .fields = fields_of(live, kind)};
  keep_own(entry.fields, "");
  return entry;
}

// What one manager's apply does to one object, step by step.
class Application {
 public:
  Application(const json& live, const SchemaNode& kind, const FieldManager& manager,
              const ApplyOptions& options)
      : live_(live), kind_(kind), manager_(manager), options_(options) {}

  Result<json> run(json configuration) {
    TRY(wanted_, applied_fields_of(configuration, kind_));
    keep_own(wanted_, manager_.subresource);
    managers_ = managers_in(live_);
    if (managers_.entries().empty() && live_.is_object()) {
      managers_.entries().push_back(before_first_apply(live_, kind_, manager_, options_.now));
      managers_.drop_empty();
    }
    merge(configuration);
    difference_ = compare_owned(live_.is_object() ? live_ : json::object(), merged_, kind_,
                                manager_.subresource);
    if (!options_.force) {
      TRY_VOID(check_conflicts(configuration));
    }
    take_over();
    TRY_VOID(limit_appliers());
    sync_last_applied(configuration);
    set_managed_fields(merged_, managers_);
    return std::move(merged_);
  }

 private:
  void merge(const json& configuration) {
    merged_ = without_managed_fields(live_);
    merge_configuration(merged_, configuration, kind_);
    ManagedFields* own = managers_.find(manager_, Operation::apply);
    if (own == nullptr || own->fields == wanted_) return;
    // What no manager can own stays; so does what it is in.
    FieldSet owned = never_owned();
    owned.add(wanted_);
    for (const ManagedFields& entry : managers_.entries()) {
      if (&entry != own) owned.add(entry.fields);
    }
    prune(merged_, own->fields, owned, kind_);
  }

  struct Conflict {
    const ManagedFields* owner;
    FieldSet fields;
  };

  std::vector<Conflict> conflicts() const {
    FieldSet changed = difference_.modified;
    changed.add(difference_.added);
    std::vector<Conflict> found;
    for (const ManagedFields& entry : managers_.entries()) {
      if (entry.is(manager_, Operation::apply)) continue;
      FieldSet fields = entry.fields.intersection(changed);
      if (!fields.empty()) found.push_back({&entry, std::move(fields)});
    }
    return found;
  }

  Result<void> check_conflicts(const json& configuration) const;
  FieldSet client_side_applied(const json& configuration) const;

  void take_over() {
    FieldSet previous;
    std::string time = time_text(options_.now);
    if (const ManagedFields* own = managers_.find(manager_, Operation::apply)) {
      previous = own->fields;
      if (difference_.empty() && previous == wanted_) time = own->time;
    }
    take_from_all(managers_, difference_);
    ManagedFields& own = managers_.find_or_add(manager_, Operation::apply);
    own.manager = manager_;
    own.time = std::move(time);
    own.fields = std::move(wanted_);
    managers_.drop_empty();
  }

  Result<void> limit_appliers() const {
    if (managers_.count(Operation::apply) <= kMaxApplyManagers) return {};
    return fail(Code::invalid, "metadata.managedFields: Too many: must have at most " +
                                   std::to_string(kMaxApplyManagers) +
                                   " appliers; use one --field-manager for the same purpose");
  }

  void sync_last_applied(const json& configuration);

  const json& live_;
  const SchemaNode& kind_;
  const FieldManager& manager_;
  const ApplyOptions& options_;
  FieldSet wanted_;
  Managers managers_;
  json merged_;
  Comparison difference_;
};

const std::string* last_applied_in(const json& object) {
  if (!object.is_object()) return nullptr;
  const json::json_pointer path = json::json_pointer("/metadata/annotations") / kLastApplied;
  if (!object.contains(path)) return nullptr;
  return object.at(path).get_ptr<const std::string*>();
}

// What `kubectl apply` set from the client side and nobody has changed since: kubectl may take
// these fields over when its user changes to --server-side, whoever is listed as their owner.
FieldSet Application::client_side_applied(const json& configuration) const {
  const std::string* text = last_applied_in(live_);
  if (manager_.name != kKubectl || text == nullptr) return {};
  const auto last = parse_json(*text);
  if (!last || !last->is_object() ||
      last->value("apiVersion", json()) != configuration.value("apiVersion", json())) {
    return {};
  }
  FieldSet fields = fields_of(*last, kind_);
  const Comparison since = compare(*last, live_, kind_);
  fields.remove(since.modified);
  fields.remove(since.added);
  fields.remove(since.removed);
  return fields;
}

Result<void> Application::check_conflicts(const json& configuration) const {
  std::vector<Conflict> found = conflicts();
  if (found.empty()) return {};
  const FieldSet allowed = client_side_applied(configuration);
  Error error{.code = Code::conflict};
  std::string list;
  for (Conflict& conflict : found) {
    conflict.fields.remove(allowed);
    if (conflict.fields.empty()) continue;
    const std::string owner = describe(*conflict.owner);
    list += (list.empty() ? "conflicts with " : "\nconflicts with ") + owner + ":";
    for (std::string& path : conflict.fields.paths()) {
      list += "\n- " + path;
      error.causes.push_back({.reason = "FieldManagerConflict",
                              .field = std::move(path),
                              .message = "conflict with " + owner});
    }
  }
  if (error.causes.empty()) return {};
  const Cause& first = error.causes.front();
  error.message =
      error.causes.size() == 1
          ? "Apply failed with 1 conflict: " + first.message + ": " + first.field
          : "Apply failed with " + std::to_string(error.causes.size()) + " conflicts: " + list;
  return tl::unexpected(std::move(error));
}

// Client-side apply by an older kubectl or a colleague must not see a stale configuration: once
// the annotation is there, kubectl's applies keep it up to date.
void Application::sync_last_applied(const json& configuration) {
  if (manager_.name != kKubectl || last_applied_in(merged_) == nullptr) return;
  json applied = configuration;
  json& annotations = applied["metadata"]["annotations"];
  if (annotations.is_object()) annotations.erase(kLastApplied);
  if (annotations.empty()) applied["metadata"].erase("annotations");
  std::string text = applied.dump() + "\n";
  json& target = merged_["metadata"]["annotations"];
  if (text.size() > kMaxAnnotationBytes) {
    target.erase(kLastApplied);
  } else {
    target[kLastApplied] = std::move(text);
  }
}

tl::unexpected<Error> invalid_manager(const std::string& options, const std::string& what,
                                      const char* reason, const std::string& why) {
  const std::string message = what + ": " + why;
  return tl::unexpected(
      Error{.code = Code::invalid,
            .message = options + ".meta.k8s.io \"\" is invalid: fieldManager: " + message,
            .causes = {{.reason = reason, .field = "fieldManager", .message = message}}});
}

// The configuration without what only the server says. A null creationTimestamp, for one, is in
// every manifest that somebody generated.
json without_server_fields(json configuration, const std::string& subresource) {
  if (subresource.empty()) configuration.erase("status");
  const auto metadata = configuration.find("metadata");
  if (metadata == configuration.end() || !metadata->is_object()) return configuration;
  for (const char* name : {"creationTimestamp", "generation", "selfLink", kManagedFields}) {
    metadata->erase(name);
  }
  for (const char* name : {"name", "namespace", "resourceVersion", "uid"}) {
    const auto found = metadata->find(name);
    if (found != metadata->end() && found->is_null()) metadata->erase(found);
  }
  return configuration;
}

bool is_reset(const json& managed_fields) {
  return managed_fields.is_array() && managed_fields.size() == 1 &&
         managed_fields.front().is_object() && managed_fields.front().empty();
}

}  // namespace

Result<void> check_field_manager(const std::string& name, const std::string& options) {
  if (name.size() > kMaxManagerName) {
    return invalid_manager(options, "Too long", "FieldValueTooLong",
                           "may not be more than " + std::to_string(kMaxManagerName) + " bytes");
  }
  const auto printable = [](unsigned char c) { return c >= 0x20 && c != 0x7f; };
  // Printing replaces what is not UTF-8.
  const std::string printed = json(name).dump(-1, ' ', false, json::error_handler_t::replace);
  if (!std::all_of(name.begin(), name.end(), printable) || json::parse(printed) != name) {
    return invalid_manager(options, "Invalid value", "FieldValueInvalid",
                           "should only contain printable characters");
  }
  return {};
}

void track_update(const json& before, json& after, const SchemaNode& kind,
                  const FieldManager& manager, std::chrono::sys_seconds now) {
  const bool exists = before.is_object();
  const json* sent = managed_fields_in(after);
  const bool reset = sent != nullptr && is_reset(*sent) && manager.subresource.empty();
  Managers managers;
  if (!reset) {
    // A subresource is written with the live object's owners, whatever was sent.
    if (manager.subresource.empty()) managers = managers_in(after);
    if (managers.entries().empty()) managers = managers_in(before);
  }
  // Nobody owned anything: an update does not begin to track, as in Kubernetes.
  if (!exists || !managers.entries().empty()) {
    const Comparison difference =
        compare_owned(exists ? before : json::object(), after, kind, manager.subresource);
    FieldSet taken = difference.modified;
    taken.add(difference.added);
    take_from_all(managers, difference);
    if (!taken.empty()) {
      ManagedFields& own = managers.find_or_add(manager, Operation::update);
      own.fields.add(taken);
      own.time = time_text(now);
    }
    managers.drop_empty();
    managers.cap_updaters();
  }
  set_managed_fields(after, managers);
}

Result<json> apply(const json& live, json configuration, const SchemaNode& kind,
                   const FieldManager& manager, const ApplyOptions& options) {
  TRY_VOID(check_field_manager(manager.name, "PatchOptions"));
  if (manager.name.empty()) {
    return invalid_manager("PatchOptions", "Required value", "FieldValueRequired",
                           "is required for apply patch");
  }
  if (!configuration.is_object()) {
    return fail(Code::bad_request, "an apply patch must be an object");
  }
  const json* managed_fields = managed_fields_in(configuration);
  if (managed_fields != nullptr && !managed_fields->empty()) {
    return fail(Code::bad_request, "metadata.managedFields must be nil");
  }
  return Application(live, kind, manager, options)
      .run(without_server_fields(std::move(configuration), manager.subresource));
}

}  // namespace weir
