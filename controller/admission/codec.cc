#include "controller/admission/codec.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "controller/admission/manifest.h"
#include "gen/fields.h"
#include "reconcilers/object_text.h"

namespace weir {
namespace {

using nlohmann::json;

// --- To JSON. Overloads by type, a visitor class for structs: each field type compiles once ------

json to_json(const std::string& value) { return value; }
json to_json(std::int64_t value) { return value; }
// A whole number is written as one, as it most likely was.
json to_json(double value) {
  constexpr double kExact = 1LL << 53;  // from here on not every whole number is a double
  if (std::abs(value) >= kExact || value != std::floor(value)) return value;
  return static_cast<std::int64_t>(value);
}
json to_json(bool value) { return value; }
json to_json(std::chrono::sys_seconds value) { return time_text(value); }
json to_json(const api::IntOrString& value) {
  return value.is_string ? json(value.text) : json(value.number);
}
json to_json(const api::Json& value) {
  return json::parse(value.text, nullptr, /*allow_exceptions=*/false);
}
template <class T>
json to_json(const std::vector<T>& values);
template <class T>
json to_json(const std::map<std::string, T>& values);
template <Reflected T>
json to_json(const T& value);

// Nothing that a document would have to say. Structs are judged by what they become.
bool is_empty(std::int64_t value) { return value == 0; }
bool is_empty(bool value) { return !value; }
bool is_empty(std::chrono::sys_seconds) { return false; }
bool is_empty(const api::IntOrString&) { return false; }
template <class T>
bool is_empty(const T& value) {
  if constexpr (Reflected<T>)
    return false;
  else
    return value.empty();
}

// Writes a field unless it is empty and need not be written.
struct FieldEncoder {
  json& out;

  template <class F>
  void operator()(std::string_view name, Presence presence, const F& field) {
    if (presence.always || !is_empty(field)) put(name, presence, to_json(field));
  }
  template <class T>
  void operator()(std::string_view name, Presence, const std::optional<T>& field) {
    if (field) out.emplace(name, to_json(*field));
  }
  void operator()(std::string_view name, Presence, const api::Json& field) {
    if (!field.text.empty()) out.emplace(name, to_json(field));
  }

 private:
  void put(std::string_view name, Presence presence, json value) {
    const bool empty_struct = value.is_object() && value.empty();
    if (presence.always || !empty_struct) out.emplace(name, std::move(value));
  }
};

template <class T>
json to_json(const std::vector<T>& values) {
  json out = json::array();
  for (const T& value : values) out.push_back(to_json(value));
  return out;
}
template <class T>
json to_json(const std::map<std::string, T>& values) {
  json out = json::object();
  for (const auto& [key, value] : values) out.emplace(key, to_json(value));
  return out;
}
template <Reflected T>
json to_json(const T& value) {
  json out = json::object();
  visit_fields(FieldEncoder{out}, value);
  return out;
}

// --- From JSON -------------------------------------------------------------------------------

// The first wrong value; its path is put together while the calls return.
struct Failure {
  std::string expected = {};  // empty: nothing failed
  std::string path = {};
  explicit operator bool() const { return !expected.empty(); }
  void at(std::string_view step) { path.insert(0, step); }
};

void wrong(Failure& failure, std::string_view expected, const json& value) {
  failure.expected = "expected " + std::string(expected) + ", got " + value.type_name();
}

struct Decoder {
  Failure& failure;
  bool quantity = false;

