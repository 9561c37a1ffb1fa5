#include "controller/apply/managed_fields/field_set.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

namespace weir {

using nlohmann::json;

namespace {

// "." in FieldsV1: the path itself is a member.
constexpr const char* kSelf = ".";

bool is_element(std::string_view text) {
  return text.starts_with("f:") || text.starts_with("k:") || text.starts_with("v:") ||
         text.starts_with("i:");
}

std::string key_text(std::string_view keys) {
  const json parsed = json::parse(keys, nullptr, false);
  if (!parsed.is_object()) return std::string(keys);
  std::string text;
  for (const auto& [name, value] : parsed.items()) {
    text += (text.empty() ? "" : ",") + name + "=" + value.dump();
  }
  return text;
}

void collect(const FieldSet& fields, const std::string& path, std::vector<std::string>& out) {
  if (fields.member && !path.empty()) out.push_back(path);
  for (const FieldSet::Child& child : fields.children()) {
    collect(child.fields, path + FieldSet::path_text(child.element), out);
  }
}

bool before(const FieldSet::Child& a, const FieldSet::Child& b) { return a.element < b.element; }

}  // namespace

FieldSet::FieldSet() = default;
FieldSet::~FieldSet() = default;
FieldSet::FieldSet(const FieldSet&) = default;
FieldSet::FieldSet(FieldSet&&) noexcept = default;
FieldSet& FieldSet::operator=(const FieldSet&) = default;
FieldSet& FieldSet::operator=(FieldSet&&) noexcept = default;

bool FieldSet::operator==(const FieldSet& other) const {
  return member == other.member &&
         std::equal(children_.begin(), children_.end(), other.children_.begin(),
                    other.children_.end(), [](const Child& a, const Child& b) {
                      return a.element == b.element && a.fields == b.fields;
                    });
}

const FieldSet* FieldSet::find(std::string_view element) const {
  const auto found = std::lower_bound(
      children_.begin(), children_.end(), element,
      [](const Child& child, std::string_view wanted) { return child.element < wanted; });
  return found != children_.end() && found->element == element ? &found->fields : nullptr;
}

void FieldSet::append(std::string element, FieldSet fields) {
  if (!fields.empty()) children_.push_back({std::move(element), std::move(fields)});
}

void FieldSet::sort() {
  if (!std::is_sorted(children_.begin(), children_.end(), before)) {
    std::sort(children_.begin(), children_.end(), before);
  }
}

void FieldSet::add(const FieldSet& other) {
  member |= other.member;
  if (other.children_.empty()) return;
  std::vector<Child> merged;
  merged.reserve(children_.size() + other.children_.size());
  auto mine = children_.begin();
  for (const Child& theirs : other.children_) {
    while (mine != children_.end() && mine->element < theirs.element) {
      merged.push_back(std::move(*mine++));
    }
    if (mine != children_.end() && mine->element == theirs.element) {
      merged.push_back(std::move(*mine++));
      merged.back().fields.add(theirs.fields);
    } else {
      merged.push_back(theirs);
    }
  }
  std::move(mine, children_.end(), std::back_inserter(merged));
  children_ = std::move(merged);
}

void FieldSet::remove(const FieldSet& other) {
  if (other.member) member = false;
  auto theirs = other.children_.begin();
  for (Child& mine : children_) {
    while (theirs != other.children_.end() && theirs->element < mine.element) ++theirs;
    if (theirs == other.children_.end()) break;
    if (theirs->element == mine.element) mine.fields.remove(theirs->fields);
  }
  std::erase_if(children_, [](const Child& child) { return child.fields.empty(); });
}

void FieldSet::remove_below(std::string_view element) {
  std::erase_if(children_, [&](const Child& child) { return child.element == element; });
}

FieldSet FieldSet::intersection(const FieldSet& other) const {
  FieldSet result;
  result.member = member && other.member;
  auto theirs = other.children_.begin();
  for (const Child& mine : children_) {
    while (theirs != other.children_.end() && theirs->element < mine.element) ++theirs;
    if (theirs == other.children_.end()) break;
    if (theirs->element == mine.element) {
      result.append(mine.element, mine.fields.intersection(theirs->fields));
    }
  }
  return result;
}

std::vector<std::string> FieldSet::paths() const {
  std::vector<std::string> out;
  collect(*this, "", out);
  return out;
}

std::string FieldSet::path_text(std::string_view element) {
  const std::string_view rest = element.substr(2);
  switch (element.front()) {
    case 'f':
      return "." + std::string(rest);
    case 'k':
      return "[" + key_text(rest) + "]";
    case 'v':
      return "[=" + std::string(rest) + "]";
    default:
      return "[" + std::string(rest) + "]";
  }
}

json FieldSet::to_json() const {
  json::object_t result;
  // "." sorts before all elements, so each key goes to the end.
  if (member && !children_.empty()) result.emplace(kSelf, json::object());
  for (const Child& child : children_) {
    result.emplace_hint(result.end(), child.element, child.fields.to_json());
  }
  return result;
}

std::optional<FieldSet> FieldSet::from_json(const json& fields) {
  if (!fields.is_object()) return std::nullopt;
  FieldSet result;
  for (const auto& [element, below] : fields.get_ref<const json::object_t&>()) {
    if (element == kSelf) {
      result.member = true;
      continue;
    }
    auto child = is_element(element) ? from_json(below) : std::nullopt;
    if (!child) return std::nullopt;
    if (child->empty()) child->member = true;
    result.append(element, *std::move(child));
  }
  result.sort();
  return result;
}

}  // namespace weir
