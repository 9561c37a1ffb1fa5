#include "controller/cli/text/yaml_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <string_view>

namespace weir::cli {
namespace {

using nlohmann::json;

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

// Words that YAML 1.1 or 1.2 readers take for null, a boolean or a number.
bool is_reserved_word(std::string_view text) {
  static constexpr std::array<std::string_view, 18> kWords{
      "null", "~",    "true", "false", "yes",   "no", "on", "off", "y",
      "n",    ".nan", ".inf", "+.inf", "-.inf", "<<", "=",  "nan", "inf"};
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(kWords.begin(), kWords.end(), lower) != kWords.end();
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && (is_digit(text[at]) || text[at] == '_')) ++at;
  return at;
}

// Numbers in all of YAML's spellings: 12, -0.5, 1e3, 0x1F, 0o17, 1_000, 12:30:45.
bool looks_like_number(std::string_view text) {
  if (text[0] == '+' || text[0] == '-') text.remove_prefix(1);
  if (text.size() > 2 && text[0] == '0' && std::string_view("xob").find(text[1]) != text.npos) {
    return text.find_first_not_of("0123456789abcdefABCDEF_", 2) == text.npos;
  }
  std::size_t at = skip_digits(text, 0);
  while (at > 0 && at < text.size() && text[at] == ':') at = skip_digits(text, at + 1);
  if (at < text.size() && text[at] == '.') at = skip_digits(text, at + 1);
  const bool has_digit = std::any_of(text.begin(), text.begin() + static_cast<long>(at), is_digit);
  if (!has_digit) return false;
  if (at + 1 < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    if (text[at + 1] == '+' || text[at + 1] == '-') ++at;
    at = skip_digits(text, at + 1);
  }
  return at == text.size();
}

bool looks_like_date(std::string_view text) {
  return text.size() >= 8 && is_digit(text[0]) && is_digit(text[1]) && is_digit(text[2]) &&
         is_digit(text[3]) && text[4] == '-' && is_digit(text[5]);
}

bool has_control_character(std::string_view text, bool lines_allowed) {
  return std::any_of(text.begin(), text.end(), [=](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && !(lines_allowed && (c == '\n' || c == '\t'))) || byte == 0x7f;
  });
}

// True when a plain scalar would be read as YAML syntax.
bool breaks_syntax(std::string_view text) {
  if (text.front() == ' ' || text.back() == ' ' || text.back() == ':') return true;
  if (std::string_view(",[]{}#&*!|>'\"%@`").find(text.front()) != text.npos) return true;
  if (std::string_view("-?:").find(text.front()) != text.npos &&
      (text.size() == 1 || text[1] == ' ')) {
    return true;
  }
  if (text.starts_with("---") || text.starts_with("...")) return true;
  return text.find(": ") != text.npos || text.find(" #") != text.npos;
}

std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + "'";
}

// NEL, LS and PS end lines for YAML 1.1 readers.
bool has_unicode_break(std::string_view text) {
  return text.find("\xc2\x85") != text.npos || text.find("\xe2\x80\xa8") != text.npos ||
         text.find("\xe2\x80\xa9") != text.npos;
}

// JSON's escapes are YAML's double-quoted escapes.
std::string double_quoted(const std::string& text) {
  return json(text).dump(-1, ' ', has_unicode_break(text), json::error_handler_t::replace);
}

std::string flow_scalar(const std::string& text) {
  if (text.empty() || is_reserved_word(text) || looks_like_number(text) || looks_like_date(text) ||
      has_control_character(text, false) || has_unicode_break(text)) {
    return double_quoted(text);
  }
  return breaks_syntax(text) ? single_quoted(text) : text;
}

// A block scalar cannot keep blanks before a line break, nor control characters.
bool fits_block(const std::string& text) {
  return text.find('\n') != text.npos && text.find(" \n") == text.npos && text.back() != ' ' &&
         !has_control_character(text, true) && !has_unicode_break(text);
}

std::string block_scalar(const std::string& text, std::size_t indent) {
  std::string out = "|";
  if (text.front() == ' ' || text.front() == '\n') out += "2";
  if (text.back() != '\n') {
    out += "-";
  } else if (text.size() == 1 || text[text.size() - 2] == '\n') {
    out += "+";
  }
  const std::size_t end = text.back() == '\n' ? text.size() - 1 : text.size();
  std::size_t begin = 0;
  while (begin <= end) {
    const std::size_t stop = std::min(text.find('\n', begin), end);
    out += '\n';
    if (stop > begin) out += std::string(indent, ' ') + text.substr(begin, stop - begin);
    begin = stop + 1;
  }
  return out;
}

std::string scalar(const json& value, std::size_t indent) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    return fits_block(text) ? block_scalar(text, indent) : flow_scalar(text);
  }
  if (value.is_object()) return "{}";
  if (value.is_array()) return "[]";
  return value.dump();
}

bool is_nested(const json& value) { return value.is_structured() && !value.empty(); }

// Writes `value` from the current column on; `indent` is where its further lines begin.
void write(std::string& out, const json& value, std::size_t indent) {
  bool first = true;
  const auto begin_line = [&] {
    if (!first) out.append(indent, ' ');
    first = false;
  };
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      begin_line();
      out += flow_scalar(key) + ":";
      if (!is_nested(member)) {
        out += " " + scalar(member, indent + 2) + "\n";
        continue;
      }
      const std::size_t inner = member.is_array() ? indent : indent + 2;
      out += "\n" + std::string(inner, ' ');
      write(out, member, inner);
    }
  } else {
    for (const json& item : value) {
      begin_line();
      out += "- ";
      if (is_nested(item)) {
        write(out, item, indent + 2);
      } else {
        out += scalar(item, indent + 2) + "\n";
      }
    }
  }
}

}  // namespace

std::string to_yaml(const json& document) {
  if (!is_nested(document)) return scalar(document, 0) + "\n";
  std::string out;
  write(out, document, 0);
  return out;
}

}  // namespace weir::cli
