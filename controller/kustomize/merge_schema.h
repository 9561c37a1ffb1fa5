#pragma once

// Which lists of a kind merge, and by which keys. Kubernetes' own kinds only: for Kustomize, what
// Kubernetes defines elsewhere (Gateway API, Argo, Flux) is a custom kind, and weir's schema of it
// does not count. Immutable, any thread.

#include <string>
#include <vector>

namespace weir {
struct SchemaNode;
}

namespace weir::kustomize {

// A place in a kind's schema: a node of weir's schemas, or a step on the way to one (the
// `spec.template` of a StatefulSet).
class MergeNode {
 public:
  MergeNode() = default;
  explicit MergeNode(const SchemaNode* node) : node_(node) {}
  MergeNode(const SchemaNode* node, std::string path, std::string list, std::string list_key)
      : node_(node),
        path_(std::move(path)),
        list_(std::move(list)),
        list_key_(std::move(list_key)) {}

  MergeNode field(const std::string& name) const;
  MergeNode items() const;
  bool merges() const;
  std::vector<std::string> keys() const;

 private:
  const SchemaNode* node_ = nullptr;  // null: nothing below merges
  std::string path_ = {};             // still to be walked before `node_` counts: "spec.template"
  std::string list_ = {};             // a field here that merges by …
  std::string list_key_ = {};         // … this
};

MergeNode merge_schema(const std::string& api_version, const std::string& kind);

}  // namespace weir::kustomize
