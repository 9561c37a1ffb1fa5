#include "controller/api/crd.h"

#include <nlohmann/json.hpp>

#include "controller/admission/schema.h"

namespace weir::rest {

const nlohmann::json& crd_version(Kind kind) {
  const KindInfo& wanted = info(kind);
  for (const nlohmann::json& document : Schema::get().documents().at("kinds")) {
    const nlohmann::json& spec = document.at("spec");
    if (spec.at("names").at("kind") == wanted.name && spec.at("group") == wanted.group) {
      return spec.at("versions").at(0);
    }
  }
  static const nlohmann::json kNone = nlohmann::json::object();
  return kNone;  // kinds and documents are made from the same files
}

}  // namespace weir::rest
