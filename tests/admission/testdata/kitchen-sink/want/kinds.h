#pragma once

// Made from crd-schemas/ by crd-schemas/generate.cc. Change those.

#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "gen/types.h"

namespace weir {

enum class Kind { Sink };

struct KindInfo {
  Kind kind;
  std::string_view name;         // Deployment
  std::string_view list;         // DeploymentList
  std::string_view plural;       // deployments
  std::string_view singular;     // deployment
  std::string_view group;        // apps; empty for the core group
  std::string_view version;      // v1
  std::string_view api_version;  // apps/v1
  std::span<const std::string_view> short_names;
  std::span<const std::string_view> categories;
  bool namespaced;
  bool status_subresource;
  bool scale_subresource;
};

std::span<const KindInfo> kinds();  // in the order of the enum
const KindInfo& info(Kind kind);
std::optional<Kind> kind_named(std::string_view api_version, std::string_view name);

using Object = std::variant<api::Sink>;

// KindOf<api::Pod>::value is Kind::Pod.
template <class T>
struct KindOf;
template <>
struct KindOf<api::Sink> {
  static constexpr Kind value = Kind::Sink;
};

Kind kind_of(const Object& object);
Object make_object(Kind kind);  // with every field at its default
const api::ObjectMeta& meta(const Object& object);
api::ObjectMeta& meta(Object& object);

}  // namespace weir
