#pragma once

// Kubernetes' resource.Quantity: "100m", "1.5", "128Mi", "2e9". Exact; rounds up, as Kubernetes
// does; what does not fit into 64 bits is the largest value.

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir {

// "1500m" → 2, "1Ki" → 1024. nullopt: not a quantity.
std::optional<std::int64_t> quantity_value(std::string_view text);

// In thousandths: "0.1" → 100, "1500m" → 1500.
std::optional<std::int64_t> quantity_milli(std::string_view text);

}  // namespace weir
