// Made from crd-schemas/ by crd-schemas/generate.cc. Change those.

#include "gen/kinds.h"

#include <array>

namespace weir {
namespace {

constexpr std::array<std::string_view, 1> kSinkShortNames{"sk"};
constexpr std::array<std::string_view, 2> kSinkCategories{"all", "kitchen"};

constexpr KindInfo kKinds[] = {
    {Kind::Sink, "Sink", "SinkList", "sinks", "sink", "kitchen.example.com", "v1beta1", "kitchen.example.com/v1beta1", kSinkShortNames, kSinkCategories, false, true, false},
};

}  // namespace

std::span<const KindInfo> kinds() { return kKinds; }

const KindInfo& info(Kind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::optional<Kind> kind_named(std::string_view api_version, std::string_view name) {
  for (const KindInfo& row : kKinds) {
    if (row.name == name && row.api_version == api_version) return row.kind;
  }
  return std::nullopt;
}

Kind kind_of(const Object& object) { return static_cast<Kind>(object.index()); }

const api::ObjectMeta& meta(const Object& object) {
  return std::visit([](const auto& x) -> const api::ObjectMeta& { return x.metadata; }, object);
}

api::ObjectMeta& meta(Object& object) {
  return std::visit([](auto& x) -> api::ObjectMeta& { return x.metadata; }, object);
}

Object make_object(Kind kind) {
  switch (kind) {
    case Kind::Sink:
      return api::Sink{};
  }
  return Object{};
}

}  // namespace weir
