#pragma once

// Documents for the tables of this folder: YAML in, one line of JSON out.

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "controller/admission/manifest.h"
#include "controller/result.h"

namespace weir {

inline nlohmann::json document(const std::string& yaml) {
  auto documents = parse_manifest(yaml);
  if (!documents) throw std::runtime_error(documents.error().message + " in:\n" + yaml);
  return documents->empty() ? nlohmann::json() : documents->front();
}

// JSON text on purpose: patches may have keys given as $patch and the like.
inline nlohmann::json value(const std::string& text) { return nlohmann::json::parse(text); }

inline std::string code_name(Code code) {
  switch (code) {
    case Code::conflict:
      return "conflict";
    case Code::invalid:
      return "invalid";
    case Code::bad_request:
      return "bad_request";
    case Code::too_large:
      return "too_large";
    default:
      return "other";
  }
}

inline std::string outcome(const Result<nlohmann::json>& result) {
  if (!result) return code_name(result.error().code) + ": " + result.error().message;
  return result->dump();
}

}  // namespace weir
