#pragma once

// Made from crd-schemas/ by crd-schemas/generate.cc. Change those.

// The fields of each struct, for code that treats all alike: text, differences, JSON.
//
// visit_fields(visitor, x) calls visitor("name", Presence{…}, x.name) for each field, in the order
// of the schema; visit_fields(visitor, x, y) calls visitor("name", Presence{…}, x.name, y.name).

#include <string_view>
#include <type_traits>

#include "gen/types.h"

namespace weir {

struct Presence {
  bool always = false;    // written also when empty: required, or has a default
  bool secret = false;    // never shown
  bool quantity = false;  // a resource.Quantity, which JSON may give as a number
};

template <class T>
struct Fields;

template <class T>
concept Reflected = requires { Fields<std::remove_const_t<T>>::kName; };

template <class V, Reflected T, class... More>
void visit_fields(V&& visitor, T& x, More&... more) {
  Fields<std::remove_const_t<T>>::visit(visitor, x, more...);
}

template <>
struct Fields<api::SinkMeta> {
  static constexpr std::string_view kName = "SinkMeta";
  template <class V, class... X>
  static void visit(V& v, X&... x) {
    v("name", Presence{}, x.name...);
  }
};

template <>
struct Fields<api::Handle> {
  static constexpr std::string_view kName = "Handle";
  template <class V, class... X>
  static void visit(V& v, X&... x) {
    v("port", Presence{.always = true}, x.port...);
    v("scheme", Presence{.always = true}, x.scheme...);
  }
};

template <>
struct Fields<api::Lever> {
  static constexpr std::string_view kName = "Lever";
  template <class V, class... X>
  static void visit(V& v, X&... x) {
    v("port", Presence{.always = true}, x.port...);
    v("scheme", Presence{.always = true}, x.scheme...);
    v("force", Presence{}, x.force...);
  }
};

template <>
struct Fields<api::SinkSpecPolicy> {
  static constexpr std::string_view kName = "SinkSpecPolicy";
  template <class V, class... X>
  static void visit(V& v, X&... x) {
    v("limit", Presence{.always = true}, x.limit...);
    v("step", Presence{.always = true}, x.step...);
  }
};

template <>
struct Fields<api::SinkSpec> {
  static constexpr std::string_view kName = "SinkSpec";
  template <class V, class... X>
  static void visit(V& v, X&... x) {
    v("affinity", Presence{}, x.affinity...);
    v("amount", Presence{.quantity = true}, x.amount...);
    v("amounts", Presence{.quantity = true}, x.amounts...);
    v("count", Presence{.always = true}, x.count...);
    v("default", Presence{.always = true}, x.default_...);
    v("handle", Presence{.always = true}, x.handle...);
    v("levers", Presence{}, x.levers...);
    v("maybe", Presence{}, x.maybe...);
    v("namespace", Presence{}, x.namespace_...);
    v("password", Presence{.secret = true}, x.password...);
    v("plain", Presence{}, x.plain...);
    v("policy", Presence{.always = true}, x.policy...);
    v("ratio", Presence{.always = true}, x.ratio...);
    v("started", Presence{}, x.started...);
    v("title", Presence{.always = true}, x.title...);
  }
};

template <>
struct Fields<api::SinkStatus> {
  static constexpr std::string_view kName = "SinkStatus";
  template <class V, class... X>
  static void visit(V& v, X&... x) {
    v("ready", Presence{}, x.ready...);
  }
};

template <>
struct Fields<api::Sink> {
  static constexpr std::string_view kName = "Sink";
  template <class V, class... X>
  static void visit(V& v, X&... x) {
    v("metadata", Presence{}, x.metadata...);
    v("spec", Presence{.always = true}, x.spec...);
    v("status", Presence{}, x.status...);
  }
};

}  // namespace weir
