#pragma once

// What a path of a repository may be. Both sides ask: the fetch process of the tree it reads, and
// `weir serve` of what that process says. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::gitops {

// Why one name of a tree is refused: it is no plain name ("..", "a/b"), or some file system would
// take it for git's own folder (".GIT", "git~1", ".git" with letters that are not seen). nullopt:
// it is a good one.
std::optional<std::string> why_refused(std::string_view name);

// The same for each part of a path, and for its length.
std::optional<std::string> why_path_refused(std::string_view path, std::uint64_t length_max);

// A path or message in which nothing can be mistaken or move a terminal's cursor: what is not
// printable ASCII or well-formed UTF-8 becomes "?"; at most `length_max` bytes.
std::string printable(std::string_view text, std::size_t length_max = 256);

}  // namespace weir::gitops
