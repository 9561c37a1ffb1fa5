#pragma once

// Outgoing as tests use it: a request that waits for its answer, and the answer as text.

#include <future>
#include <string>

#include "controller/analysis/outgoing.h"
#include "tests/engine/client.h"

namespace weir::analysis {

inline std::string answer(Outgoing& outgoing, OutgoingRequest request) {
  const auto promise = std::make_shared<std::promise<Result<OutgoingAnswer>>>();
  auto future = promise->get_future();
  outgoing.send(std::move(request), [promise](auto said) { promise->set_value(std::move(said)); });
  if (future.wait_for(std::chrono::minutes(2)) != std::future_status::ready) return "nothing";
  const Result<OutgoingAnswer> said = future.get();
  if (!said) return engine::text(said.error().code) + ": " + said.error().message;
  return std::to_string(said->status) + " " + said->body;
}

// What only a broken test waits for.
constexpr Duration kPatient(60'000);

inline AddressPolicy policy(std::vector<std::string> allowed = {}) {
  std::vector<Cidr> networks;
  for (const std::string& one : allowed) networks.push_back(Cidr::parse(one).value());
  return AddressPolicy(std::move(networks));
}

}  // namespace weir::analysis
