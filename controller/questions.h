#pragma once

// Questions that the API asks the loop: `weir why` and `weir plan`. Each is carried to the loop's
// thread through the mailbox and waited for; called on the API's handler threads.

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "controller/api/writer.h"
#include "controller/loop/loop.h"

namespace weir {

class Questions {
 public:
  Questions(Loop& loop, Mailbox& mailbox, const Clock& clock, Store& store, const Writer& writer)
      : loop_(loop), mailbox_(mailbox), clock_(clock), store_(store), writer_(writer) {}

  // The steps of the last plan and what stopped it.
  Result<nlohmann::json> why(const Key& key) const;
  // What a Kustomization applies when it is applied now, as a List.
  Result<nlohmann::json> manifests(const Key& kustomization) const;
  // What applying these documents would do. Nothing is written.
  Result<nlohmann::json> plan(const std::vector<nlohmann::json>& documents) const;

 private:
  // Runs `ask` on the loop's thread and waits for it.
  Result<void> on_loop(std::function<void()> ask) const;
  Result<Object> admitted(const nlohmann::json& document, std::vector<std::string>& warnings) const;

  Loop& loop_;
  Mailbox& mailbox_;
  const Clock& clock_;
  Store& store_;
  const Writer& writer_;
};

}  // namespace weir
