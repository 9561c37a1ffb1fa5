// OpenAPI v2 as gnostic's protobuf, the only form that kubectl before 1.27 reads. A writer for the
// members that openapi_document() makes; numbers are those of gnostic's OpenAPIv2.proto.

#include <nlohmann/json.hpp>

#include "controller/api/openapi.h"

namespace weir::rest {
namespace {

using nlohmann::json;

class Message {
 public:
  void bytes(unsigned field, std::string_view value) {
    varint(field << 3 | 2);
    varint(value.size());
    bytes_ += value;
  }
  void message(unsigned field, const Message& value) { bytes(field, value.bytes_); }
  void boolean(unsigned field, bool value) {
    varint(field << 3);
    varint(value ? 1 : 0);
  }
  // When `object` has the member, as a string.
  void text(unsigned field, const json& object, const char* member) {
    const auto found = object.find(member);
    if (found != object.end() && found->is_string()) {
      bytes(field, found->get_ref<const std::string&>());
    }
  }
  const std::string& done() const { return bytes_; }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }
  std::string bytes_;
};

// Any{yaml}: JSON is YAML.
Message any(const json& value) {
  Message out;
  out.bytes(2, value.dump());
  return out;
}

// NamedSchema, NamedPathItem, NamedAny …: {1 name, 2 value}.
Message named(std::string_view name, const Message& value) {
  Message out;
  out.bytes(1, name);
  out.message(2, value);
  return out;
}

// {field: value}: gnostic wraps repeated things.
Message wrapped(unsigned field, const Message& value) {
  Message out;
  out.message(field, value);
  return out;
}

void add_extensions(Message& out, unsigned field, const json& object) {
  for (const auto& [name, value] : object.items()) {
    if (name.starts_with("x-")) out.message(field, named(name, any(value)));
  }
}

Message schema(const json& from) {
  Message out;
  out.text(1, from, "$ref");
  out.text(2, from, "format");
  out.text(4, from, "description");
  if (from.contains("default")) out.message(5, any(from["default"]));
  out.text(13, from, "pattern");
  for (const json& name : from.value("required", json::array())) {
    out.bytes(19, name.get_ref<const std::string&>());
  }
  for (const json& value : from.value("enum", json::array())) out.message(20, any(value));
  if (from.contains("additionalProperties")) {
    out.message(21, wrapped(1, schema(from["additionalProperties"])));
  }
  if (from.contains("type")) {
    Message type;
    type.text(1, from, "type");
    out.message(22, type);
  }
  if (from.contains("items")) out.message(23, wrapped(1, schema(from["items"])));
  if (from.contains("properties")) {
    Message properties;
    for (const auto& [name, value] : from["properties"].items()) {
      properties.message(1, named(name, schema(value)));
    }
    out.message(25, properties);
  }
  add_extensions(out, 31, from);
  return out;
}

// ParametersItem{Parameter{NonBodyParameter{path or query}}}
Message parameter(const json& from) {
  const bool in_path = from.at("in") == "path";
  Message sub;
  if (from.value("required", false)) sub.boolean(1, true);
  sub.text(2, from, "in");
  sub.text(4, from, "name");
  sub.text(in_path ? 5 : 6, from, "type");
  return wrapped(1, wrapped(2, wrapped(in_path ? 4 : 3, sub)));
}

Message operation(const json& from) {
  Message out;
  out.text(5, from, "operationId");
  for (const json& type : from.value("consumes", json::array())) {
    out.bytes(7, type.get_ref<const std::string&>());
  }
  for (const json& item : from.at("parameters")) out.message(8, parameter(item));
  Message responses;
  for (const auto& [code, reply] : from.at("responses").items()) {
    Message response;
    response.text(1, reply, "description");
    response.message(2, wrapped(1, schema(reply.at("schema"))));
    responses.message(1, named(code, wrapped(1, response)));
  }
  out.message(9, responses);
  add_extensions(out, 13, from);
  return out;
}

Message path_item(const json& from) {
  static constexpr std::pair<unsigned, const char*> kMethods[] = {
      {2, "get"}, {3, "put"}, {4, "post"}, {5, "delete"}, {8, "patch"}};
  Message out;
  for (const auto& [field, method] : kMethods) {
    if (from.contains(method)) out.message(field, operation(from[method]));
  }
  for (const json& item : from.value("parameters", json::array())) out.message(9, parameter(item));
  return out;
}

}  // namespace

std::string openapi_protobuf(const json& document) {
  Message out;
  out.text(1, document, "swagger");
  Message info;
  info.text(1, document.at("info"), "title");
  info.text(2, document.at("info"), "version");
  out.message(2, info);
  Message paths;
  for (const auto& [path, item] : document.at("paths").items()) {
    paths.message(2, named(path, path_item(item)));
  }
  out.message(8, paths);
  Message definitions;
  for (const auto& [name, value] : document.at("definitions").items()) {
    definitions.message(1, named(name, schema(value)));
  }
  out.message(9, definitions);
  return out.done();
}

}  // namespace weir::rest
