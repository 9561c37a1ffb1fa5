#include "reconcilers/quantity.h"

#include <array>
#include <charconv>
#include <limits>

namespace weir {

namespace {

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
constexpr int kExponentMax = 40;  // 10^40 is far beyond 64 bits: nothing is lost by stopping there

// mantissa × 10^ten × 2^two
struct Quantity {
  std::int64_t mantissa = 0;
  int ten = 0;
  int two = 0;
};

struct Suffix {
  std::string_view text;
  int ten;
  int two;
};
constexpr std::array kSuffixes{
    Suffix{"", 0, 0},    Suffix{"n", -9, 0},  Suffix{"u", -6, 0},  Suffix{"m", -3, 0},
    Suffix{"k", 3, 0},   Suffix{"M", 6, 0},   Suffix{"G", 9, 0},   Suffix{"T", 12, 0},
    Suffix{"P", 15, 0},  Suffix{"E", 18, 0},  Suffix{"Ki", 0, 10}, Suffix{"Mi", 0, 20},
    Suffix{"Gi", 0, 30}, Suffix{"Ti", 0, 40}, Suffix{"Pi", 0, 50}, Suffix{"Ei", 0, 60},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes the number off the front of `text`. Digits past the eighteenth are too small to matter.
std::optional<Quantity> take_number(std::string_view& text) {
  Quantity q;
  std::size_t digits = 0;
  bool fraction = false;
  while (!text.empty() && (is_digit(text[0]) || (text[0] == '.' && !fraction))) {
    if (text[0] == '.') {
      fraction = true;
    } else if (++digits; q.mantissa < kLargest / 100) {
      q.mantissa = q.mantissa * 10 + (text[0] - '0');
      if (fraction) --q.ten;
    } else if (!fraction) {
      ++q.ten;
    }
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  return q;
}

std::optional<Quantity> parse(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::optional<Quantity> q = take_number(text);
  if (!q) return std::nullopt;
  if (negative) q->mantissa = -q->mantissa;
  for (const Suffix& suffix : kSuffixes) {
    if (text != suffix.text) continue;
    q->ten += suffix.ten;
    q->two += suffix.two;
    return q;
  }
  if (!text.starts_with('e') && !text.starts_with('E')) return std::nullopt;
  text.remove_prefix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (exponent > kExponentMax || exponent < -kExponentMax) return std::nullopt;
  q->ten += exponent;
  return q;
}

// Multiplies up first, divides last: nothing is rounded twice.
std::optional<std::int64_t> scaled(std::string_view text, int more_ten) {
  const std::optional<Quantity> q = parse(text);
  if (!q) return std::nullopt;
  std::int64_t value = q->mantissa;
  bool fits = true;
  for (int i = 0; i < q->two && fits; ++i) fits = !__builtin_mul_overflow(value, 2, &value);
  int ten = q->ten + more_ten;
  for (; ten > 0 && fits; --ten) fits = !__builtin_mul_overflow(value, 10, &value);
  if (!fits) return q->mantissa < 0 ? -kLargest : kLargest;
  bool remainder = false;
  for (; ten < 0; ++ten) {
    remainder = remainder || value % 10 != 0;
    value /= 10;
  }
  if (remainder && q->mantissa > 0) ++value;
  return value;
}

}  // namespace

std::optional<std::int64_t> quantity_value(std::string_view text) { return scaled(text, 0); }

std::optional<std::int64_t> quantity_milli(std::string_view text) { return scaled(text, 3); }

}  // namespace weir
