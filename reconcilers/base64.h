#pragma once

// Base64 as Secrets and ConfigMaps carry bytes.

#include <optional>
#include <string>
#include <string_view>

namespace weir {

// Line breaks are skipped, as encoding tools insert them. nullopt: not base64.
std::optional<std::string> bytes_of_base64(std::string_view text);

}  // namespace weir
