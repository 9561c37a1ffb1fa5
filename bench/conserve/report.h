// What a run found, as text or as JSON.
#pragma once

#include <optional>
#include <string>

#include "bench/conserve/ledger.h"
#include "bench/conserve/seen_listener.h"

namespace weir::conserve {

struct Outcome {
  Figures figures;
  std::optional<Seen> seen;  // with --seen-listen

  // Why the figures prove nothing: no request was made, or no backend reported; "" if they do.
  std::string blind() const;
  bool laws_held() const;
};

std::string text_report(const Outcome& outcome);
std::string json_report(const Outcome& outcome);

}  // namespace weir::conserve
