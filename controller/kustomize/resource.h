#pragma once

// One object on its way through a build: its document, the names it had before, and what the
// generators want of it. Value types, used by everything in this folder.

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "controller/result.h"

namespace weir::kustomize {

using nlohmann::json;

struct Gvk {
  std::string group = {}, version = {}, kind = {};
  bool operator==(const Gvk&) const = default;
  bool is_cluster_scoped() const;  // certainly: a kind of Kubernetes' own that has no namespace
};

// Empty fields of a selector match anything.
bool selects(const Gvk& selector, const Gvk& gvk);

struct Id {
  Gvk gvk = {};
  std::string name = {}, namespace_ = {};
  // "default" where none is given, a word of its own for what has no namespace.
  std::string effective_namespace() const;
  std::string text() const;  // Deployment.v1.apps/web.shop: as Kustomize's messages have it
  std::string key() const;   // equal ids have equal keys
  bool operator==(const Id& other) const;
};

enum class Behavior { create, replace, merge };

// A JSON value that a struct can hold without the JSON library's header: a copy is a copy.
class Document {
 public:
  Document(json value);
  Document(const Document& other);
  Document(Document&&) noexcept;
  Document& operator=(const Document& other);
  Document& operator=(Document&&) noexcept;
  ~Document();
  json& operator*() { return *value_; }
  const json& operator*() const { return *value_; }
  json* operator->() { return value_.get(); }
  const json* operator->() const { return value_.get(); }

 private:
  std::unique_ptr<json> value_;
};

struct Resource {
  Document document;
  struct Previous {
    std::string name = {}, namespace_ = {}, kind = {};
  };
  std::vector<Previous> previous = {};  // oldest first
  std::vector<std::string> prefixes = {}, suffixes = {};
  // Fields that hold one value together: see shared_values.h.
  struct Shared {
    std::string key = {};
    std::vector<std::string> maps = {};  // JSON pointers to the maps that have the key
  };
  std::vector<Shared> shared = {};
  bool needs_hash = false;
  Behavior behavior = Behavior::create;

  Id id() const;
  Id original_id() const;
  std::vector<Id> previous_ids() const;
  bool had_id(const Id& id) const;  // now or before
  void remember_id();               // before a transformer changes it
};

using Resources = std::vector<Resource>;

// Reading a document that may lack anything.
const json* find(const json& document, std::initializer_list<std::string_view> path);
std::string text_at(const json& document, std::initializer_list<std::string_view> path);
// A scalar as YAML writes it: 80, true, web. "" for null.
std::string scalar_text(const json& value);
std::string name_of(const Resource& resource);
std::string namespace_of(const Resource& resource);

// bad_request when an object of this id is there already.
Result<void> append(Resources& resources, Resource resource);
Result<void> append_all(Resources& resources, Resources more);
// The one object that has, or had, this id.
Result<Resource*> find_one(Resources& resources, const Id& id);

}  // namespace weir::kustomize
