#pragma once

// metadata.managedFields as values: who owns which fields of an object. Pure; any thread.

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "controller/apply/managed_fields/field_set.h"

namespace weir {

// Writers by update leave an entry each; beyond this many the oldest are merged, as in Kubernetes.
inline constexpr std::size_t kMaxUpdateManagers = 10;
// Of what a client may send: kMaxApplyManagers, these, and room.
inline constexpr std::size_t kMaxManagedFields = 200;
inline constexpr const char* kAncientChanges = "ancient-changes";

enum class Operation { apply, update };

// Who writes: a manager has one entry for each operation and subresource.
struct FieldManager {
  std::string name;         // kubectl-client-side-apply
  std::string api_version;  // apps/v1: of the written object
  std::string subresource;  // "", status or scale
};

struct ManagedFields {
  FieldManager manager = {};
  Operation operation = Operation::update;
  std::string time = {};  // RFC 3339, as in the object; empty: unknown
  FieldSet fields = {};

  // An applier keeps its entry when the API version changes, an updater gets another.
  bool is(const FieldManager& other, Operation other_operation) const;
};

// All entries of one object.
class Managers {
 public:
  // Nothing when `managed_fields` is not what an object can carry: it comes from clients, too.
  static std::optional<Managers> from_json(const nlohmann::json& managed_fields);
  // Sorted as Kubernetes sorts them: appliers first, then by time and name.
  nlohmann::json to_json() const;

  std::vector<ManagedFields>& entries() { return entries_; }
  const std::vector<ManagedFields>& entries() const { return entries_; }
  ManagedFields* find(const FieldManager& manager, Operation operation);
  ManagedFields& find_or_add(const FieldManager& manager, Operation operation);
  std::size_t count(Operation operation) const;

  void drop_empty();
  void cap_updaters();

 private:
  std::vector<ManagedFields> entries_;
};

// "kubectl-client-side-apply" using apps/v1: how messages name the owner of a field.
std::string describe(const ManagedFields& entry);

}  // namespace weir
