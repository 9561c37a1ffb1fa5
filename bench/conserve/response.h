// Reading HTTP responses, strictly (RFC 9112).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/conserve/connection.h"

namespace weir::conserve {

struct Response {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  bool closes = false;  // the connection serves no further request

  // "" if it is not there. The name in lower case.
  std::string_view header(std::string_view name) const;
};

// The next response, whole; interim ones (1xx) are passed over, but not a change of protocol.
// Throws Failure.
Response read_response(Connection& connection, Deadline deadline);

}  // namespace weir::conserve
