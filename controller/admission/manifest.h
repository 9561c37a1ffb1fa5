#pragma once

// Text that somebody wrote, as JSON documents: the first step of admission. Nothing here knows a
// kind. Bounded in memory, depth and time whatever the bytes are; every error names its place.
// Pure functions, any thread.

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <vector>

#include "controller/result.h"

namespace weir {

// What a document may cost. The defaults fit everything that people write by hand or generate:
// the largest CRDs have 30,000 nodes and a depth of 30.
struct Limits {
  std::size_t bytes = 3u << 20;   // of one document; as much as Kubernetes takes in a request
  std::size_t depth = 64;         // the JSON library recurses when it copies and prints
  std::size_t nodes = 100'000;    // values and keys, after aliases are expanded
  std::size_t aliases = 50;       // of one document
  std::size_t documents = 1'000;  // of one text
  std::size_t total = 32u << 20;  // bytes of one text
};

// What a value takes of them. Recurses as deep as the value is.
struct Extent {
  std::size_t nodes = 0;
  std::size_t depth = 0;  // of objects and arrays
};
Extent extent_of(const nlohmann::json& value);

// One JSON value. Used for request bodies and for what engines and registries answer.
// Refused: invalid UTF-8, a key given twice, anything beyond the limits.
Result<nlohmann::json> parse_json(std::string_view text, const Limits& limits = {});

// YAML (1.2 core schema: `no` and `0755` mean what they do there) or JSON, any number of
// documents; empty ones are skipped, and `kind: List` documents are opened up.
Result<std::vector<nlohmann::json>> parse_manifest(std::string_view text,
                                                   const Limits& limits = {});

// Whether `text` may stand in a document: valid UTF-8 without NUL. Else what is wrong with it.
Result<void> check_text(std::string_view text);

}  // namespace weir
