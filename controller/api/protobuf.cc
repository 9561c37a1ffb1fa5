#include "controller/api/protobuf.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <vector>

#include "controller/admission/manifest.h"
#include "controller/api/protobuf_wire.h"
#include "gen/kinds.h"
#include "gen/protobuf.h"
#include "reconcilers/base64.h"
#include "reconcilers/object_text.h"

namespace weir::rest {
namespace {

using nlohmann::json;
using Type = ProtobufField::Type;
using Shape = ProtobufField::Shape;

tl::unexpected<Error> broken(std::string why) { return fail(Code::bad_request, std::move(why)); }

// --- Messages that are something else in JSON ----------------------------------------------------

Result<json> time_form(const json& message) {
  if (message.empty()) return json();  // nobody has set it
  const auto seconds = message.value("seconds", std::int64_t{0});
  // The years 1 to 9999: RFC 3339 has no others.
  if (seconds < -62'135'596'800 || seconds > 253'402'300'799) {
    return broken("year outside of range [1,9999]");
  }
  return json(time_text(std::chrono::sys_seconds(std::chrono::seconds(seconds))));
}

Result<json> micro_time_form(const json& message) {
  TRY(const json time, time_form(message));
  if (time.is_null()) return time;
  const auto nanos = message.value("nanos", std::int64_t{0});
  if (nanos < 0 || nanos > 999'999'999) return broken("nanos outside of range [0,999999999]");
  const std::string micros = std::to_string(1'000'000 + nanos / 1000).substr(1);
  const auto text = time.get<std::string>();
  return json(text.substr(0, text.size() - 1) + "." + micros + "Z");
}

Result<json> quantity_form(const json& message) { return json(message.value("string", "")); }

Result<json> int_or_string_form(const json& message) {
  const auto type = message.value("type", std::int64_t{0});
  if (type == 0) return json(message.value("intVal", 0));
  if (type == 1) return json(message.value("strVal", ""));
  return broken("impossible IntOrString.Type");
}

Result<json> json_form(const json& message) {
  const auto text = message.value("raw", "");
  if (text.empty()) return json();
  return parse_json(text, {.depth = Limits().depth / 2});  // the rest is for what it is part of
}

struct Form {
  std::string_view message;
  Result<json> (*of)(const json&);
};
constexpr Form kForms[] = {{"FieldsV1", json_form},
                           {"IntOrString", int_or_string_form},
                           {"MicroTime", micro_time_form},
                           {"Quantity", quantity_form},
                           {"Time", time_form}};

// --- Messages ------------------------------------------------------------------------------------

bool is_zero(const json& value) { return value == 0 || value == "" || value == false; }

bool is_number(Type type) {
  return type == Type::int32 || type == Type::int64 || type == Type::boolean;
}

Result<void> expect(unsigned type, const WireField& wire) {
  if (wire.type == type) return {};
  return broken("proto: wrong wireType = " + std::to_string(wire.type));
}

// Reads one message.
class Decoder {
 public:
  // Whether somebody looks at fields without a name later on.
  explicit Decoder(bool unknown_pass) : unknown_pass_(unknown_pass) {}

  Result<json> document(const ProtobufMessage& message, std::string_view bytes) {
    json out = json::object();
    auto done = read(message, bytes, unknown_pass_, out);
    if (done) return out;
    std::string path;  // as far as it was read
    for (const std::string_view name : path_) {
      if (!name.empty()) path += std::string(path.empty() ? "" : ".") + std::string(name);
    }
    done.error().message.insert(0, path.empty() ? "" : path + ": ");
    return tl::unexpected(std::move(done).error());
  }

 private:
  // Adds the fields of `bytes` to `object`: a message may come in pieces.
  Result<void> read(const ProtobufMessage& message, std::string_view bytes, bool unknown_pass,
                    json& object) {
    for (WireReader reader(bytes); !reader.done();) {
      TRY(const WireField wire, reader.field());
      const auto field = std::ranges::find(message.fields, wire.number, &ProtobufField::number);
      if (field == message.fields.end()) {
        TRY_VOID(unknown(wire, unknown_pass, object));
        continue;
      }
      path_.push_back(field->name);
      TRY_VOID(add(*field, wire, object));
      path_.pop_back();
    }
    return {};
  }

  Result<void> unknown(const WireField& wire, bool pass, json& object) {
    if (wire.is_zero()) return {};
    const std::string name = "#" + std::to_string(wire.number);
    if (!pass) return broken("unknown field \"" + name + "\"");
    TRY_VOID(spend());
    object[name] = true;
    return {};
  }

  Result<void> add(const ProtobufField& field, const WireField& wire, json& object) {
    if (field.name.empty()) {
      TRY_VOID(expect(WireField::bytes, wire));
      return read(*field.message, wire.content, unknown_pass_, object);
    }
    const std::string name(field.name);
    if (field.shape == Shape::list) return add_items(field, wire, object[name]);
    if (field.shape == Shape::map) return add_entry(field, wire, object[name]);
    TRY_VOID(set(field, wire, object[name]));
    if (!field.says_zero && field.type != Type::message && is_zero(object[name])) {
      object.erase(name);
    }
    return {};
  }

