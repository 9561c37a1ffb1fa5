#include "reconcilers/cidr.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace weir {

namespace {

constexpr int kMapped = 96;  // bits before an IPv4 address

}  // namespace

std::optional<IpAddress> parse_ip(std::string_view text) {
  const std::string terminated(text.substr(0, INET6_ADDRSTRLEN));
  IpAddress ip{};
  if (::inet_pton(AF_INET6, terminated.c_str(), ip.data()) == 1) return ip;
  if (::inet_pton(AF_INET, terminated.c_str(), &ip[12]) != 1) return std::nullopt;
  ip[10] = ip[11] = 0xff;
  return ip;
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto ip = parse_ip(text.substr(0, slash));
  if (!ip) return std::nullopt;
  if (slash == text.npos) return Cidr{.first = *ip};
  const int before = text.substr(0, slash).find(':') == text.npos ? kMapped : 0;
  const std::string_view digits = text.substr(slash + 1);
  int bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (bits < 0 || bits + before > 128) return std::nullopt;
  return Cidr{.first = *ip, .bits = bits + before};
}

bool Cidr::has(const IpAddress& address) const {
  const auto whole = bits / 8;
  if (!std::equal(first.begin(), first.begin() + whole, address.begin())) return false;
  const int rest = bits % 8;
  const auto at = static_cast<std::size_t>(whole);
  return rest == 0 || (first[at] >> (8 - rest)) == (address[at] >> (8 - rest));
}

}  // namespace weir
