#pragma once

// Kustomize, built in: a folder with a kustomization.yaml to the Kubernetes objects it describes,
// equal to `kubectl kustomize` (Kustomize 5.6) down to the names' hashes. Pure: all that is read
// comes through `Files`; nothing knows Git, HTTP or the host. Any thread.
//
// The flow of one folder: its resources (and, recursively, other folders), generators, components,
// then its transformers in Kustomize's fixed order; at the top, once: hashes in names, references
// to changed names, order.
//
// Refused, each with what to do instead: remote bases, helmCharts, plugins (generators,
// transformers, validators), crds, openapi, vars, buildMetadata, helm's older fields.
//
// Errors: bad_request for what a kustomization.yaml says wrongly, not_found, denied for files
// outside their kustomization, too_large beyond a limit, unsupported for what is refused.
//
// Source of rules: Kustomize's documentation and the behaviour of kubectl 1.33, which
// tests/kustomize holds this against.

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "controller/kustomize/files.h"
#include "controller/result.h"

namespace weir::kustomize {

struct BuildLimits {
  std::size_t directories = 200;         // visited, each time again
  std::size_t depth = 20;                // of folders that refer to folders
  std::size_t files = 10'000;            // read
  std::size_t file_bytes = 3u << 20;     // of one file
  std::size_t total_bytes = 64u << 20;   // of all files
  std::size_t documents = 10'000;        // at any time
  std::size_t output_bytes = 64u << 20;  // of all documents, as JSON
};

struct Built {
  std::vector<nlohmann::json> documents = {};
  std::vector<std::string> warnings = {};  // deprecated fields, one line each
};

// `directory` is a path in `files`; "" is their top.
Result<Built> build(const Files& files, const std::string& directory,
                    const BuildLimits& limits = {});

}  // namespace weir::kustomize
