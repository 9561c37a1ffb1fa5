#pragma once

// What files come to: the same paths with the same bytes, the same text. Pure.

#include <map>
#include <string>

namespace weir::gitops {

// "sha256:…" over each path, its length and its bytes, in order.
std::string digest_of(const std::map<std::string, std::string>& files);

}  // namespace weir::gitops
