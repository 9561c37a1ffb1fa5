#pragma once

// What form of an answer the client asks for with `Accept`. Objects are JSON always; `get` of
// kubectl asks for a Table, metadata clients for PartialObjectMetadata.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/result.h"

namespace weir::rest {

struct Form {
  enum class Type { object, table, metadata } type = Type::object;
  std::string version = "v1";  // of meta.k8s.io: v1, or v1beta1 for clients of before 1.15
};

// The first acceptable one in the client's order (kubectl lists what it likes best first). An
// empty Accept takes anything. An error is for a 406.
Result<Form> negotiate(std::string_view accept);

// "application/json;as=Table;v=v1" of an Accept header, taken apart.
struct MediaRange {
  std::string type;  // application/json
  std::vector<std::pair<std::string, std::string>> parameters;
  std::string_view parameter(std::string_view name) const;
};
std::vector<MediaRange> media_ranges(std::string_view accept);

}  // namespace weir::rest
