#pragma once

// The static program that gives a container its secret environment (starter/starter.c), as bytes
// inside weir: written to a file and mounted into the container, it needs no image and no registry.

#include <string_view>

namespace weir::engine {

std::string_view starter_bytes();

}  // namespace weir::engine
