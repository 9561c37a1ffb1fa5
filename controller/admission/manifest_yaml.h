#pragma once

// YAML text as JSON documents, through yaml-cpp's event interface: its own node tree shares
// aliases and can hold cycles, and walking it is what makes small texts expensive.

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "controller/admission/manifest.h"
#include "controller/admission/tree_builder.h"

namespace weir {

// The value of a plain scalar; `path` is where it stands: "spec.ports[0].port".
using ReadPlain = std::function<Scalar(const std::string& text, const std::string& path)>;

// `text` is valid UTF-8 without NUL. Plain scalars are plain_scalar's, or `read_plain`'s.
Result<std::vector<nlohmann::json>> parse_yaml(std::string_view text, const Limits& limits,
                                               const ReadPlain& read_plain = nullptr);

// The type of a plain (unquoted) scalar by YAML 1.2's core schema, with one addition: 0644 is
// octal, as it is for kubectl. `yes`, `no`, `on` and `off` are texts.
Scalar plain_scalar(const std::string& text);

}  // namespace weir
