#include "controller/kustomize/kustomization.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "controller/kustomize/documents.h"

namespace weir::kustomize {
namespace {

// What a field may hold. Null is nothing, as in Kustomize.
struct Shape {
  enum class Type { anything, text, integer, boolean, texts, booleans, list, object };
  Type type = Type::anything;
  std::map<std::string, Shape, std::less<>> fields = {};  // of an object
  std::vector<Shape> items = {};                          // one: of a list
};
using Type = Shape::Type;

Shape plain(Type type) { return {.type = type}; }
Shape object(std::map<std::string, Shape, std::less<>> fields) {
  return {.type = Type::object, .fields = std::move(fields)};
}
Shape list(Shape item) { return {.type = Type::list, .items = {std::move(item)}}; }

const Shape kAny = plain(Type::anything);
const Shape kText = plain(Type::text);
const Shape kInteger = plain(Type::integer);
const Shape kFlag = plain(Type::boolean);
const Shape kTexts = plain(Type::texts);        // a map of texts
const Shape kBooleans = plain(Type::booleans);  // a map of booleans

Shape make_replacement() {
  const Shape options =
      object({{"delimiter", kText}, {"index", kInteger}, {"encoding", kText}, {"create", kFlag}});
  const Shape selector = object({{"group", kText},
                                 {"version", kText},
                                 {"kind", kText},
                                 {"name", kText},
                                 {"namespace", kText},
                                 {"labelSelector", kText},
                                 {"annotationSelector", kText}});
  Shape source = object({{"group", kText},
                         {"version", kText},
                         {"kind", kText},
                         {"name", kText},
                         {"namespace", kText},
                         {"fieldPath", kText},
                         {"options", options}});
  Shape target = object({{"select", selector},
                         {"reject", list(selector)},
                         {"fieldPaths", list(kText)},
                         {"options", options}});
  return object({{"path", kText}, {"source", source}, {"targets", list(target)}});
}

const Shape& replacement_shape() {
  static const Shape shape = make_replacement();
  return shape;
}

Shape make_generator(bool secret) {
  const Shape options = object({{"labels", kTexts},
                                {"annotations", kTexts},
                                {"disableNameSuffixHash", kFlag},
                                {"immutable", kFlag}});
  Shape generator = object({{"name", kText},
                            {"namespace", kText},
                            {"behavior", kText},
                            {"literals", list(kText)},
                            {"files", list(kText)},
                            {"envs", list(kText)},
                            {"env", kText},
                            {"options", options}});
  if (secret) generator.fields.emplace("type", kText);
  return generator;
}

Shape make_kustomization() {
  const Shape selector = replacement_shape().fields.at("targets").items[0].fields.at("select");
  const Shape patch =
      object({{"path", kText}, {"patch", kText}, {"target", selector}, {"options", kBooleans}});
  const Shape image = object({{"name", kText},
                              {"newName", kText},
                              {"tagSuffix", kText},
                              {"newTag", kText},
                              {"digest", kText}});
  const Shape label = object({{"pairs", kTexts},
                              {"includeSelectors", kFlag},
                              {"includeTemplates", kFlag},
                              {"fields", kAny}});
  const Shape sort = object(
      {{"order", kText},
       {"legacySortOptions", object({{"orderFirst", list(kText)}, {"orderLast", list(kText)}})}});
  return object({{"apiVersion", kText},
                 {"kind", kText},
                 {"metadata", kAny},
                 {"openapi", kAny},
                 {"namePrefix", kText},
                 {"nameSuffix", kText},
                 {"namespace", kText},
                 {"commonLabels", kTexts},
                 {"labels", list(label)},
                 {"commonAnnotations", kTexts},
                 {"patchesStrategicMerge", list(kText)},
                 {"patchesJson6902", list(patch)},
                 {"patches", list(patch)},
                 {"images", list(image)},
                 {"imageTags", list(image)},
                 {"replacements", list(replacement_shape())},
                 {"replicas", list(object({{"name", kText}, {"count", kInteger}}))},
                 {"vars", kAny},
                 {"sortOptions", sort},
                 {"resources", list(kText)},
                 {"components", list(kText)},
                 {"crds", list(kText)},
                 {"bases", list(kText)},
                 {"configMapGenerator", list(make_generator(false))},
                 {"secretGenerator", list(make_generator(true))},
                 {"helmGlobals", kAny},
                 {"helmCharts", kAny},
                 {"helmChartInflationGenerator", kAny},
                 {"generatorOptions", make_generator(false).fields.at("options")},
                 {"configurations", list(kText)},
                 {"generators", list(kText)},
                 {"transformers", list(kText)},
                 {"validators", list(kText)},
                 {"inventory", kAny},
                 {"buildMetadata", list(kText)}});
}

tl::unexpected<Error> wrong_type(const std::string& where, const char* wanted, const json& is) {
  return fail(Code::bad_request, where + ": expected " + wanted + ", found " + is.type_name());
}

Result<void> check(const json& value, const Shape& shape, const std::string& where);

Result<void> check_members(const json& value, const Shape& member, const std::string& where) {
  if (!value.is_object()) return wrong_type(where, "a map", value);
  for (const auto& [key, one] : value.items()) {
    TRY_VOID(check(one, member, where + "." + key));
  }
  return {};
}

Result<void> check_object(const json& value, const Shape& shape, const std::string& where) {
  if (!value.is_object()) return wrong_type(where, "a map", value);
  for (const auto& [key, one] : value.items()) {
    const auto field = shape.fields.find(key);
    if (field == shape.fields.end()) {
      return fail(Code::bad_request, where + ": unknown field \"" + key + "\"");
    }
    TRY_VOID(check(one, field->second, where + ": " + key));
  }
  return {};
}

Result<void> check(const json& value, const Shape& shape, const std::string& where) {
  if (value.is_null()) return {};
  switch (shape.type) {
    case Type::anything:
      return {};
    case Type::text:
      if (!value.is_string()) return wrong_type(where, "a text (quote it)", value);
      return {};
    case Type::integer:
      if (!value.is_number_integer()) return wrong_type(where, "a whole number", value);
      return {};
    case Type::boolean:
      if (!value.is_boolean()) return wrong_type(where, "true or false", value);
      return {};
    case Type::texts:
      return check_members(value, kText, where);
    case Type::booleans:
      return check_members(value, kFlag, where);
    case Type::object:
      return check_object(value, shape, where);
    case Type::list:
      if (!value.is_array()) return wrong_type(where, "a list", value);
      for (std::size_t i = 0; i < value.size(); ++i) {
        TRY_VOID(check(value[i], shape.items[0], where + "[" + std::to_string(i) + "]"));
      }
      return {};
  }
  return {};
}

struct Refused {
  const char *field, *instead;
};
constexpr Refused kRefused[] = {
    {"helmCharts", "render the chart with `helm template` and list the result under resources"},
    {"helmChartInflationGenerator",
     "render the chart with `helm template` and list the result under resources"},
    {"helmGlobals", "render the chart with `helm template` and list the result under resources"},
    {"generators", "plugins are not run; use configMapGenerator, secretGenerator or resources"},
    {"transformers", "plugins are not run; use the fields of kustomization.yaml, or `components`"},
    {"validators", "plugins are not run; leave the field out"},
    {"crds", "name the fields under `configurations: nameReference` instead"},
    {"openapi", "lists of custom kinds are replaced as a whole; use a JSON 6902 patch instead"},
    {"vars", "use `replacements` instead"},
    {"inventory", "leave the field out"},
    {"buildMetadata", "leave the field out; add labels with `labels`"},
};

struct Deprecated {
  const char *field, *instead;
};
constexpr Deprecated kDeprecated[] = {{"bases", "resources"},
                                      {"commonLabels", "labels"},
                                      {"imageTags", "images"},
                                      {"patchesJson6902", "patches"},
                                      {"patchesStrategicMerge", "patches"}};

void drop_nulls(json& value) {
  if (value.is_object()) {
    for (auto field = value.begin(); field != value.end();) {
      field = field->is_null() ? value.erase(field) : std::next(field);
    }
  }
  if (!value.is_structured()) return;
  for (json& one : value) drop_nulls(one);
}

// The items of `from` go to the end of `into`.
void move_items(json& fields, const char* from, const char* into) {
  const auto found = fields.find(from);
  if (found == fields.end()) return;
  json items = std::move(*found);
  fields.erase(found);
  json& list = fields[into];
  if (list.is_null()) list = json::array();
  for (json& item : items) list.push_back(std::move(item));
}

Result<void> check_kind(const json& fields, const std::string& name) {
  const std::string kind = text_at(fields, {"kind"}), version = text_at(fields, {"apiVersion"});
  if (!kind.empty() && kind != "Kustomization" && kind != "Component") {
    return fail(Code::bad_request, name + ": kind should be Kustomization or Component");
  }
  const std::string wanted =
      std::string("kustomize.config.k8s.io/") + (kind == "Component" ? "v1alpha1" : "v1beta1");
  if (!version.empty() && version != wanted) {
    return fail(Code::bad_request, name + ": apiVersion should be " + wanted);
  }
  return {};
}

}  // namespace

const json* Kustomization::field(std::string_view name) const {
  return kustomize::find(*fields, {name});
}

std::string Kustomization::text(std::string_view name) const { return text_at(*fields, {name}); }

const json& Kustomization::list(std::string_view name) const {
  static const json none = json::array();
  const json* found = field(name);
  return found == nullptr ? none : *found;
}

std::vector<std::string> texts_of(const json& list) {
  std::vector<std::string> out;
  for (const json& one : list) out.push_back(scalar_text(one));
  return out;
}

std::vector<std::string> Kustomization::texts(std::string_view name) const {
  return texts_of(list(name));
}

Result<Kustomization> read_kustomization(std::string_view text, const std::string& name,
                                         std::vector<std::string>& warnings) {
  static const Shape shape = make_kustomization();
  TRY(std::vector<Document> documents, read_yaml11(text, name));
  if (documents.empty()) return fail(Code::bad_request, name + " is empty");
  json fields = std::move(*documents.front());
  TRY_VOID(check(fields, shape, name));
  drop_nulls(fields);
  if (fields.empty()) return fail(Code::bad_request, name + " is empty");
  TRY_VOID(check_kind(fields, name));
  for (const Refused& refused : kRefused) {
    const json* found = kustomize::find(fields, {refused.field});
    if (found == nullptr || found->empty()) continue;
    return fail(Code::unsupported,
                name + ": " + refused.field + " is not supported: " + refused.instead);
  }
  for (const Deprecated& one : kDeprecated) {
    if (!fields.contains(one.field)) continue;
    warnings.push_back(std::string("'") + one.field + "' is deprecated. Please use '" +
                       one.instead + "' instead.");
  }
  move_items(fields, "bases", "resources");
  move_items(fields, "imageTags", "images");
  const bool is_component = text_at(fields, {"kind"}) == "Component";
  return Kustomization{.fields = std::move(fields), .is_component = is_component};
}

Result<void> check_replacement(const json& entry, const std::string& where) {
  return check(entry, replacement_shape(), where);
}

}  // namespace weir::kustomize
