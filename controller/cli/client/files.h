#pragma once

// What the user names on the command line: files, folders, standard input. Reading is bounded.

#include <istream>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "controller/result.h"

namespace weir::cli {

Result<std::string> read_file(const std::string& name);

// YAML or JSON text, through the same bounded reader as the server's; `name` is for messages.
Result<std::vector<nlohmann::json>> read_documents(std::string_view text, const std::string& name);

// A server's answer: JSON, bounded in depth, and generous in size (10,000 Pods in one list).
Result<nlohmann::json> read_reply(std::string_view text);

struct ManifestFlags {
  std::vector<std::string> files = {};  // -f: files, folders, "-"
  bool recursive = false;               // -R
  std::string kustomize = {};           // -k: a folder with a kustomization.yaml

  bool empty() const { return files.empty() && kustomize.empty(); }
};

struct Manifest {
  std::shared_ptr<const nlohmann::json> document;
  std::string source;  // the file it stands in, for messages
};

struct Manifests {
  std::vector<Manifest> documents = {};  // in the order of the files, Namespaces first
  std::vector<Error> errors = {};        // files that could not be read; the others still count
};

// A folder with a kustomization.yaml, built (controller/kustomize/build.h).
Result<std::vector<std::shared_ptr<const nlohmann::json>>> kustomized(const std::string& directory,
                                                                      std::ostream& err);

// Warnings of a kustomization are printed to `err` at once.
Manifests read_manifests(const ManifestFlags& flags, std::istream& input, std::ostream& err);

}  // namespace weir::cli
