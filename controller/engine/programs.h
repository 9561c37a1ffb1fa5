#pragma once

// Two static programs that run in containers, as bytes inside weir: they need no registry.

#include <string>
#include <string_view>

namespace weir::engine {

// Gives a container its secret environment (programs/starter.c); mounted into it.
std::string_view starter_bytes();

// Holds a sandbox open (programs/pause.c). As the file system of an image: a tar with /pause.
std::string pause_tar();

}  // namespace weir::engine
