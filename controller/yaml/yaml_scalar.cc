#include "controller/yaml/yaml_scalar.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <vector>

namespace weir {
namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

bool at_is(std::string_view text, std::size_t at, std::string_view what) {
  return text.substr(at).starts_with(what);
}

bool is_space(std::string_view text, std::size_t at) { return at < text.size() && text[at] == ' '; }

bool is_blank(std::string_view text, std::size_t at) {
  return at < text.size() && (text[at] == ' ' || text[at] == '\t');
}

// Words that YAML 1.1 takes for null, a boolean or a number, in the spellings that Go knows.
bool is_reserved(std::string_view text) {
  static constexpr std::array<std::string_view, 37> kWords{
      "y",    "Y",    "yes",  "Yes",   "YES",   "true",  "True",  "TRUE",  "on",    "On",
      "ON",   "n",    "N",    "no",    "No",    "NO",    "false", "False", "FALSE", "off",
      "Off",  "OFF",  "",     "~",     "null",  "Null",  "NULL",  ".nan",  ".NaN",  ".NAN",
      ".inf", ".Inf", ".INF", "+.inf", "-.inf", "+.Inf", "-.Inf"};
  return std::find(kWords.begin(), kWords.end(), text) != kWords.end() || text == "+.INF" ||
         text == "-.INF";
}

bool fits_double(const std::string& digits) {
  const char* begin = digits.data() + (digits.starts_with('+') ? 1 : 0);
  double value = 0;
  const auto [end, error] = std::from_chars(begin, digits.data() + digits.size(), value);
  return error == std::errc{} && end == digits.data() + digits.size() && std::isfinite(value);
}

// Go's integer literals: 12, 0x1F, 0o17, 017, 0b11, with a sign.
bool is_integer(const std::string& digits) {
  static const RE2 pattern("[-+]?(0|[1-9][0-9]*|0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+)");
  return RE2::FullMatch(digits, pattern);
}

// Day and month may have one digit, and the day must be one of the month's.
bool is_date(int year, int month, int day) {
  static constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return false;
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return day <= kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

bool is_timestamp(const std::string& text) {
  static const RE2 date(R"(([0-9]{4})-([0-9]{1,2})-([0-9]{1,2}))");
  static const RE2 time(
      R"(([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[Tt]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2})| ([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?))");
  int year = 0, month = 0, day = 0;
  if (RE2::FullMatch(text, date, &year, &month, &day)) return is_date(year, month, day);
  std::string clock[6];
  if (!RE2::FullMatch(text, time, &year, &month, &day, &clock[0], &clock[1], &clock[2], &clock[3],
                      &clock[4], &clock[5])) {
    return false;
  }
  const std::string* parts = clock[0].empty() ? clock + 3 : clock;
  return is_date(year, month, day) && std::stoi(parts[0]) < 24 && std::stoi(parts[1]) < 60 &&
         std::stoi(parts[2]) < 60;
}

// True when a reader would take the plain text for something else than a text.
bool resolves(const std::string& text) {
  if (is_reserved(text)) return true;
  if (text[0] == '.') return fits_double(text);
  if (!is_digit(text[0]) && text[0] != '-' && text[0] != '+') return false;
  if (is_timestamp(text)) return true;
  std::string digits = text;
  std::erase(digits, '_');
  static const RE2 number(R"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)");
  static const RE2 minutes(R"([-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?)");
  const bool is_number = RE2::FullMatch(digits, number) && fits_double(digits);
  // YAML 1.1's base 60: 12:30:45.
  return is_integer(digits) || is_number || RE2::FullMatch(text, minutes);
}

// What may follow from the characters of a text, as libyaml analyses it.
struct Allowed {
  bool plain = true, single_quoted = true, block = true;
  bool multiline = false;
};

bool starts_syntax(std::string_view text) {
  const bool blank_follows = text.size() == 1 || is_blank(text, 1);
  if (std::string_view("#,[]{}&*!|>'\"%@`").find(text[0]) != text.npos) return true;
  return (text[0] == '?' || text[0] == ':' || text[0] == '-') && blank_follows;
}

Allowed analyse(std::string_view text) {
  Allowed out;
  if (text.empty()) return {.block = false};
  bool plain = !starts_syntax(text) && !text.starts_with("---") && !text.starts_with("...");
  bool special = false, break_space = false, space_break = false;
  bool after_space = false, after_break = false, after_blank = true;
  for (std::size_t i = 0, width = 0; i < text.size(); i += width) {
    width = utf8_width(text, i);
    const bool last = i + width >= text.size();
    if (i > 0 && text[i] == ':' && (last || is_blank(text, i + 1))) plain = false;
    if (i > 0 && text[i] == '#' && after_blank) plain = false;
    special = special || !is_printable(text, i);
    if (is_space(text, i)) {
      if (i == 0 || last) plain = false;
      if (last) out.block = false;
      break_space = break_space || after_break;
    } else if (is_break(text, i)) {
      out.multiline = true;
      space_break = space_break || after_space;
    }
    after_space = is_space(text, i);
    after_break = is_break(text, i);
    after_blank = is_blank(text, i);
  }
  out.plain = plain && !out.multiline && !special;
  out.single_quoted = !break_space && !space_break && !special;
  out.block = out.block && !space_break && !special;
  return out;
}

}  // namespace

std::size_t utf8_width(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

// libyaml's idea of it: no tabs, nothing beyond the first 65,536 characters.
bool is_printable(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return first == '\n' || (first >= 0x20 && first <= 0x7E);
  if (first == 0xC2) return byte(1) >= 0xA0;
  if (first < 0xED || first == 0xEE) return true;
  if (first == 0xED) return byte(1) < 0xA0;
  if (first != 0xEF) return false;
  const bool mark = byte(1) == 0xBB && byte(2) == 0xBF;
  return !mark && !(byte(1) == 0xBF && byte(2) >= 0xBE);
}

bool is_break(std::string_view text, std::size_t at) {
  return text[at] == '\n' || text[at] == '\r' || at_is(text, at, "\xc2\x85") ||
         at_is(text, at, "\xe2\x80\xa8") || at_is(text, at, "\xe2\x80\xa9");
}

std::string escaped(std::string_view text, std::size_t at) {
  struct Named {
    std::uint32_t value;
    char letter;
  };
  static constexpr std::array<Named, 14> kNamed{{{0x00, '0'},
                                                 {0x07, 'a'},
                                                 {0x08, 'b'},
                                                 {0x09, 't'},
                                                 {0x0A, 'n'},
                                                 {0x0B, 'v'},
                                                 {0x0C, 'f'},
                                                 {0x0D, 'r'},
                                                 {0x1B, 'e'},
                                                 {0x22, '"'},
                                                 {0x5C, '\\'},
                                                 {0x85, 'N'},
                                                 {0x2028, 'L'},
                                                 {0x2029, 'P'}}};
  const std::size_t width = utf8_width(text, at);
  const auto first = static_cast<unsigned char>(text[at]);
  std::uint32_t value = width == 1 ? first : first & (0xFFu >> (width + 1));
  for (std::size_t i = 1; i < width && at + i < text.size(); ++i) {
    value = (value << 6) | (static_cast<unsigned char>(text[at + i]) & 0x3Fu);
  }
  for (const Named& named : kNamed) {
    if (named.value == value) return std::string("\\") + named.letter;
  }
  const int digits = value <= 0xFF ? 2 : value <= 0xFFFF ? 4 : 8;
  std::string out = digits == 2 ? "\\x" : digits == 4 ? "\\u" : "\\U";
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
    out += "0123456789ABCDEF"[(value >> shift) & 0xF];
  }
  return out;
}

ScalarStyle style_of(std::string_view text, bool is_key) {
  const Allowed allowed = analyse(text);
  if (text.find('\n') != text.npos) {
    return allowed.block && !is_key ? ScalarStyle::literal : ScalarStyle::double_quoted;
  }
  if (resolves(std::string(text)) || (is_key && allowed.multiline)) {
    return ScalarStyle::double_quoted;
  }
  if (allowed.plain) return ScalarStyle::plain;
  return allowed.single_quoted ? ScalarStyle::single_quoted : ScalarStyle::double_quoted;
}

// Whole numbers are whole numbers (Go's JSON writes 1e3 as 1000); the rest is %g's.
std::string float_text(double value) {
  constexpr double kInt64 = 9.2e18;
  if (value == std::floor(value) && std::abs(value) < kInt64) {
    return std::to_string(static_cast<std::int64_t>(value));
  }
  const auto text_in = [&](std::chars_format format) {
    std::array<char, 400> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format);
    return std::string(buffer.data(), end.ptr);
  };
  std::string text = text_in(std::chars_format::scientific);
  const int exponent = std::stoi(text.substr(text.find('e') + 1));
  constexpr int kLeast = -4, kMost = 6;
  return exponent < kLeast || exponent >= kMost ? text : text_in(std::chars_format::fixed);
}

bool key_before(std::string_view a, std::string_view b) {
  const auto is_letter = [](char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0 ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (a[i] == b[i]) continue;
    const bool in_a = is_letter(a[i]), in_b = is_letter(b[i]);
    if (in_a && in_b) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[i]);
    if (in_a || in_b) return in_b;
    std::uint64_t number_a = 0, number_b = 0;
    if (a[i] == '0' || b[i] == '0') {
      for (std::size_t j = i; j > 0 && is_digit(a[j - 1]); --j) {
        if (a[j - 1] == '0') continue;
        number_a = number_b = 1;
        break;
      }
    }
    std::size_t end_a = i, end_b = i;
    for (; end_a < a.size() && is_digit(a[end_a]); ++end_a) {
      number_a = number_a * 10 + static_cast<std::uint64_t>(a[end_a] - '0');
    }
    for (; end_b < b.size() && is_digit(b[end_b]); ++end_b) {
      number_b = number_b * 10 + static_cast<std::uint64_t>(b[end_b] - '0');
    }
    if (number_a != number_b) return number_a < number_b;
    if (end_a != end_b) return end_a < end_b;
    return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[i]);
  }
  return a.size() < b.size();
}

}  // namespace weir
