#include "controller/api/table.h"

#include <nlohmann/json.hpp>

#include "controller/admission/schema.h"
#include "controller/api/cells.h"
#include "reconcilers/object_text.h"

namespace weir::rest {
namespace {

using nlohmann::json;

constexpr char kNone[] = "<none>";

// The value at ".status.readyReplicas"; null when there is none.
const json* find(const json& document, std::string_view path) {
  const json* at = &document;
  while (!path.empty()) {
    if (path.front() == '.') path.remove_prefix(1);
    const std::size_t end = std::min(path.find('.'), path.size());
    if (!at->is_object()) return nullptr;
    const auto found = at->find(std::string(path.substr(0, end)));
    if (found == at->end()) return nullptr;
    at = &*found;
    path.remove_prefix(end);
  }
  return at;
}

std::string plain_text(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// "{.status.readyReplicas|0}/{.spec.replicas}": what stands in braces is replaced by the value at
// the path, or by what follows the bar.
std::string fill(std::string_view text, const json& document) {
  std::string out;
  while (true) {
    const std::size_t open = text.find('{');
    const std::size_t close = text.find('}', open);
    out += text.substr(0, open);
    if (open == std::string_view::npos || close == std::string_view::npos) return out;
    const std::string_view inside = text.substr(open + 1, close - open - 1);
    const std::size_t bar = inside.find('|');
    const json* value = find(document, inside.substr(0, bar));
    if (value) {
      out += plain_text(*value);
    } else if (bar != std::string_view::npos) {
      out += inside.substr(bar + 1);
    }
    text.remove_prefix(close + 1);
  }
}

json typed_cell(const PrinterColumn& column, std::string text) {
  if (column.type == "integer") {
    json number = json::parse(text, nullptr, false);
    if (number.is_number_integer()) return number;
  }
  return text;
}

json path_cell(const PrinterColumn& column, const json& document, Time now) {
  const json* value = find(document, column.path);
  if (column.type == "date") {
    return age(value && value->is_string() ? parse_time(value->get<std::string>()) : std::nullopt,
               now);
  }
  if (!value || value->is_null() || *value == "") return kNone;
  return typed_cell(column, plain_text(*value));
}

json show(const PrinterColumn& column, const json& document, const Object& object, Time now) {
  if (!column.function.empty()) {
    return std::visit([](auto&& shown) { return json(shown); }, cell(column.function, object, now));
  }
  if (!column.text_template.empty()) {
    return typed_cell(column, fill(column.text_template, document));
  }
  return path_cell(column, document, now);
}

std::string meta_version(const Form& form) { return "meta.k8s.io/" + form.version; }

}  // namespace

json empty_table(const TableOptions& options, const std::string& resource_version) {
  json columns = json::array();
  for (const PrinterColumn& column : Schema::get().columns(options.kind)) {
    columns.push_back({{"name", column.name},
                       {"type", column.type == "date" ? "string" : column.type},
                       {"format", column.format},
                       {"description", column.name},
                       {"priority", column.priority}});
  }
  json metadata = json::object();
  if (!resource_version.empty()) metadata["resourceVersion"] = resource_version;
  return {{"kind", "Table"},
          {"apiVersion", meta_version(options.form)},
          {"metadata", std::move(metadata)},
          {"columnDefinitions", std::move(columns)},
          {"rows", json::array()}};
}

json table_row(const TableOptions& options, json document, const Object& object) {
  json cells = json::array();
  for (const PrinterColumn& column : Schema::get().columns(options.kind)) {
    cells.push_back(show(column, document, object, options.now));
  }
  json row = {{"cells", std::move(cells)}};
  if (options.include_object == "Object") {
    row["object"] = std::move(document);
  } else if (options.include_object != "None") {
    row["object"] = partial_metadata(options.form, std::move(document));
  }
  return row;
}

json partial_metadata(const Form& form, json document) {
  return {{"kind", "PartialObjectMetadata"},
          {"apiVersion", meta_version(form)},
          {"metadata", std::move(document["metadata"])}};
}

}  // namespace weir::rest
