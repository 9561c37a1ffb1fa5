#pragma once

// Selection: which objects a list, a watch or a deletecollection is about.

#include <string>
#include <vector>

#include "controller/api/http.h"
#include "controller/api/route.h"
#include "controller/api/selector.h"
#include "controller/store/store.h"

namespace weir::rest {

class Selection {
 public:
  // Of the route and its labelSelector and fieldSelector; bad_request for a selector that cannot be
  // understood, or for a field that this kind cannot be selected by.
  static Result<Selection> of(const Route& route, const Request& request);

  Kind kind() const { return route_.kind; }
  const std::string& ns() const { return route_.ns; }
  bool matches(const Stored& object) const;
  // The objects that match now, and the version of the store at that instant.
  Store::Listing list(const Store& store) const;

 private:
  Route route_;
  LabelSelector labels_;
  FieldSelector fields_;
  bool reads_document_ = false;  // beyond metadata.name and metadata.namespace
};

}  // namespace weir::rest
