#pragma once

// Render: an object or a list in the form that the client asked for.

#include <nlohmann/json_fwd.hpp>

#include "controller/api/accept.h"
#include "controller/api/http.h"
#include "controller/api/writer.h"
#include "controller/store/store.h"

namespace weir::rest {

struct View {
  Kind kind = Kind::Pod;
  Form form = {};
  std::string include_object = "Metadata";
  Time now = {};
};

Response render(const View& view, const Stored& object);
Response render(const View& view, const Store::Listing& listing);
// The result of a write; its warnings become `Warning:` headers.
Response render(const View& view, const Written& written);

// 299 - "text", with the text quoted.
std::string warning_header(const std::string& text);

}  // namespace weir::rest
