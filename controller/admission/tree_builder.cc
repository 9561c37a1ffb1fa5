#include "controller/admission/tree_builder.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace weir {

using nlohmann::json;

namespace {

// One container that is not closed yet.
struct Open {
  json container;
  std::size_t anchor = 0;
  std::string key = {};  // of the value that comes next, or that is open above
  bool has_key = false;
  bool merging = false;           // the next value belongs to `<<`
  std::vector<json> merges = {};  // values of `<<`, applied at the end
};

// A finished value that aliases may repeat.
struct Anchored {
  json value;
  Extent extent = {};
};

void measure(const json& value, std::size_t around, Extent& into) {
  into.nodes += 1;
  if (value.is_object()) into.nodes += value.size();
  if (!value.is_structured()) return;
  into.depth = std::max(into.depth, around + 1);
  for (const json& child : value) measure(child, around + 1, into);
}

}  // namespace

Extent extent_of(const json& value) {
  Extent extent;
  measure(value, 0, extent);
  return extent;
}

struct TreeBuilder::State {
  std::vector<Open> open = {};
  std::map<std::size_t, Anchored> anchors = {};
  json root = {};
  bool done = false;
  std::size_t nodes = 0;
  std::size_t aliases = 0;
};

TreeBuilder::TreeBuilder(const Limits& limits)
    : limits_(limits), state_(std::make_unique<State>()) {}
TreeBuilder::~TreeBuilder() = default;

bool TreeBuilder::fails(std::string why) {
  const std::string place = path();
  error_ = place.empty() ? std::move(why) : place + ": " + why;
  return false;
}

std::string TreeBuilder::path() const {
  std::string out;
  for (const Open& open : state_->open) {
    if (open.container.is_array()) {
      out += "[" + std::to_string(open.container.size()) + "]";
    } else if (open.has_key) {
      out += (out.empty() ? "" : ".") + open.key;
    }
  }
  return out;
}

bool TreeBuilder::spend(std::size_t nodes) {
  state_->nodes += nodes;
  if (state_->nodes <= limits_.nodes) return true;
  return fails("the document has more than " + std::to_string(limits_.nodes) + " values");
}

bool TreeBuilder::begin(json container, std::size_t anchor) {
  if (state_->open.size() >= limits_.depth) {
    error_ = "nested more than " + std::to_string(limits_.depth) + " levels deep";
    return false;
  }
  if (!spend(1)) return false;
  state_->open.push_back({.container = std::move(container), .anchor = anchor});
  return true;
}

bool TreeBuilder::begin_object(std::size_t anchor) { return begin(json::object(), anchor); }
bool TreeBuilder::begin_array(std::size_t anchor) { return begin(json::array(), anchor); }

bool TreeBuilder::key(std::string name) {
  Open& open = state_->open.back();
  if (open.container.contains(name)) return fails("key \"" + name + "\" is given twice");
  open.key = std::move(name);
  open.has_key = true;
  return spend(1);
}

bool TreeBuilder::merge_key() {
  Open& open = state_->open.back();
  open.key = "<<";
  open.has_key = open.merging = true;
  return spend(1);
}

bool TreeBuilder::expects_key() const {
  return !state_->open.empty() && state_->open.back().container.is_object() &&
         !state_->open.back().has_key;
}

bool TreeBuilder::value(Scalar scalar, std::size_t anchor) {
  if (!spend(1)) return false;
  json made = std::visit([](auto& x) { return json(std::move(x)); }, scalar);
  if (anchor != 0) state_->anchors[anchor] = {.value = made, .extent = {.nodes = 1}};
  return add(std::move(made));
}

bool TreeBuilder::alias(std::size_t anchor) {
  if (++state_->aliases > limits_.aliases) {
    return fails("more than " + std::to_string(limits_.aliases) + " aliases");
  }
  const auto found = state_->anchors.find(anchor);
  if (found == state_->anchors.end()) return fails("the alias stands inside the value it repeats");
  const Anchored& anchored = found->second;
  if (state_->open.size() + anchored.extent.depth > limits_.depth) {
    return fails("nested more than " + std::to_string(limits_.depth) + " levels deep");
  }
  return spend(anchored.extent.nodes) && add(anchored.value);
}

bool TreeBuilder::end() {
  if (!merge_into_open()) return false;
  Open closed = std::move(state_->open.back());
  state_->open.pop_back();
  if (closed.anchor != 0) {
    Anchored anchored{.value = closed.container, .extent = extent_of(closed.container)};
    // The copy is memory too: anchors inside anchors must not multiply a document.
    if (!spend(anchored.extent.nodes)) return false;
    state_->anchors[closed.anchor] = std::move(anchored);
  }
  return add(std::move(closed.container));
}

bool TreeBuilder::add(json value) {
  if (state_->open.empty()) {
    state_->root = std::move(value);
    state_->done = true;
    return true;
  }
  Open& open = state_->open.back();
  if (open.container.is_array()) {
    open.container.push_back(std::move(value));
    return true;
  }
  if (open.merging) {
    open.merges.push_back(std::move(value));
  } else {
    open.container.emplace(std::move(open.key), std::move(value));
  }
  open.has_key = open.merging = false;
  return true;
}

bool TreeBuilder::merge_into_open() {
  Open& open = state_->open.back();
  const auto merge = [&](json& from) {
    if (!from.is_object()) return fails("<< takes a mapping, or a list of mappings");
    for (auto& [name, field] : from.items()) open.container.emplace(name, std::move(field));
    return true;
  };
  for (json& from : open.merges) {
    if (!from.is_array()) {
      if (!merge(from)) return false;
      continue;
    }
    for (json& one : from) {
      if (!merge(one)) return false;
    }
  }
  return true;
}

json TreeBuilder::take() { return std::move(state_->root); }

}  // namespace weir
