#pragma once

// Verbs: what can be done with objects of any kind. One function a verb; each takes the request and
// where it goes, and gives the whole answer.

#include "controller/api/http.h"
#include "controller/api/render.h"
#include "controller/api/route.h"
#include "controller/api/writer.h"

namespace weir::rest {

// One request for an object or a collection.
struct Call {
  const Request& request;
  Route route;
  Store& store;
  const Writer& writer;
  std::function<Time()> now;
  Form form = {};

  const KindInfo& kind() const { return info(route.kind); }
  Key key() const { return {.kind = route.kind, .ns = route.ns, .name = route.name}; }
  View view() const;
};

Result<Response> get(const Call& call);
Result<Response> list_or_watch(const Call& call);
Result<Response> create(const Call& call);
Result<Response> update(const Call& call);  // also of status
Result<Response> patch(const Call& call);   // also of status
Result<Response> remove(const Call& call);
Result<Response> remove_collection(const Call& call);

// What is common to requests that carry a document.
Result<nlohmann::json> body_document(const Request& request);
// The name of the object in the body, "" when there is none: what a refused create was about.
std::string name_in_body(const Request& request);
Result<PatchType> patch_type(const Request& request);
Result<WriteOptions> write_options(const Call& call, const std::string& options_name);

}  // namespace weir::rest
