#include "reconcilers/job_indexes.h"

#include <charconv>

namespace weir {

namespace {

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value >= 0 && value < kIndexesMax ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<JobIndexes> parse_indexes(std::string_view text) {
  JobIndexes indexes;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    const std::size_t dash = part.find('-');
    const auto first = number(part.substr(0, dash));
    const auto last = dash == part.npos ? first : number(part.substr(dash + 1));
    if (!first || !last || *last < *first) return std::nullopt;
    for (std::int64_t i = *first; i <= *last; ++i) indexes.insert(indexes.end(), i);
  }
  return indexes;
}

// Two in a row are "3,4", three "3-5".
std::string text(const JobIndexes& indexes) {
  std::string out;
  for (auto at = indexes.begin(); at != indexes.end();) {
    const std::int64_t first = *at;
    std::int64_t last = first;
    while (++at != indexes.end() && *at == last + 1) ++last;
    if (!out.empty()) out += ',';
    out += std::to_string(first);
    if (last > first) out += (last > first + 1 ? '-' : ',') + std::to_string(last);
  }
  return out;
}

}  // namespace weir
