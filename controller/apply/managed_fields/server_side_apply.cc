#include "controller/apply/managed_fields/server_side_apply.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "controller/apply/managed_fields/client_side_apply.h"
#include "controller/apply/managed_fields/owned_fields.h"
#include "controller/apply/managed_fields/structured_merge.h"
#include "reconcilers/object_text.h"

namespace weir {

using nlohmann::json;

namespace {

// The name under which kubectl applies; other names do not migrate from client-side apply.
constexpr const char* kKubectl = "kubectl";

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
    difference_ = compare_owned(live_, merged_, kind_, manager_.subresource);
    if (!options_.force) {
      TRY_VOID(check_conflicts(configuration));
    }
    take_over();
    TRY_VOID(limit_appliers());
    if (manager_.name == kKubectl) sync_last_applied(merged_, configuration);
    set_managers(merged_, managers_);
    return std::move(merged_);
  }

 private:
  void merge(const json& configuration) {
    merged_ = without_managers(live_);
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

  void take_over() {
    const ManagedFields* before = managers_.find(manager_, Operation::apply);
    const bool unchanged = before != nullptr && before->fields == wanted_ && difference_.empty();
    std::string time = unchanged ? before->time : time_text(options_.now);
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

  const json& live_;
  const SchemaNode& kind_;
  const FieldManager& manager_;
  const ApplyOptions& options_;
  FieldSet wanted_;
  Managers managers_;
  json merged_;
  Comparison difference_;
};

Result<void> Application::check_conflicts(const json& configuration) const {
  std::vector<Conflict> found = conflicts();
  if (found.empty()) return {};
  const FieldSet allowed =
      manager_.name == kKubectl ? client_side_applied(live_, configuration, kind_) : FieldSet();
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
