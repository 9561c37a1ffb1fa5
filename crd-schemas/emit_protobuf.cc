// gen/protobuf.h and gen/protobuf.cc, from crd-schemas/shared/protobuf.yaml.

#include <set>
#include <stdexcept>

#include "crd-schemas/emit.h"

namespace weir::schemas {
namespace {

// Plain values: as the table calls them, and ProtobufField::Type.
const std::map<std::string, std::string> kTypes = {{"bool", "boolean"},
                                                   {"int32", "int32"},
                                                   {"int64", "int64"},
                                                   {"string", "text"},
                                                   {"bytes", "bytes"}};

[[noreturn]] void refuse(const std::string& where, const std::string& why) {
  throw std::runtime_error("protobuf: " + where + ": " + why);
}

// What stands in "map<Quantity>", when `text` is one of those; else "".
std::string inside(const std::string& text, const std::string& outer) {
  if (!text.starts_with(outer + "<") || !text.ends_with('>')) return "";
  return text.substr(outer.size() + 1, text.size() - outer.size() - 2);
}

// Writes each message after those that it holds.
class MessageWriter {
 public:
  explicit MessageWriter(const YAML::Node& messages) : messages_(messages) {
    for (const auto& entry : messages) add(entry.first.as<std::string>());
  }
  std::string text() const {
    return definitions_ + "\nconst ProtobufMessage* const kMessages[] = {\n" + names_ + "};\n";
  }

 private:
  void add(const std::string& name) {
    if (done_.contains(name)) return;
    if (!open_.insert(name).second) refuse(name, "holds itself: a document of it has no end");
    std::string rows;
    unsigned last = 0;
    for (const auto& field : messages_[name]) {
      const auto number = field.first.as<unsigned>(0);
      if (number <= last) refuse(name, "the numbers of its fields do not rise");
      rows += row(name, number, field.second.as<std::string>());
      last = number;
    }
    if (rows.empty()) refuse(name, "has no fields");
    definitions_ += "constexpr ProtobufField k" + name + "Fields[] = {\n" + rows + "};\n";
    definitions_ +=
        "constexpr ProtobufMessage k" + name + " = {\"" + name + "\", k" + name + "Fields};\n";
    names_ += "    &k" + name + ",\n";
    done_.insert(name);
  }

  // `replicas int32!`
  std::string row(const std::string& message, unsigned number, std::string field) {
    const bool zero = field.ends_with('!');
    if (zero) field.pop_back();
    const std::size_t space = field.find(' ');
    if (space == field.npos) refuse(message, "want a name and a type, got '" + field + "'");
    const std::string name = field.substr(0, space);
    std::string type = field.substr(space + 1), shape = "one";
    for (const char* outer : {"list", "map"}) {
      const std::string inner = inside(type, outer);
      if (inner.empty()) continue;
      type = inner;
      shape = outer;
    }
    std::string holds;
    if (const auto found = kTypes.find(type); found != kTypes.end()) {
      type = found->second;
    } else {
      if (!messages_[type]) refuse(message + "." + name, "refers to '" + type + "', unknown");
      add(type);
      holds = ", .message = &k" + type;
      type = "message";
    }
    if (name == "inline" && (type != "message" || shape != "one")) {
      refuse(message, "only one message can be inline");
    }
    return "    {.number = " + std::to_string(number) + ", .name = \"" +
           (name == "inline" ? "" : name) + "\", .type = Type::" + type +
           ", .shape = Shape::" + shape + (zero ? ", .says_zero = true" : "") + holds + "},\n";
  }

  const YAML::Node messages_;
  std::string definitions_, names_;
  std::set<std::string> open_, done_;
};

}  // namespace

std::string protobuf_header() {
  std::string out = "#pragma once\n\n";
  out += kNotice;
  out += R"(#include <cstdint>
#include <span>
#include <string_view>

namespace weir {

struct ProtobufMessage;

struct ProtobufField {
  enum class Type { boolean, int32, int64, text, bytes, message };
  enum class Shape { one, list, map };  // the keys of maps are text

  std::uint32_t number = 0;
  std::string_view name = {};  // in JSON; empty: the message's fields are its owner's
  Type type = Type::text;
  Shape shape = Shape::one;
  bool says_zero = false;  // zero, false or "" differs from absent
  const ProtobufMessage* message = nullptr;  // what a field of type message holds
};

struct ProtobufMessage {
  std::string_view name;
  std::span<const ProtobufField> fields;
};

// No message holds itself. Null: there is none of this name.
const ProtobufMessage* protobuf_message(std::string_view name);

}  // namespace weir
)";
  return out;
}

std::string protobuf_source(const Model& model) {
  std::string out = kNotice;
  out += "#include \"gen/protobuf.h\"\n\nnamespace weir {\nnamespace {\n\n";
  out += "using Type = ProtobufField::Type;\nusing Shape = ProtobufField::Shape;\n\n";
  out += MessageWriter(model.messages).text();
  out += R"(
}  // namespace

const ProtobufMessage* protobuf_message(std::string_view name) {
  for (const ProtobufMessage* message : kMessages) {
    if (message->name == name) return message;
  }
  return nullptr;
}

}  // namespace weir
)";
  return out;
}

}  // namespace weir::schemas
