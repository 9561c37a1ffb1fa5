#include "controller/cli/verbs/session.h"

#include <algorithm>
#include <array>

namespace weir::cli {

void print_error(std::ostream& err, const Error& error) {
  // These begin sentences of their own. Wrong usage is always called an error.
  static constexpr std::array kWhole{"error: ", "Error ", "The ", "Unable to connect"};
  const bool usage = error.code == Code::bad_request && !error.message.starts_with("error: ");
  const bool whole = !usage && std::any_of(kWhole.begin(), kWhole.end(), [&](const char* start) {
    return error.message.starts_with(start);
  });
  err << (whole ? "" : "error: ") << error.message << std::endl;
}

void Outcome::fail(const Error& error) {
  failed_ = true;
  print_error(err_, error);
}

}  // namespace weir::cli
