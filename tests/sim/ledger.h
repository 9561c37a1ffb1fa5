#pragma once

// Users who count together: two ConfigMaps, always written in one transaction, each count made from
// what was read before. Two of them often write at once: one must be refused, and its count changes
// nothing. Invariant 3: both books say the same. Invariant 6: they say how often it was
// acknowledged, and at most once more for each count whose answer a crash has taken.

#include <memory>
#include <string>

#include "controller/store/store.h"

namespace weir::sim {

class Ledger {
 public:
  void count(Store& store);
  std::string check(const Store& store) const;  // empty: all is well
  void lost() { *this = {}; }                   // with the data folder

 private:
  // Shared with the answers, which may come when the ledger is gone.
  struct Tally {
    int started = 0;
    int acknowledged = 0;
    int unanswered = 0;
  };
  std::shared_ptr<Tally> tally_ = std::make_shared<Tally>();
};

}  // namespace weir::sim
