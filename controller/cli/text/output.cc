#include "controller/cli/text/output.h"

#include <nlohmann/json.hpp>

#include "controller/cli/text/fields.h"
#include "controller/cli/text/tab_writer.h"
#include "controller/yaml/yaml_text.h"

namespace weir::cli {
namespace {

constexpr std::string_view kJsonPath = "jsonpath=";
constexpr std::string_view kCustomColumns = "custom-columns=";

// NAME:.metadata.name,IMAGE:.spec.containers[0].image; a comma inside brackets is not a border.
Result<std::vector<Column>> parse_columns(std::string_view text) {
  std::vector<Column> columns;
  while (!text.empty()) {
    int depth = 0;
    std::size_t end = 0;
    for (; end < text.size() && (text[end] != ',' || depth > 0); ++end) {
      if (text[end] == '[' || text[end] == '(') ++depth;
      if (text[end] == ']' || text[end] == ')') --depth;
    }
    const std::string_view one = text.substr(0, end);
    const std::size_t colon = one.find(':');
    if (colon == std::string_view::npos || colon == 0) {
      return fail(Code::bad_request, "unexpected custom-columns spec: " + std::string(one) +
                                         ", expected <header>:<json-path-expr>");
    }
    TRY(JsonPath path, JsonPath::parse_relaxed(one.substr(colon + 1)));
    columns.push_back({.header = std::string(one.substr(0, colon)), .path = std::move(path)});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (columns.empty()) {
    return fail(Code::bad_request, "custom-columns format specified but no custom columns given");
  }
  return columns;
}

std::string joined(const std::vector<std::string>& values) {
  if (values.empty()) return "<none>";
  std::string out = values.front();
  for (std::size_t i = 1; i < values.size(); ++i) out += "," + values[i];
  return out;
}

}  // namespace

Result<Output> parse_output(const std::string& text) {
  using Format = Output::Format;
  if (text.empty()) return Output{};
  if (text == "wide") return Output{.format = Format::wide};
  if (text == "json") return Output{.format = Format::json};
  if (text == "yaml") return Output{.format = Format::yaml};
  if (text == "name") return Output{.format = Format::name};
  if (text.starts_with(kJsonPath)) {
    TRY(JsonPath path, JsonPath::parse(text.substr(kJsonPath.size())));
    return Output{.format = Format::jsonpath, .path = {std::move(path)}};
  }
  if (text.starts_with(kCustomColumns)) {
    TRY(std::vector<Column> columns, parse_columns(text.substr(kCustomColumns.size())));
    return Output{.format = Format::custom_columns, .columns = std::move(columns)};
  }
  return fail(Code::bad_request, "unable to match a printer suitable for the output format \"" +
                                     text +
                                     "\", allowed formats are: custom-columns=,json,jsonpath=,"
                                     "name,wide,yaml");
}

std::string print_document(const Output& output, const json& document) {
  switch (output.format) {
    case Output::Format::json:
      return document.dump(4, ' ', false, json::error_handler_t::replace) + "\n";
    case Output::Format::jsonpath:
      return output.path.front().text(document);
    default:
      return to_yaml(document);
  }
}

std::string print_columns(const Output& output, const std::vector<json>& objects, bool headers) {
  std::vector<std::vector<std::string>> rows;
  if (headers) {
    std::vector<std::string>& row = rows.emplace_back();
    for (const Column& column : output.columns) row.push_back(column.header);
  }
  for (const json& object : objects) {
    std::vector<std::string>& row = rows.emplace_back();
    for (const Column& column : output.columns) row.push_back(joined(column.path.values(object)));
  }
  return GrowingTable().lines(rows);
}

void hide_managed_fields(json& object) {
  if (!object.is_object()) return;
  if (const auto it = object.find("metadata"); it != object.end() && it->is_object()) {
    it->erase("managedFields");
  }
  if (const auto it = object.find("items"); it != object.end() && it->is_array()) {
    for (json& item : *it) hide_managed_fields(item);
  }
}

}  // namespace weir::cli
