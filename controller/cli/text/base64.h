#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::cli {

// Standard alphabet; line breaks are skipped; nothing when the text is not base64.
inline std::optional<std::string> base64_decode(std::string_view text) {
  std::string out;
  unsigned bits = 0;
  int count = 0;
  while (!text.empty() && (text.back() == '=' || text.back() == '\n')) text.remove_suffix(1);
  for (const char c : text) {
    unsigned value = 0;
    if (c >= 'A' && c <= 'Z') {
      value = static_cast<unsigned>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      value = static_cast<unsigned>(c - 'a') + 26;
    } else if (c >= '0' && c <= '9') {
      value = static_cast<unsigned>(c - '0') + 52;
    } else if (c == '+' || c == '/') {
      value = c == '+' ? 62 : 63;
    } else if (c == '\n' || c == '\r') {
      continue;
    } else {
      return std::nullopt;
    }
    bits = (bits << 6 | value) & 0xffffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xff);
    }
  }
  return out;
}

}  // namespace weir::cli
