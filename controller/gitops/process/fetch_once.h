#pragma once

// One fetch, in the current folder: the cache is brought up to what the server has, the signatures
// are verified, the files are read.

#include "controller/gitops/fetch.h"

namespace weir::gitops {

FetchResult fetch_once(const FetchRequest& request);

}  // namespace weir::gitops