  // One item, or several numbers that are packed together.
  Result<void> add_items(const ProtobufField& field, const WireField& wire, json& list) {
    if (list.is_null()) list = json::array();
    if (!is_number(field.type) || wire.type != WireField::bytes) {
      return set(field, wire, list.emplace_back());
    }
    for (WireReader reader(wire.content); !reader.done();) {
      WireField item = {.number = wire.number, .type = WireField::varint};
      TRY(item.value, reader.varint());
      TRY_VOID(set(field, item, list.emplace_back()));
    }
    return {};
  }

  // {1 key, 2 value}, of which one that is absent is zero.
  Result<void> add_entry(const ProtobufField& field, const WireField& wire, json& map) {
    TRY_VOID(expect(WireField::bytes, wire));
    WireField key, value;
    for (WireReader reader(wire.content); !reader.done();) {
      TRY(const WireField part, reader.field());
      if (part.number == 1) key = part;
      if (part.number == 2) value = part;
    }
    TRY_VOID(expect(WireField::bytes, key));
    TRY_VOID(check_text(key.content));
    TRY_VOID(spend());
    json entry;
    TRY_VOID(set(field, value, entry));
    map[std::string(key.content)] = std::move(entry);
    return {};
  }

  Result<void> set(const ProtobufField& field, const WireField& wire, json& value) {
    TRY_VOID(spend());
    TRY_VOID(expect(is_number(field.type) ? WireField::varint : WireField::bytes, wire));
    switch (field.type) {
      case Type::boolean:
        value = wire.value != 0;
        return {};
      case Type::int32:
        value = static_cast<std::int32_t>(wire.value);
        return {};
      case Type::int64:
        value = static_cast<std::int64_t>(wire.value);
        return {};
      case Type::bytes:
        value = base64_encode(wire.content);
        return {};
      case Type::text:
        value = wire.content;
        return check_text(wire.content);
      case Type::message:
        return set_message(*field.message, wire.content, value);
    }
    return {};
  }

  Result<void> set_message(const ProtobufMessage& message, std::string_view bytes, json& value) {
    if (!value.is_object()) value = json::object();
    const auto form = std::ranges::find(kForms, message.name, &Form::message);
    const bool plain = form == std::end(kForms);
    TRY_VOID(read(message, bytes, plain && unknown_pass_, value));
    if (plain) return {};
    TRY(value, form->of(value));
    return {};
  }

  Result<void> spend() {
    if (++values_ <= Limits().nodes) return {};
    return broken("the document has more than " + std::to_string(Limits().nodes) + " values");
  }

  const bool unknown_pass_;
  std::size_t values_ = 0;
  std::vector<std::string_view> path_ = {};  // fields that are open
};

// --- The envelope --------------------------------------------------------------------------------

// runtime.Unknown
struct Envelope {
  std::string_view type_meta = {}, raw = {}, encoding = {}, type = {};
};

Result<Envelope> open(std::string_view body) {
  constexpr std::string_view kMagic("k8s\0", 4);
  if (!body.starts_with(kMagic)) {
    return broken(
        "the provided data does not appear to be a protobuf message, expected prefix [107 56 115 "
        "0]");
  }
  Envelope out;
  std::string_view* const fields[] = {&out.type_meta, &out.raw, &out.encoding, &out.type};
  for (WireReader reader(body.substr(kMagic.size())); !reader.done();) {
    TRY(const WireField wire, reader.field());
    if (wire.number <= std::size(fields)) {
      TRY_VOID(expect(WireField::bytes, wire));
      *fields[wire.number - 1] = wire.content;
    } else if (!wire.is_zero()) {
      return broken("runtime.Unknown: unknown field \"#" + std::to_string(wire.number) + "\"");
    }
  }
  if (!out.encoding.empty() || !(out.type.empty() || out.type == kProtobuf)) {
    return broken("runtime.Unknown: contentEncoding and contentType must be empty");
  }
  return out;
}

}  // namespace

Result<json> protobuf_document(std::string_view body) {
  TRY(const Envelope envelope, open(body));
  TRY(const json type, Decoder(false).document(*protobuf_message("TypeMeta"), envelope.type_meta));
  const auto kind = type.value("kind", ""), version = type.value("apiVersion", "");
  const ProtobufMessage* const message = protobuf_message(kind);
  if (!message)
    return broken("no kind \"" + kind + "\" is registered for version \"" + version + "\"");
  // Admission knows kinds alone; of a Scale or DeleteOptions nobody would miss a field.
  Result<json> document =
      Decoder(kind_named(version, kind).has_value()).document(*message, envelope.raw);
  if (document) {
    document->update(type);
  } else {
    document.error().message = kind + " in version \"" + version.substr(version.find('/') + 1) +
                               "\" cannot be handled as a " + kind + ": " +
                               document.error().message;
  }
  return document;
}

}  // namespace weir::rest
