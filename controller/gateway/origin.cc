#include "controller/gateway/origin.h"

#include <algorithm>

namespace weir::gateway {

namespace {

// "a, b" and another line "c" are three, in this order (RFC 9110 5.3).
std::vector<std::string_view> forwarded_for(const RequestHead& head) {
  std::vector<std::string_view> all;
  for (const Header& header : head.headers) {
    if (!equals_ignoring_case(header.name, "x-forwarded-for")) continue;
    for (std::string_view rest = header.value;;) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      std::string_view one = rest.substr(0, comma);
      one.remove_prefix(std::min(one.find_first_not_of(" \t"), one.size()));
      one = one.substr(0, one.find_last_not_of(" \t") + 1);
      all.push_back(one);
      if (comma == rest.size()) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return all;
}

// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80". Empty: it is none.
std::string address_in(std::string_view text) {
  if (text.starts_with('[')) {
    text = text.substr(1, text.find(']') - 1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    text = text.substr(0, text.find(':'));
  }
  return parse_ip(text) ? std::string(text) : std::string();
}

}  // namespace

bool Clients::trusts(const std::string& ip) const {
  const auto address = parse_ip(ip);
  return address && std::any_of(trusted.begin(), trusted.end(),
                                [&](const Cidr& block) { return block.has(*address); });
}

ClientsPtr make_clients(const RouteClients& from) {
  if (from == RouteClients{}) return nullptr;
  auto made = std::make_shared<Clients>(Clients{.from = from, .trusted = {}});
  for (const std::string& text : from.trusted_cidrs) {
    if (const auto block = Cidr::parse(text)) made->trusted.push_back(*block);
  }
  return made;
}

// With one proxy in front, "X-Forwarded-For: faked, client" and the proxy's connection: the client
// is the last that is written there.
Caller caller_of(const Origin& origin, const RequestHead& head) {
  const Caller itself{.ip = origin.ip};
  const Clients* clients = origin.clients.get();
  if (!clients || (clients->from.trusted_hops == 0 && !clients->trusts(origin.ip))) return itself;
  const std::vector<std::string_view> said = forwarded_for(head);
  const auto hops = static_cast<std::size_t>(clients->from.trusted_hops);
  if (hops > 0) {
    if (said.size() < hops) return itself;
    const std::string ip = address_in(said[said.size() - hops]);
    return ip.empty() ? itself : Caller{.ip = ip, .through_proxy = true};
  }
  Caller caller{.ip = origin.ip, .through_proxy = true};
  for (auto one = said.rbegin(); one != said.rend() && clients->trusts(caller.ip); ++one) {
    const std::string ip = address_in(*one);
    if (ip.empty()) break;
    caller.ip = ip;
  }
  return caller;
}

}  // namespace weir::gateway
