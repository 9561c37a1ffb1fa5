// A table as weir serve tells it. What is read of it is what would be told again, and no request
// breaks it.

#include <array>

#include "controller/gateway/snapshot.h"
#include "controller/gateway/wire.h"
#include "tests/fuzz/front.h"

namespace weir::fuzz {

const std::vector<std::string>& seeds() {
  static const std::vector<std::string> kSeeds{
      gateway::publish_line(7, {.listeners = {listener()}}),
      gateway::publish_line(
          8, {.listeners = {listener({.proxy_protocol = RouteClients::ProxyProtocol::required,
                                      .trusted_cidrs = {"10.0.0.0/8"},
                                      .body_max = 9})}})};
  return kSeeds;
}

void run(Input input) {
  const auto message = gateway::read_message(input.rest());
  if (!message || message->publish == 0) return;
  const std::string told = gateway::publish_line(message->publish, message->table);
  const auto again = gateway::read_message(told);
  expect(again.has_value(), "what was read can be told");
  expect(gateway::publish_line(again->publish, again->table) == told, "and means the same");
  const auto snapshot = gateway::make_snapshot(1, message->table, {});
  gateway::View view(snapshot);
  constexpr std::array kRequests{"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                                 "GET /changed?b=2 HTTP/1.1\r\nHost: other\r\nX-A: 1\r\n\r\n"};
  for (const char* request : kRequests) {
    gateway::RequestHead head;
    expect(!gateway::parse(request, head), "these are requests");
    for (const auto& [name, listener] : snapshot->listeners) {
      const gateway::Rule* rule = listener.rule_for(head);
      const gateway::Backend* backend = rule ? view.turns.backend(*rule) : nullptr;
      if (backend) view.turns.endpoint(*backend, {}, {});
    }
  }
}

}  // namespace weir::fuzz
