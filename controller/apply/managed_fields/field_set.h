#pragma once

// FieldSet: a set of field paths, the currency of server-side apply. It is a tree whose edges are
// written as Kubernetes' FieldsV1 writes them, so that reading and printing it is a plain walk:
//   f:NAME        a field of a map or struct
//   k:{"name":…}  an element of a list that is told apart by these keys
//   v:VALUE       an element of a set
//   i:INDEX       an element by its place (accepted, never made)
// A node may be a member of the set (the path itself is owned), may have children, or both.
// A plain value; any thread.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

class FieldSet {
 public:
  struct Child;

  FieldSet();
  ~FieldSet();
  FieldSet(const FieldSet&);
  FieldSet(FieldSet&&) noexcept;
  FieldSet& operator=(const FieldSet&);
  FieldSet& operator=(FieldSet&&) noexcept;
  bool operator==(const FieldSet&) const;

  bool member = false;

  // Sorted by element; no child is empty.
  const std::vector<Child>& children() const { return children_; }
  bool empty() const { return !member && children_.empty(); }
  const FieldSet* find(std::string_view element) const;  // null when nothing is below it

  // Building: elements in any order, empty ones are dropped; then one sort().
  void append(std::string element, FieldSet fields);
  void sort();

  void add(const FieldSet& other);              // union
  void remove(const FieldSet& other);           // difference, path by path
  void remove_below(std::string_view element);  // the element with all that is under it
  FieldSet intersection(const FieldSet& other) const;

  // The paths as Kubernetes prints them: .spec.template.spec.containers[name="web"].image
  std::vector<std::string> paths() const;
  static std::string path_text(std::string_view element);  // f:image is .image

  // FieldsV1. Nothing when the JSON is not one: fields come from clients, too.
  nlohmann::json to_json() const;
  static std::optional<FieldSet> from_json(const nlohmann::json& fields);

 private:
  std::vector<Child> children_;
};

struct FieldSet::Child {
  std::string element;
  FieldSet fields;
};

}  // namespace weir
