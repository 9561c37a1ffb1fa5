#pragma once

// The regular expressions of routes, in RE2's syntax: admission refuses what cannot be compiled,
// the gateway compiles the same. The cost of a match is linear in the text, its memory bounded.

#include <cstddef>
#include <memory>
#include <string>

namespace re2 {
class RE2;
}

namespace weir {

inline constexpr std::size_t kPatternBytesMax = 1024;

// Not ok() when it is no regular expression, or one that needs too much memory; error() says which.
std::shared_ptr<const re2::RE2> compile_pattern(const std::string& text);

}  // namespace weir
