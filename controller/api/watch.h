#pragma once

// Watch: the changes of a selection of objects, one JSON line each, as long as the client listens.
//
// The store's thread puts commits into the watch's queue; the request's thread encodes and writes
// them. A client that reads so slowly that the queue fills is told 410 Expired and lists again.

#include <chrono>
#include <optional>

#include "controller/api/accept.h"
#include "controller/api/http.h"
#include "controller/api/selection.h"
#include "reconcilers/time.h"

namespace weir::rest {

struct WatchOptions {
  Selection selection;
  Form form = {};
  std::string include_object = "Metadata";
  // Changes after this version. Absent: the present objects first, as ADDED.
  std::optional<std::uint64_t> since = {};
  bool bookmarks = false;
  std::optional<std::chrono::seconds> timeout = {};
};

Response watch(Store& store, std::function<Time()> now, WatchOptions options);

}  // namespace weir::rest
