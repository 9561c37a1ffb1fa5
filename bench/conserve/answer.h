// Whether a response is the answer to its request, and who gave it.
#pragma once

#include <string>

#include "bench/conserve/form.h"
#include "bench/conserve/response.h"

namespace weir::conserve {

struct Answer {
  std::string revision;
  std::string container;
  unsigned seen = 1;  // how often that backend has seen the request
};

// Of whom the response is, by its headers. Throws Failure if the gateway has made it, or if it has
// another status.
Answer check_origin(const Response& response, int status);
// The same, and of which request. Throws Failure.
Answer check_answer(const Form& form, const std::string& id, const Response& response);

}  // namespace weir::conserve
