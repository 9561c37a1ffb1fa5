#pragma once

// Tables: what `kubectl get` prints. Columns come from crd-schemas/ (additionalPrinterColumns).

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "controller/api/accept.h"
#include "gen/kinds.h"
#include "reconcilers/time.h"

namespace weir::rest {

struct TableOptions {
  Kind kind = Kind::Pod;
  Form form = {};
  std::string include_object = "Metadata";  // or None, Object
  Time now = {};
};

// A Table without rows; `resource_version` may be empty.
nlohmann::json empty_table(const TableOptions& options, const std::string& resource_version);
// One row. `document` and `object` are the same thing, as JSON and typed.
nlohmann::json table_row(const TableOptions& options, nlohmann::json document,
                         const Object& object);
// PartialObjectMetadata of a document.
nlohmann::json partial_metadata(const Form& form, nlohmann::json document);

}  // namespace weir::rest
