#include "controller/apply/strategic_lists.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

namespace weir {

using nlohmann::json;

namespace {

using Positions = std::unordered_map<std::string, std::size_t>;

// What tells an element from its neighbours, as text.
Result<std::string> key_of(const json& element, const std::string& merge_key,
                           const std::string& path) {
  if (merge_key.empty()) return element.dump();
  const auto found = element.is_object() ? element.find(merge_key) : element.end();
  if (!element.is_object() || found == element.end()) {
    return fail(Code::invalid, path + ": map does not contain declared merge key: " + merge_key);
  }
  return found->dump();
}

Result<Positions> positions_of(const json& list, const std::string& merge_key,
                               const std::string& path) {
  Positions positions;
  for (std::size_t i = 0; i < list.size(); ++i) {
    TRY(std::string key, key_of(list[i], merge_key, path));
    positions.emplace(std::move(key), i);
  }
  return positions;
}

bool is_directive(const json& element, const char* directive) {
  if (!element.is_object()) return false;
  const auto found = element.find(kPatchDirective);
  return found != element.end() && *found == directive;
}

// Replaces the list, or removes elements from it, as special elements of the patch say. What
// remains of the patch are the elements to merge.
Result<json> take_special_elements(json& list, const json& items, const std::string& merge_key,
                                   const std::string& path) {
  json plain = json::array();
  Positions removed;
  bool replaces = false;
  for (const json& item : items) {
    if (!item.is_object() || !item.contains(kPatchDirective)) {
      plain.push_back(item);
    } else if (is_directive(item, "delete")) {
      TRY(std::string key, key_of(item, merge_key, path));
      removed.emplace(std::move(key), 0);
    } else if (is_directive(item, "replace")) {
      replaces = true;
    } else if (is_directive(item, "merge")) {
      plain.push_back(item);
    } else {
      return fail(Code::bad_request,
                  path + ": unknown patch type: " + item.at(kPatchDirective).dump());
    }
  }
  if (replaces) list = json::array();
  if (removed.empty()) return plain;
  json kept = json::array();
  for (json& element : list) {
    TRY(const std::string key, key_of(element, merge_key, path));
    if (!removed.contains(key)) kept.push_back(std::move(element));
  }
  list = std::move(kept);
  return plain;
}

Result<void> merge_maps(json& list, const json& items, const std::string& merge_key,
                        const std::string& path, const MergeElement& merge,
                        const CleanElement& clean) {
  TRY(Positions positions, positions_of(list, merge_key, path));
  for (const json& item : items) {
    TRY(std::string key, key_of(item, merge_key, path));
    const auto [found, is_new] = positions.emplace(std::move(key), list.size());
    if (is_new) {
      list.push_back(clean(item));
    } else {
      TRY_VOID(merge(list[found->second], item));
    }
  }
  return {};
}

// Plain values: a set. Duplicates go, as in Kubernetes.
Result<void> merge_values(json& list, const ListPatch& patch, const std::string& path) {
  Positions removed;
  if (patch.removed != nullptr) {
    TRY(removed, positions_of(*patch.removed, "", path));
  }
  json merged = json::array();
  Positions seen;
  const auto add = [&](const json& value) {
    if (seen.emplace(value.dump(), 0).second) merged.push_back(value);
  };
  for (const json& value : list) {
    if (!removed.contains(value.dump())) add(value);
  }
  if (patch.items != nullptr) {
    for (const json& value : *patch.items) {
      if (value.is_structured()) {
        return fail(Code::bad_request, path + ": invalid patch format of primitive list");
      }
      add(value);
    }
  }
  list = std::move(merged);
  return {};
}

// The elements that `order` names stand in its order; the others keep their place relative to
// those that were there before.
Result<void> set_order(json& list, const json& order, const Positions& before,
                       const std::string& merge_key, const std::string& path) {
  TRY(const Positions ranks, positions_of(order, merge_key, path));
  struct Placed {
    json* element;
    const std::size_t* before;  // null: it is new
  };
  std::vector<Placed> ordered(order.size(), {nullptr, nullptr});
  std::vector<Placed> others;
  for (json& element : list) {
    TRY(const std::string key, key_of(element, merge_key, path));
    const auto was = before.find(key);
    const Placed placed{&element, was == before.end() ? nullptr : &was->second};
    const auto rank = ranks.find(key);
    if (rank != ranks.end() && ordered[rank->second].element == nullptr) {
      ordered[rank->second] = placed;
    } else {
      others.push_back(placed);
    }
  }
  std::erase_if(ordered, [](const Placed& placed) { return placed.element == nullptr; });
  json result = json::array();
  std::size_t other = 0;
  for (const Placed& placed : ordered) {
    const auto goes_first = [&](const Placed& rival) {
      return placed.before == nullptr || rival.before == nullptr || *rival.before < *placed.before;
    };
    while (other < others.size() && goes_first(others[other])) {
      result.push_back(std::move(*others[other++].element));
    }
    result.push_back(std::move(*placed.element));
  }
  while (other < others.size()) result.push_back(std::move(*others[other++].element));
  list = std::move(result);
  return {};
}

// What a client merges and the order that it gives must agree, or its view is not what it sends.
Result<void> check_order(const json& items, const json& order, const std::string& merge_key,
                         const std::string& path) {
  TRY(const Positions ranks, positions_of(order, merge_key, path));
  std::size_t next = 0;
  for (const json& item : items) {
    TRY(const std::string key, key_of(item, merge_key, path));
    const auto rank = ranks.find(key);
    if (rank == ranks.end() || rank->second < next) {
      return fail(Code::bad_request,
                  path + ": the order in patch list doesn't match $setElementOrder list");
    }
    next = rank->second;
  }
  return {};
}

}  // namespace

Result<void> merge_list(json& list, const ListPatch& patch, const std::string& merge_key,
                        const std::string& path, const MergeElement& merge,
                        const CleanElement& clean) {
  TRY(const Positions before, positions_of(list, merge_key, path));
  json items = patch.items == nullptr ? json::array() : *patch.items;
  if (merge_key.empty()) {
    TRY_VOID(merge_values(list, patch, path));
  } else {
    TRY(items, take_special_elements(list, items, merge_key, path));
    TRY_VOID(merge_maps(list, items, merge_key, path, merge, clean));
  }
  if (patch.order == nullptr) return set_order(list, items, before, merge_key, path);
  TRY_VOID(check_order(items, *patch.order, merge_key, path));
  return set_order(list, *patch.order, before, merge_key, path);
}

}  // namespace weir
