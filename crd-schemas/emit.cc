#include "crd-schemas/emit.h"

#include <regex>
#include <set>

namespace weir::schemas {
namespace {

std::string comment(const std::string& text) { return text.empty() ? "" : "// " + text + "\n"; }

std::string quoted(const std::string& text) { return '"' + text + '"'; }

std::string presence(const Member& member) {
  std::string flags;
  const auto add = [&](bool on, const char* flag) {
    if (on) flags += std::string(flags.empty() ? "." : ", .") + flag + " = true";
  };
  add(member.always, "always");
  add(member.secret, "secret");
  add(member.quantity, "quantity");
  return "Presence{" + flags + "}";
}

std::string joined(const std::vector<Kind>& kinds, const std::string& before,
                   const std::string& between) {
  std::string out;
  for (const Kind& kind : kinds) out += (out.empty() ? "" : between) + before + kind.name;
  return out;
}

std::string string_list(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + quoted(text);
  return out;
}

std::string escaped(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + '"';
}

// Lists and optionals of structs are deep.h's: "std::vector<Container>" becomes
// "Deep<std::vector<Container>>". Empty for all others.
std::string deep_type(const Model& model, const std::string& type) {
  for (const Struct& made : model.structs) {
    if (type.ends_with("<" + made.name + ">")) return "Deep<" + type + ">";
  }
  return "";
}

}  // namespace

std::string deep_source(const Model& model) {
  std::string out = kNotice;
  out += "#include \"crd-schemas/deep_definitions.h\"\n#include \"gen/types.h\"\n\n";
  out += "namespace weir::api {\n\n";
  std::set<std::string> types;
  for (const Struct& type : model.structs) {
    for (const Member& member : type.members) types.insert(deep_type(model, member.type));
  }
  types.erase("");
  for (const std::string& type : types) out += "template class " + type + ";\n";
  return out + "\n}  // namespace weir::api\n";
}

std::string types_header(const Model& model) {
  std::string out = "#pragma once\n\n";
  out += kNotice;
  out += R"(#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crd-schemas/deep.h"

namespace weir::api {

// A number or a text, as ports and maxSurge are.
struct IntOrString {
  bool is_string = false;
  std::int64_t number = 0;
  std::string text = {};
  bool operator==(const IntOrString&) const = default;
};

// A value that weir carries and does not read: its JSON text, keys sorted. Empty: absent.
struct Json {
  std::string text = {};
  bool operator==(const Json&) const = default;
};
)";
  for (const Struct& type : model.structs) {
    out += "\n" + comment(type.description) + "struct " + type.name + " {\n";
    for (const Member& member : type.members) {
      const std::string deep = deep_type(model, member.type);
      out += "  " + (deep.empty() ? member.type : deep) + " " + member.name + " = " +
             member.initial + ";\n";
    }
    out += "  bool operator==(const " + type.name + "&) const = default;\n};\n";
  }
  return out + "\n}  // namespace weir::api\n";
}

std::string fields_header(const Model& model) {
  std::string out = "#pragma once\n\n";
  out += kNotice;
  out += R"(// The fields of each struct, for code that treats all alike: text, differences, JSON.
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
)";
  for (const Struct& type : model.structs) {
    out += "\ntemplate <>\nstruct Fields<api::" + type.name + "> {\n";
    out += "  static constexpr std::string_view kName = " + quoted(type.name) + ";\n";
    out += "  template <class V, class... X>\n";
    out += type.members.empty() ? "  static void visit(V&, X&...) {\n"
                                : "  static void visit(V& v, X&... x) {\n";
    for (const Member& member : type.members) {
      const bool deep = !deep_type(model, member.type).empty();
      const std::string field = "x." + member.name;
      out += "    v(" + quoted(member.json) + ", " + presence(member) + ", " +
             (deep ? "api::as_standard(" + field + ")" : field) + "...);\n";
    }
    out += "  }\n};\n";
  }
  return out + "\n}  // namespace weir\n";
}

