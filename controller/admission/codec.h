#pragma once

// Typed objects to JSON and back: the border between documents (API, store, manifests) and the
// structs that reconcilers read. Pure functions, any thread.
//
// decode() expects an admitted document: fields that it does not know are skipped, absent ones get
// the defaults of the structs; a value of the wrong type is Code::bad_request with its path.
// metadata.managedFields has no place in the structs: encode_over() keeps it.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "controller/result.h"
#include "gen/kinds.h"

namespace weir {

// The whole object, apiVersion and kind included; keys are sorted, so equal objects give equal
// texts.
nlohmann::json encode(const Object& object);
std::string encode_text(const Object& object);

Result<Object> decode(Kind kind, const nlohmann::json& document);
Result<Object> decode_text(Kind kind, std::string_view document);

// `object`, with what only the document `before` has: metadata.managedFields.
nlohmann::json encode_over(const Object& object, const nlohmann::json& before);

// Single structs: PodTemplateSpec, PodSpec, ObjectMeta, LabelSelector, Container, OwnerReference,
// ObjectReference, and the kinds themselves (without apiVersion and kind).
template <class T>
nlohmann::json encode_struct(const T& value);
template <class T>
Result<T> decode_struct(const nlohmann::json& document);

}  // namespace weir
