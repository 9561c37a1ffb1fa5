#pragma once

// What a scrape would show, as lines that a table can compare.

#include <prometheus/collectable.h>
#include <prometheus/text_serializer.h>

#include <sstream>
#include <string>
#include <vector>

namespace weir::metrics_test {

// The samples (not HELP and TYPE) of the families whose names begin so, one a line.
inline std::string samples(const prometheus::Collectable& collectable, const std::string& prefix) {
  std::istringstream in(prometheus::TextSerializer().Serialize(collectable.Collect()));
  std::string out;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(prefix)) out += line + "\n";
  }
  return out;
}

}  // namespace weir::metrics_test
