#pragma once

// What the tests of this folder share: documents from YAML in place, and results as text.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "controller/admission/admission.h"

namespace weir::testing {

// One document; a text that is not exactly one fails the test by an exception.
nlohmann::json yaml(const std::string& text);

// A Deployment named web with one container; `patch` is YAML laid over it as a merge patch.
nlohmann::json deployment(const std::string& patch = "{}");
nlohmann::json pod(const std::string& patch = "{}");

// "field: message" a line (or the error's message, when it has no causes); "admitted".
std::string verdict(const Result<admission::Admitted>& result);

std::string read_file(const std::string& path);
std::string lines(const std::vector<std::string>& texts);

}  // namespace weir::testing
