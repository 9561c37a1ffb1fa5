#pragma once

// Addresses and blocks of them: "10.1.2.3", "2001:db8::1", "10.0.0.0/8". Pure.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weir {

// In IPv6; one of IPv4 as RFC 4291 2.5.5.2 maps it.
using IpAddress = std::array<std::uint8_t, 16>;

std::optional<IpAddress> parse_ip(std::string_view text);

struct Cidr {
  IpAddress first = {};
  int bits = 128;  // how many all of its addresses have in common

  // An address alone is a block of one. Nullopt: it is neither.
  static std::optional<Cidr> parse(std::string_view text);
  bool has(const IpAddress& address) const;
};

}  // namespace weir
