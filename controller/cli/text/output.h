#pragma once

// -o: how objects are printed when a table is not asked for. Pure.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "controller/json_path/json_path.h"
#include "controller/result.h"

namespace weir::cli {

struct Column {
  std::string header;
  JsonPath path;
};

struct Output {
  enum class Format { table, wide, json, yaml, name, jsonpath, custom_columns };
  Format format = Format::table;
  std::vector<JsonPath> path = {};   // exactly one, for jsonpath
  std::vector<Column> columns = {};  // custom_columns

  bool is_table() const { return format == Format::table || format == Format::wide; }
};

// The value of -o: "", wide, json, yaml, name, jsonpath=…, custom-columns=….
Result<Output> parse_output(const std::string& text);

// One object, or a List of them, as json, yaml or through the jsonpath.
std::string print_document(const Output& output, const nlohmann::json& document);

// The objects as custom columns.
std::string print_columns(const Output& output, const std::vector<nlohmann::json>& objects,
                          bool headers);

// metadata.managedFields are for servers to read.
void hide_managed_fields(nlohmann::json& object);

}  // namespace weir::cli
