#include <nlohmann/json.hpp>
#include <utility>

#include "controller/apply/managed_fields/owned_fields.h"
#include "controller/apply/managed_fields/server_side_apply.h"
#include "reconcilers/object_text.h"

namespace weir {

using nlohmann::json;

namespace {

bool is_reset(const json& managed_fields) {
  return managed_fields.is_array() && managed_fields.size() == 1 &&
         managed_fields.front().is_object() && managed_fields.front().empty();
}

}  // namespace

void track_update(const json& before, json& after, const SchemaNode& kind,
                  const FieldManager& manager, std::chrono::sys_seconds now) {
  const json* sent = managed_fields_in(after);
  const bool reset = sent != nullptr && is_reset(*sent) && manager.subresource.empty();
  Managers managers;
  if (!reset) {
    // A subresource is written with the live object's owners, whatever was sent.
    if (manager.subresource.empty()) managers = managers_in(after);
    if (managers.entries().empty()) managers = managers_in(before);
  }
  // Nobody owned anything: an update does not begin to track, as in Kubernetes.
  if (!before.is_object() || !managers.entries().empty()) {
    const Comparison difference = compare_owned(before, after, kind, manager.subresource);
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
  set_managers(after, managers);
}

}  // namespace weir
