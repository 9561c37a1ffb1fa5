// replacements: values of one object's fields, copied into fields of others.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/kustomize/documents.h"
#include "controller/kustomize/paths.h"
#include "controller/kustomize/select.h"
#include "controller/kustomize/shared_values.h"
#include "controller/kustomize/transform.h"

namespace weir::kustomize {
namespace {

constexpr const char* kDefaultPath = "metadata.name";

struct Options {
  std::string delimiter = {};
  std::int64_t index = 0;
  bool create = false;
};

Options read_options(const json& from) {
  const json options = from.value("options", json::object());
  return {.delimiter = text_at(options, {"delimiter"}),
          .index = options.value("index", std::int64_t{0}),
          .create = options.value("create", false)};
}

std::vector<std::string> split(const std::string& text, const std::string& delimiter) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t at = 0; (at = text.find(delimiter, begin)) != std::string::npos;) {
    parts.push_back(text.substr(begin, at - begin));
    begin = at + delimiter.size();
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::string joined(const std::vector<std::string>& parts, const std::string& delimiter) {
  std::string out = parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) out += delimiter + parts[i];
  return out;
}

std::vector<Id> all_ids(const Resource& resource) {
  std::vector<Id> ids = resource.previous_ids();
  ids.push_back(resource.id());
  return ids;
}

// Here names and kinds are plain texts, not patterns, and may be those of before.
bool has_any_id(const Resource& resource, const json& source) {
  const Gvk gvk{.group = text_at(source, {"group"}),
                .version = text_at(source, {"version"}),
                .kind = text_at(source, {"kind"})};
  const std::string name = text_at(source, {"name"}), namespace_ = text_at(source, {"namespace"});
  const std::vector<Id> ids = all_ids(resource);
  return std::any_of(ids.begin(), ids.end(), [&](const Id& id) {
    const Id wanted{.gvk = id.gvk, .name = id.name, .namespace_ = namespace_};
    return selects(gvk, id.gvk) && (name.empty() || name == id.name) &&
           (namespace_.empty() || wanted == id);
  });
}

Result<json> source_value(Resources& resources, const json& source, const std::string& where) {
  Resource* found = nullptr;
  for (Resource& resource : resources) {
    if (!has_any_id(resource, source)) continue;
    if (found != nullptr) {
      return fail(Code::bad_request, where + ": multiple matches for source " + source.dump());
    }
    found = &resource;
  }
  if (found == nullptr) {
    return fail(Code::bad_request, where + ": nothing selected by source " + source.dump());
  }
  const std::string path = source.value("fieldPath", std::string(kDefaultPath));
  TRY(const std::vector<json*> fields,
      find_fields(*found->document, split_field_path(path), Makes::nothing));
  if (fields.empty() || fields[0]->is_null()) {
    return fail(Code::bad_request, where + ": fieldPath `" + path +
                                       "` is missing for replacement source " + source.dump());
  }
  const json& value = *fields[0];
  const Options options = read_options(source);
  if (options.delimiter.empty()) return value;
  if (value.is_structured()) {
    return fail(Code::bad_request, where + ": delimiter option can only be used with scalar nodes");
  }
  const std::vector<std::string> parts = split(scalar_text(value), options.delimiter);
  if (options.index < 0 || options.index >= static_cast<std::int64_t>(parts.size())) {
    return fail(Code::bad_request, where + ": options.index " + std::to_string(options.index) +
                                       " is out of bounds for value " + scalar_text(value));
  }
  return parts[static_cast<std::size_t>(options.index)];
}

// `text` in the type that the field has: a text stays a text, whatever it looks like.
json in_type_of(const json& field, const std::string& text) {
  return field.is_string() ? json(text) : plain_value(text);
}

Result<void> set_field(json& field, const json& value, const Options& options,
                       const std::string& where) {
  if (options.delimiter.empty()) {
    field = field.is_structured() || value.is_structured() ? value
                                                           : in_type_of(field, scalar_text(value));
    return {};
  }
  if (field.is_structured() || value.is_structured()) {
    return fail(Code::bad_request, where + ": delimiter option can only be used with scalar nodes");
  }
  std::vector<std::string> parts = split(scalar_text(field), options.delimiter);
  const std::string text = scalar_text(value);
  if (options.index < 0) {
    parts.insert(parts.begin(), text);
  } else if (options.index >= static_cast<std::int64_t>(parts.size())) {
    parts.push_back(text);
  } else {
    parts[static_cast<std::size_t>(options.index)] = text;
  }
  field = in_type_of(field, joined(parts, options.delimiter));
  return {};
}

Result<void> copy_into(Resource& resource, const json& value, const json& target,
                       const std::string& where) {
  const Options options = read_options(target);
  const Makes makes = !options.create     ? Makes::nothing
                      : value.is_object() ? Makes::map
                      : value.is_array()  ? Makes::list
                                          : Makes::scalar;
  std::vector<std::string> paths = texts_of(target.value("fieldPaths", json::array()));
  if (paths.empty()) paths.emplace_back(kDefaultPath);
  for (const std::string& path : paths) {
    auto fields = find_fields(*resource.document, split_field_path(path), makes);
    const bool none = fields && fields->empty();
    if (!fields || none) {
      return fail(Code::bad_request, where + ": unable to find field \"" + path +
                                         "\" in replacement target " + resource.id().text() +
                                         (none ? "" : ": " + fields.error().message));
    }
    const json before = resource.shared.empty() ? json() : *resource.document;
    for (json* field : *fields) {
      TRY_VOID(set_field(*field, value, options, where));
    }
    spread_values(resource, before);
  }
  if (find(*resource.document, {"metadata", "name"}) == nullptr) {
    return fail(Code::bad_request, where + ": it leaves an object without metadata.name");
  }
  return {};
}

Result<void> apply_target(Resources& resources, const json& value, const json& target,
                          const std::string& where) {
  const json* select = find(target, {"select"});
  if (select == nullptr) {
    return fail(Code::bad_request, where + ": target must specify resources to select");
  }
  TRY(const Selector labels, Selector::parse(*select));
  const json rejects = target.value("reject", json::array());
  std::vector<Selector> rejected_labels;
  for (const json& reject : rejects) {
    TRY(Selector parsed, Selector::parse(reject));
    rejected_labels.push_back(std::move(parsed));
  }
  for (Resource& resource : resources) {
    if (!labels.selects_labels(resource) || !has_any_id(resource, *select)) continue;
    bool rejected = false;
    for (std::size_t i = 0; i < rejects.size(); ++i) {
      rejected = rejected ||
                 (rejected_labels[i].selects_labels(resource) && has_any_id(resource, rejects[i]));
    }
    if (rejected) continue;
    TRY_VOID(copy_into(resource, value, target, where));
  }
  return {};
}

Result<void> replace(Resources& resources, const json& entry, const std::string& where) {
  const json* source = find(entry, {"source"});
  const json* targets = find(entry, {"targets"});
  if (source == nullptr || targets == nullptr) {
    return fail(Code::bad_request,
                where + ": replacements must specify a source and at least one target");
  }
  TRY(const json value, source_value(resources, *source, where));
  for (const json& target : *targets) {
    TRY_VOID(apply_target(resources, value, target, where));
  }
  return {};
}

}  // namespace

Result<void> replace_fields(Resources& resources, const Kustomization& kustomization,
                            const ReadFile& read) {
  const json& entries = kustomization.list("replacements");
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string where = "replacements[" + std::to_string(i) + "]";
    const std::string path = text_at(entries[i], {"path"});
    if (path.empty()) {
      TRY_VOID(replace(resources, entries[i], where));
      continue;
    }
    if (entries[i].contains("source") || entries[i].contains("targets")) {
      return fail(Code::bad_request, where + ": cannot specify both path and inline replacement");
    }
    TRY(const std::string text, read(path));
    TRY(const std::vector<Document> documents, read_any(text, path));
    for (const Document& document : documents) {
      const json list = document->is_array() ? *document : json::array({*document});
      for (const json& entry : list) {
        TRY_VOID(check_replacement(entry, path));
        TRY_VOID(replace(resources, entry, path));
      }
    }
  }
  return {};
}

}  // namespace weir::kustomize
