#pragma once

// The values of a Secret as bytes: its data is base64. std only, pure.

#include <map>
#include <optional>
#include <string>

#include "gen/types.h"

namespace weir {

// nullopt: there is no such key, or it is not base64.
std::optional<std::string> bytes_of(const api::Secret& secret, const std::string& key);
// All of them that are base64.
std::map<std::string, std::string> bytes_of(const api::Secret& secret);

}  // namespace weir
