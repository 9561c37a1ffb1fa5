#include "controller/gitops/tree_path.h"

#include <algorithm>

namespace weir::gitops {

namespace {

constexpr std::size_t kNameMax = 255;  // of a Linux file system

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 0;  // 0: not well-formed
};

// Of the UTF-8 at the start of the text: no overlong forms, no surrogates.
CodePoint decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  std::uint32_t value = lead & (0xFFu >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3Fu);
  }
  const bool overlong = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
  const bool outside = (value >= 0xD800 && value < 0xE000) || value > 0x10FFFF;
  return overlong || outside ? CodePoint{} : CodePoint{value, bytes};
}

bool is_control(std::uint32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0); }

// Code points that HFS+ leaves out when it compares names (git's utf8.c has the list), and others
// that turn a text around: they have no place in the name of a manifest.
bool is_unseen(std::uint32_t c) {
  return (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
}

// As NTFS and HFS+ compare: without case, and without dots and spaces at the end.
std::string folded(std::string_view name) {
  while (name.ends_with('.') || name.ends_with(' ')) name.remove_suffix(1);
  std::string out(name);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

}  // namespace

std::optional<std::string> why_refused(std::string_view name) {
  if (name.empty()) return "has an empty name";
  if (name.size() > kNameMax) return "has a name of more than 255 bytes";
  if (name == "." || name == "..") return "leads out of its folder";
  for (std::size_t at = 0; at < name.size();) {
    const CodePoint c = decode(name.substr(at));
    if (c.bytes == 0) return "has a name that is not UTF-8";
    if (is_control(c.value)) return "has a control character in its name";
    if (is_unseen(c.value)) return "has a character in its name that is not seen";
    if (c.value == '/' || c.value == '\\') return "has a separator of folders in its name";
    at += c.bytes;
  }
  const std::string plain = folded(name.substr(0, name.find(':')));  // ".git::$INDEX_ALLOCATION"
  if (plain == ".git" || plain == "git~1") return "is named as git's own folder";
  return std::nullopt;
}

std::optional<std::string> why_path_refused(std::string_view path, std::uint64_t length_max) {
  if (path.size() > length_max) {
    return "has a path of more than " + std::to_string(length_max) + " bytes";
  }
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (auto why = why_refused(path.substr(at, end - at))) return why;
    at = end + 1;
  }
  return std::nullopt;
}

std::string printable(std::string_view text, std::size_t length_max) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode(text.substr(at));
    const bool good = c.bytes != 0 && !is_control(c.value) && !is_unseen(c.value);
    const std::size_t bytes = std::max<std::size_t>(c.bytes, 1);
    if (out.size() + bytes > length_max) return out + "…";
    out += good ? text.substr(at, bytes) : std::string_view("?");
    at += bytes;
  }
  return out;
}

}  // namespace weir::gitops
