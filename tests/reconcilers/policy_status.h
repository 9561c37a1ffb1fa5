#pragma once

// What a plan writes into a policy's status, a line a target.

#include <string>

#include "reconcilers/plan.h"

namespace weir::test {

template <class Policy>
std::string status_in(const Plan& plan) {
  for (const Change& change : plan.changes) {
    const auto* update = std::get_if<UpdateStatus>(&change);
    if (!update) continue;
    std::string out;
    for (const auto& one : std::get<Policy>(update->object).status.ancestors) {
      out += one.ancestorRef.kind + " " + one.ancestorRef.name;
      for (const api::Condition& c : one.conditions) {
        out += " " + c.type + "=" + c.status + "(" + c.reason + ") " + c.message;
      }
      out += "\n";
    }
    return out;
  }
  return "no status";
}

}  // namespace weir::test
