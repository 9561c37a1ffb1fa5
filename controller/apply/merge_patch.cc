#include "controller/apply/merge_patch.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace weir {

Result<nlohmann::json> merge_patch(nlohmann::json document, const nlohmann::json& patch) {
  if (!patch.is_object()) {
    return fail(Code::bad_request, "a JSON merge patch must be a JSON object");
  }
  document.merge_patch(patch);
  return document;
}

}  // namespace weir
