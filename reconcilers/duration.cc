#include "reconcilers/duration.h"

#include <charconv>

#include "reconcilers/time.h"

namespace weir {

std::optional<std::chrono::seconds> parse_seconds(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::chrono::seconds sum{0};
  while (!text.empty()) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const char unit = text.empty() ? 's' : text.front();
    if (!text.empty()) text.remove_prefix(1);
    const std::int64_t scale = unit == 's' ? 1 : unit == 'm' ? 60 : unit == 'h' ? 3600 : 0;
    if (scale == 0) return std::nullopt;
    sum = bounded_seconds(sum.count() + bounded_seconds(number).count() * scale);
  }
  return sum;
}

std::optional<std::chrono::seconds> parse_seconds(const api::IntOrString& value) {
  if (value.is_string) return parse_seconds(value.text);
  return bounded_seconds(value.number);
}

}  // namespace weir
