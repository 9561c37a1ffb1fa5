#pragma once

// Base64 (RFC 4648): the values of Secrets, and registry logins. std only, pure.

#include <optional>
#include <string>
#include <string_view>

namespace weir {

std::string base64_encode(std::string_view bytes);
// With - and _ and without padding, for headers.
std::string base64_url_encode(std::string_view bytes);
// Standard alphabet, padded; line breaks are skipped. nullopt: not base64.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace weir
