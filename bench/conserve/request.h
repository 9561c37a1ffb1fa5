// Writing requests in their form.
#pragma once

#include <span>
#include <string>

#include "bench/conserve/connection.h"
#include "bench/conserve/form.h"

namespace weir::conserve {

// What is the same in every request of a run.
struct Wording {
  std::string host;
  std::string query;  // added to every path; may be empty
};

std::string target_of(const Form& form, const Wording& wording);
// Writes one request for each id, all at once if they have no body. What the other side does not
// take is left unsent: its answer says why, or that there is none.
void send_requests(Connection& connection, const Form& form, std::span<const std::string> ids,
                   const Wording& wording, Deadline deadline);

}  // namespace weir::conserve
