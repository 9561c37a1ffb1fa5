#pragma once

// Names under .example resolve to what a test says, for the whole program, libcurl included:
// fake_resolver.cc stands before the C library's getaddrinfo().

#include <string>
#include <vector>

namespace weir::analysis {

// At the first look-up to the first of `answers`, and so on; the last one stays. An answer is one
// or more addresses: "192.0.2.1 ::1".
void resolve_to(const std::string& name, std::vector<std::string> answers);
int lookups(const std::string& name);

// Who looks this name up waits as long as this lives.
class StalledName {
 public:
  explicit StalledName(std::string name);
  ~StalledName();
  StalledName(const StalledName&) = delete;
  StalledName& operator=(const StalledName&) = delete;
};

}  // namespace weir::analysis