std::string kinds_header(const Model& model) {
  std::string out = "#pragma once\n\n";
  out += kNotice;
  out += R"(#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "gen/types.h"

namespace weir {

)";
  out += "enum class Kind { " + joined(model.kinds, "", ", ") + " };\n";
  out += R"(
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

)";
  out += "using Object = std::variant<" + joined(model.kinds, "api::", ", ") + ">;\n\n";
  out += "// KindOf<api::Pod>::value is Kind::Pod.\ntemplate <class T>\nstruct KindOf;\n";
  for (const Kind& kind : model.kinds) {
    out += "template <>\nstruct KindOf<api::" + kind.name + "> {\n";
    out += "  static constexpr Kind value = Kind::" + kind.name + ";\n};\n";
  }
  out += R"(
Kind kind_of(const Object& object);
Object make_object(Kind kind);  // with every field at its default
const api::ObjectMeta& meta(const Object& object);
api::ObjectMeta& meta(Object& object);

}  // namespace weir
)";
  return out;
}

std::string kinds_source(const Model& model) {
  std::string out = kNotice;
  out += "#include \"gen/kinds.h\"\n\n#include <array>\n\nnamespace weir {\nnamespace {\n\n";
  std::string rows;
  for (const Kind& kind : model.kinds) {
    const std::string key = "k" + kind.name;
    const auto list = [&](const char* what, const std::vector<std::string>& texts) {
      out += "constexpr std::array<std::string_view, " + std::to_string(texts.size()) + "> " + key +
             what + "{" + string_list(texts) + "};\n";
    };
    list("ShortNames", kind.short_names);
    list("Categories", kind.categories);
    const auto yes = [](bool on) { return on ? "true" : "false"; };
    rows += "    {Kind::" + kind.name + ", " +
            string_list({kind.name, kind.list, kind.plural, kind.singular, kind.group, kind.version,
                         kind.api_version}) +
            ", " + key + "ShortNames, " + key + "Categories, " + yes(kind.namespaced) + ", " +
            yes(kind.status) + ", " + yes(kind.scale) + "},\n";
  }
  out += "\nconstexpr KindInfo kKinds[] = {\n" + rows + "};\n\n}  // namespace\n";
  out += R"(
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
)";
  for (const Kind& kind : model.kinds) {
    out += "    case Kind::" + kind.name + ":\n      return api::" + kind.name + "{};\n";
  }
  out += "  }\n  return Object{};\n}\n\n}  // namespace weir\n";
  return out;
}

std::string schemas_header() {
  std::string out = "#pragma once\n\n";
  out += kNotice;
  out += R"(#include <string_view>

namespace weir {

// The documents of crd-schemas/ as one JSON text:
// {"definitions": {"ObjectMeta": {…}, …}, "kinds": [{…CustomResourceDefinition…}, …]}.
// References stay as they are written: {"$ref": "ObjectMeta"}.
std::string_view schemas_json();

}  // namespace weir
)";
  return out;
}

std::string schemas_source(const Model& model) {
  std::string json = "{\"definitions\":{";
  bool first = true;
  for (const auto& [name, schema] : model.definitions) {
    json += std::string(first ? "\n" : ",\n") + escaped(name) + ":" + to_json(schema);
    first = false;
  }
  json += "},\n\"kinds\":[";
  first = true;
  for (const Kind& kind : model.kinds) {
    json += (first ? "\n" : ",\n") + to_json(kind.document);
    first = false;
  }
  json += "]}\n";
  std::string out = kNotice;
  out += "#include \"gen/schemas.h\"\n\nnamespace weir {\n\n";
  out += "std::string_view schemas_json() {\n  return R\"schemas(" + json + ")schemas\";\n}\n";
  return out + "\n}  // namespace weir\n";
}

std::string to_json(const YAML::Node& node) {
  static const std::regex kLiteral("null|true|false|-?(0|[1-9][0-9]*)(\\.[0-9]+)?");
  if (node.IsNull()) return "null";
  if (node.IsScalar()) {
    const std::string text = node.Scalar();
    return node.Tag() != "!" && std::regex_match(text, kLiteral) ? text : escaped(text);
  }
  std::string out = node.IsMap() ? "{" : "[";
  const std::size_t empty = out.size();
  for (const auto& entry : node) {
    if (out.size() != empty) out += ",";
    out +=
        node.IsMap() ? escaped(entry.first.Scalar()) + ":" + to_json(entry.second) : to_json(entry);
  }
  return out + (node.IsMap() ? "}" : "]");
}

}  // namespace weir::schemas
