#pragma once

// Indexes of an Indexed Job, as Kubernetes writes them: "1,3-5,7".

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace weir {

using JobIndexes = std::set<std::int64_t>;

// Kubernetes' limit of an Indexed Job's completions.
inline constexpr std::int64_t kIndexesMax = 100'000;

// Nothing: it is not such a text, or it names more indexes than a Job can have.
std::optional<JobIndexes> parse_indexes(std::string_view text);
std::string text(const JobIndexes& indexes);

}  // namespace weir
