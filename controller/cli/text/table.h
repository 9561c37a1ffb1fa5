#pragma once

// A meta.k8s.io Table, which the server made, as lines of text. Pure.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "controller/cli/text/tab_writer.h"

namespace weir::cli {

struct TableOptions {
  bool wide = false;  // columns of lower priority too
  bool headers = true;
  bool namespaces = false;  // a NAMESPACE column first
  bool labels = false;      // a LABELS column last
  std::string kind = {};    // put before each name: deployment.apps/web
};

// Prints one Table, or the Tables of a watch one after the other: the header comes once, and
// columns stay as wide as they were.
class TablePrinter {
 public:
  explicit TablePrinter(TableOptions options) : options_(std::move(options)) {}
  std::string print(const nlohmann::json& table);

 private:
  struct Layout {
    std::vector<std::size_t> columns = {};  // indices of the cells that are shown
    std::size_t name_column = 0;
    bool known = false;
  };
  std::vector<std::string> header(const nlohmann::json& definitions) const;
  std::vector<std::string> cells(const nlohmann::json& row) const;
  void learn(const nlohmann::json& definitions);

  TableOptions options_;
  Layout layout_ = {};
  std::vector<std::string> header_ = {};
  bool header_due_ = false;  // it comes with the first row
  GrowingTable lines_ = {};
};

// "app=web,tier=front", keys sorted; "<none>" for no labels.
std::string labels_text(const nlohmann::json& labels);

}  // namespace weir::cli
