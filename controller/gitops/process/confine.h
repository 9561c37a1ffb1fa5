#pragma once

// What the fetch process gives up before it reads anything from a server. Both throw
// std::system_error: rather no fetch than one with root's rights.

#include "controller/gitops/fetch.h"

namespace weir::gitops {

// First of all: who root has started is nobody from here on, without groups and capabilities; no
// program it runs gains a right, nobody can look into its memory, nothing of it lands in a core
// file, and it ends with the process that started it.
void give_up_rights();

// Bounds on memory, on the size of a file, on time and open files; and of the kernel's calls those
// that no fetch needs. Programs can be run only where signatures must be verified.
void limit(const FetchRequest& request);

}  // namespace weir::gitops
