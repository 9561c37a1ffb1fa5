#include "controller/kustomize/merge_lists.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "controller/kustomize/documents.h"

namespace weir::kustomize {
namespace {

constexpr const char* kDirective = "$patch";

using Keys = std::vector<std::string>;
using Values = std::vector<std::string>;  // of an element's keys; "" where it lacks one
// Elements are shared between lists: merging one changes it in all of them.
using Element = std::shared_ptr<json>;
using Elements = std::vector<Element>;

Elements elements_of(const json& list) {
  Elements out;
  for (const json& one : list) out.push_back(std::make_shared<json>(one));
  return out;
}

bool is_plain(const Keys& keys) { return keys.size() == 1 && keys[0].empty(); }

const json* field_of(const json& element, const std::string& key) {
  return key.empty() ? &element : find(element, {key});
}

// The first element with exactly these values.
Element find_element(const Elements& elements, const Keys& keys, const Values& values) {
  for (const Element& element : elements) {
    if (is_plain(keys) == element->is_structured()) continue;
    bool all = true;
    for (std::size_t i = 0; i < keys.size() && all; ++i) {
      const json* field = field_of(*element, keys[i]);
      all = field != nullptr && !field->is_null() && scalar_text(*field) == values[i];
    }
    if (all) return element;
  }
  return nullptr;
}

// Replaces the elements that match by `element`, or removes them where it is null; appends it when
// none did. A key without a value matches whatever the element has.
void set_element(Elements& elements, const Element& element, const Keys& keys,
                 const Values& values) {
  const auto matches = [&](const json& one) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (i >= values.size()) continue;
      const json* field = field_of(one, keys[i]);
      if (field == nullptr) return false;
      if ((!values[i].empty() || is_plain(keys)) && scalar_text(*field) != values[i]) return false;
    }
    return !values.empty();
  };
  Elements kept;
  bool found = false;
  for (const Element& one : elements) {
    if (one->is_null() || (one->is_object() && one->empty())) continue;
    if (!is_plain(keys) && !one->is_object()) {
      kept.push_back(one);
      continue;
    }
    if (!matches(*one)) {
      if (!values.empty()) kept.push_back(one);
      continue;
    }
    found = true;
    if (element != nullptr) kept.push_back(element);
  }
  if (!found && element != nullptr) kept.push_back(element);
  elements = std::move(kept);
}

// The elements of `from` behind those of `into`, each in the place of the one it equals. With
// several keys they are taken out first, which is why such lists keep the document's order.
void append_elements(Elements& into, const Elements& from, const Keys& keys) {
  for (const Element& element : from) {
    Values values;
    for (const std::string& key : keys) {
      const json* field = field_of(*element, key);
      if (field == nullptr || field->is_null()) {
        into.push_back(element);
      } else {
        values.push_back(scalar_text(*field));
      }
    }
    if (keys.size() > 1) set_element(into, nullptr, keys, values);
    set_element(into, element, keys, values);
  }
}

void add_values(const Elements& elements, const Keys& keys, std::vector<Values>& out) {
  for (const Element& element : elements) {
    Values values;
    for (const std::string& key : keys) {
      const json* field = field_of(*element, key);
      values.push_back(field == nullptr ? "" : scalar_text(*field));
    }
    if (std::find(out.begin(), out.end(), values) == out.end()) out.push_back(std::move(values));
  }
}

// True when two elements may be the same: they agree on a key, and differ only where one lacks it.
bool agree(const Values& a, const Values& b, Values& both) {
  bool common = false;
  both.clear();
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && !a[i].empty() && !b[i].empty()) return false;
    common = common || a[i] == b[i];
    both.push_back(a[i].empty() ? b[i] : a[i]);
  }
  return common;
}

// 80 and 80/TCP become 80/TCP twice.
void unite(std::vector<Values>& all) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < all.size(); ++j) {
      Values both;
      if (!agree(all[i], all[j], both)) continue;
      all[i] = both;
      all[j] = both;
    }
  }
}

// The keys that any of `all` has, and this element's values of them.
std::pair<Keys, Values> known(const std::vector<Values>& all, const Values& values,
                              const Keys& keys) {
  std::pair<Keys, Values> out;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const bool used =
        std::any_of(all.begin(), all.end(), [&](const Values& one) { return !one[i].empty(); });
    if (!used) continue;
    out.first.push_back(keys[i]);
    out.second.push_back(values[i]);
  }
  return out.first.empty() ? std::pair{keys, values} : out;
}

Result<Directive> directive_of(const json& value, const std::string& path) {
  if (value == "delete") return Directive::remove;
  if (value == "replace") return Directive::replace;
  if (value == "merge") return Directive::merge;
  return fail(Code::bad_request,
              "strategic merge patch: at " + path + ": unknown patch strategy " + value.dump());
}

}  // namespace

Result<Directive> take_directive(json& patch, const std::string& path) {
  if (patch.is_object()) {
    const auto found = patch.find(kDirective);
    if (found == patch.end()) return Directive::merge;
    TRY(const Directive directive, directive_of(*found, path));
    patch.erase(found);
    return directive;
  }
  if (!patch.is_array()) return Directive::merge;
  const auto found = std::find_if(patch.begin(), patch.end(), [](const json& element) {
    return element.is_object() && element.contains(kDirective);
  });
  if (found == patch.end() || found->size() > 1) return Directive::merge;
  TRY(const Directive directive, directive_of(found->at(kDirective), path));
  patch.erase(found);
  return directive;
}

Result<json> merge_associative(const json& document, const json& patch, bool has_patch,
                               const std::vector<std::string>& schema_keys,
                               const MergeElements& merge) {
  const Keys keys = schema_keys.empty() ? Keys{""} : schema_keys;
  Elements is = elements_of(document);
  const bool same = has_patch && &document == &patch;
  const Elements wanted = !has_patch ? Elements{} : same ? is : elements_of(patch);
  std::vector<Values> all;
  add_values(wanted, keys, all);
  add_values(is, keys, all);
  if (keys.size() > 1) unite(all);
  Elements items;
  Keys used = keys;
  for (const Values& values : all) {
    const auto [its_keys, its_values] = known(all, values, keys);
    used = its_keys;
    const auto [match_keys, match_values] = known({its_values}, its_values, its_keys);
    const Element a = find_element(is, match_keys, match_values);
    const Element b = find_element(wanted, match_keys, match_values);
    TRY(const Kept kept, merge(a.get(), b.get()));
    const Element value = kept == Kept::nothing ? nullptr : kept == Kept::patch ? b : a;
    if (value == nullptr || value->is_null() || (value->is_object() && value->empty())) {
      set_element(is, nullptr, its_keys, its_values);
      continue;
    }
    for (std::size_t i = 0; i < its_keys.size() && value->is_object(); ++i) {
      if (its_values[i].empty() || value->contains(its_keys[i])) continue;
      (*value)[its_keys[i]] = plain_value(its_values[i]);
    }
    set_element(items, value, its_keys, its_values);
  }
  if (!all.empty()) {
    append_elements(items, is, used);
  } else {
    items = is;
  }
  json out = json::array();
  for (const Element& element : items) out.push_back(*element);
  return out;
}

}  // namespace weir::kustomize