  void read(const json& in, std::string& value) {
    if (in.is_string()) {
      value = in.get_ref<const std::string&>();
    } else if (quantity && in.is_number()) {
      value = in.dump();
    } else {
      wrong(failure, "string", in);
    }
  }
  void read(const json& in, std::int64_t& value) {
    const bool fits = !in.is_number_unsigned() ||
                      in.get<std::uint64_t>() <= std::numeric_limits<std::int64_t>::max();
    if (!in.is_number_integer() || !fits) return wrong(failure, "integer", in);
    value = in.get<std::int64_t>();
  }
  void read(const json& in, double& value) {
    if (!in.is_number()) return wrong(failure, "number", in);
    value = in.get<double>();
  }
  void read(const json& in, bool& value) {
    if (!in.is_boolean()) return wrong(failure, "boolean", in);
    value = in.get<bool>();
  }
  void read(const json& in, std::chrono::sys_seconds& value) {
    const auto time = in.is_string() ? parse_time(in.get_ref<const std::string&>()) : std::nullopt;
    if (!time) return wrong(failure, "RFC 3339 time", in);
    value = *time;
  }
  void read(const json& in, api::IntOrString& value) {
    value.is_string = in.is_string();
    value.is_string ? read(in, value.text) : read(in, value.number);
  }
  void read(const json& in, api::Json& value) {
    value.text = in.dump(-1, ' ', false, json::error_handler_t::replace);
  }
  template <class T>
  void read(const json& in, std::optional<T>& value) {
    read(in, value.emplace());
  }
  template <class T>
  void read(const json& in, std::vector<T>& values) {
    if (!in.is_array()) return wrong(failure, "array", in);
    values.reserve(in.size());
    for (const json& item : in) {
      read(item, values.emplace_back());
      if (failure) return failure.at("[" + std::to_string(values.size() - 1) + "]");
    }
  }
  template <class T>
  void read(const json& in, std::map<std::string, T>& values) {
    if (!in.is_object()) return wrong(failure, "object", in);
    for (const auto& [key, item] : in.items()) {
      read(item, values[key]);
      if (failure) return failure.at("." + key);
    }
  }
  template <Reflected T>
  void read(const json& in, T& value);
};

struct FieldDecoder {
  const json& in;
  Failure& failure;

  template <class F>
  void operator()(std::string_view name, Presence presence, F& field) {
    if (failure) return;
    const auto found = in.find(name);
    if (found == in.end() || found->is_null()) return;
    Decoder{failure, presence.quantity}.read(*found, field);
    if (failure) failure.at("." + std::string(name));
  }
};

template <Reflected T>
void Decoder::read(const json& in, T& value) {
  if (!in.is_object()) return wrong(failure, "object", in);
  visit_fields(FieldDecoder{in, failure}, value);
}

}  // namespace

template <class T>
json encode_struct(const T& value) {
  return to_json(value);
}

template <class T>
Result<T> decode_struct(const json& document) {
  T value;
  Failure failure;
  Decoder{failure}.read(document, value);
  if (failure) {
    return fail(Code::bad_request,
                std::string(Fields<T>::kName) + failure.path + ": " + failure.expected);
  }
  return value;
}

json encode(const Object& object) {
  json out = std::visit([](const auto& x) { return to_json(x); }, object);
  const KindInfo& kind = info(kind_of(object));
  out.emplace("apiVersion", kind.api_version);
  out.emplace("kind", kind.name);
  return out;
}

std::string encode_text(const Object& object) {
  return encode(object).dump(-1, ' ', false, json::error_handler_t::replace);
}

json encode_over(const Object& object, const json& before) {
  json out = encode(object);
  const auto metadata = before.find("metadata");
  if (metadata != before.end() && metadata->contains("managedFields")) {
    out["metadata"]["managedFields"] = metadata->at("managedFields");
  }
  return out;
}

Result<Object> decode(Kind kind, const json& document) {
  return std::visit(
      [&](const auto& empty) -> Result<Object> {
        using T = std::remove_cvref_t<decltype(empty)>;
        TRY(T value, decode_struct<T>(document));
        return Object(std::move(value));
      },
      make_object(kind));
}

Result<Object> decode_text(Kind kind, std::string_view document) {
  TRY(const json parsed, parse_json(document));
  return decode(kind, parsed);
}

#define WEIR_STRUCT(T)                                \
  template json encode_struct<api::T>(const api::T&); \
  template Result<api::T> decode_struct<api::T>(const json&);
WEIR_STRUCT(Container)
WEIR_STRUCT(LabelSelector)
WEIR_STRUCT(ObjectMeta)
WEIR_STRUCT(ObjectReference)
WEIR_STRUCT(OwnerReference)
WEIR_STRUCT(PodSpec)
WEIR_STRUCT(PodTemplateSpec)
#undef WEIR_STRUCT

}  // namespace weir
