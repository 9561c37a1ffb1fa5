#include "reconcilers/labels.h"

#include <algorithm>
#include <charconv>

namespace weir {

namespace {

bool meets(const api::LabelSelectorRequirement& requirement, const Labels& labels) {
  const auto found = labels.find(requirement.key);
  const bool exists = found != labels.end();
  const bool listed = exists && std::find(requirement.values.begin(), requirement.values.end(),
                                          found->second) != requirement.values.end();
  if (requirement.operator_ == "In") return listed;
  if (requirement.operator_ == "NotIn") return !listed;
  if (requirement.operator_ == "Exists") return exists;
  if (requirement.operator_ == "DoesNotExist") return !exists;
  return false;
}

}  // namespace

bool matches(const api::LabelSelector& selector, const Labels& labels) {
  const auto has = [&](const auto& wanted) {
    const auto found = labels.find(wanted.first);
    return found != labels.end() && found->second == wanted.second;
  };
  return std::all_of(selector.matchLabels.begin(), selector.matchLabels.end(), has) &&
         std::all_of(selector.matchExpressions.begin(), selector.matchExpressions.end(),
                     [&](const auto& requirement) { return meets(requirement, labels); });
}

bool is_empty(const api::LabelSelector& selector) {
  return selector.matchLabels.empty() && selector.matchExpressions.empty();
}

std::optional<std::int64_t> number_at(const Labels& labels, const std::string& key) {
  const auto found = labels.find(key);
  if (found == labels.end()) return std::nullopt;
  const std::string& text = found->second;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string text_at(const Labels& labels, const std::string& key) {
  const auto found = labels.find(key);
  return found == labels.end() ? std::string() : found->second;
}

}  // namespace weir
