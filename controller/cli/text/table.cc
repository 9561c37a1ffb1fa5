#include "controller/cli/text/table.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "controller/cli/text/fields.h"
#include "controller/json_path/json_path.h"

namespace weir::cli {
namespace {

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

// A cell is one line.
std::string cell_text(const json& cell) {
  if (cell.is_null()) return "<none>";
  std::string text = plain_text(cell);
  if (const std::size_t end = text.find_first_of("\r\n"); end != std::string::npos) {
    text = text.substr(0, end) + "...";
  }
  return text;
}

}  // namespace

std::string labels_text(const json& labels) {
  std::string out;
  for (const auto& [key, value] : members(labels)) {
    if (!out.empty()) out += ",";
    out += key + "=" + plain_text(value);
  }
  return out.empty() ? "<none>" : out;
}

void TablePrinter::learn(const json& definitions) {
  layout_ = {.known = true};
  header_due_ = options_.headers;
  const std::vector<json>& columns = items(definitions);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!options_.wide && number(columns[i], {"priority"}) > 0) continue;
    layout_.columns.push_back(i);
    if (text(columns[i], {"format"}) == "name" || text(columns[i], {"name"}) == "Name") {
      layout_.name_column = i;
    }
  }
}

std::vector<std::string> TablePrinter::header(const json& definitions) const {
  std::vector<std::string> out;
  if (options_.namespaces) out.emplace_back("NAMESPACE");
  for (const std::size_t i : layout_.columns) {
    out.push_back(upper(text(items(definitions)[i], {"name"})));
  }
  if (options_.labels) out.emplace_back("LABELS");
  return out;
}

std::vector<std::string> TablePrinter::cells(const json& row) const {
  std::vector<std::string> out;
  const json& object = at(row, {"object"});
  if (options_.namespaces) out.push_back(namespace_of(object));
  const std::vector<json>& values = items(at(row, {"cells"}));
  for (const std::size_t i : layout_.columns) {
    std::string cell = i < values.size() ? cell_text(values[i]) : "";
    if (i == layout_.name_column && !options_.kind.empty()) cell.insert(0, options_.kind + "/");
    out.push_back(std::move(cell));
  }
  if (options_.labels) out.push_back(labels_text(at(object, {"metadata", "labels"})));
  return out;
}

std::string TablePrinter::print(const json& table) {
  std::vector<std::vector<std::string>> rows;
  const json& definitions = at(table, {"columnDefinitions"});
  if (!layout_.known && !items(definitions).empty()) {
    learn(definitions);
    header_ = header(definitions);
  }
  for (const json& row : items(at(table, {"rows"}))) {
    if (header_due_) rows.push_back(header_);
    header_due_ = false;
    rows.push_back(cells(row));
  }
  return lines_.lines(rows);
}

}  // namespace weir::cli
