#pragma once

// Schema: the documents of crd-schemas/ as a tree of nodes that admission, patches, server-side
// apply, tables and OpenAPI walk together with a document. Built once at start; immutable, so any
// thread may read it. References are resolved: types that are shared are shared nodes.

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gen/kinds.h"

namespace weir {

struct SchemaNode {
  enum class Type { any, object, array, string, integer, number, boolean, int_or_string };
  enum class ListType { atomic, set, map };

  Type type = Type::any;
  std::string name = {};         // of the shared type or struct: PodSpec; empty for plain values
  std::string format = {};       // int32, int64, date-time, micro-time, byte, quantity
  std::string description = {};  // in weir's words, for explain

  // Objects: named fields, or `additional` for maps. Neither: any content (FieldsV1).
  std::map<std::string, const SchemaNode*, std::less<>> properties = {};
  const SchemaNode* additional = nullptr;
  std::vector<std::string> required = {};
  bool keeps_unknown = false;
  bool atomic_map = false;  // x-kubernetes-map-type: atomic

  // Arrays.
  const SchemaNode* items = nullptr;
  ListType list_type = ListType::atomic;
  std::vector<std::string> list_map_keys = {};  // of list type map: what tells its items apart

  // Strategic merge patch.
  std::string patch_merge_key = {};
  bool patch_merge = false;    // x-kubernetes-patch-strategy: merge
  bool patch_replace = false;  // … replace
  bool retain_keys = false;    // … retainKeys

  // Values.
  std::shared_ptr<const nlohmann::json> default_value = {};  // null: none
  bool zero_is_unset = false;                                // 0 gets the default too
  std::vector<std::string> enum_values = {};
  std::optional<std::int64_t> minimum = {};
  std::optional<std::int64_t> maximum = {};
  bool secret = false;  // never shown

  bool no_effect = false;  // accepted, and without effect on one Docker host …
  std::string note = {};   // … because of this

  const SchemaNode* field(std::string_view name) const;  // property, or `additional`, or null
};

// A column of `kubectl get`. Exactly one of path, text_template and function says what it shows.
struct PrinterColumn {
  std::string name = {};           // Ready
  std::string type = {};           // string, integer, date
  std::string format = {};         // name, for the first
  std::string path = {};           // .status.phase
  std::string text_template = {};  // {.status.readyReplicas|0}/{.spec.replicas}
  std::string function = {};       // podStatus: in the API's table code
  std::int64_t priority = 0;       // > 0: only with -o wide
};

class Schema {
 public:
  // The one of this program. A broken embedded document ends the program at start.
  static const Schema& get();

  const SchemaNode& root(Kind kind) const;
  std::span<const PrinterColumn> columns(Kind kind) const;
  // Shared types by their short name; null when there is none.
  const SchemaNode* definition(std::string_view name) const;
  // The embedded documents as they are, for OpenAPI: {"definitions": …, "kinds": […]}.
  const nlohmann::json& documents() const;

  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

 private:
  Schema();
  ~Schema();
  struct Builder;

  std::unique_ptr<const nlohmann::json> documents_;
  std::vector<std::unique_ptr<SchemaNode>> nodes_;  // owns all of them
  std::map<std::string, const SchemaNode*, std::less<>> definitions_;
  std::map<Kind, const SchemaNode*> roots_;
  std::map<Kind, std::vector<PrinterColumn>> columns_;
};

}  // namespace weir
