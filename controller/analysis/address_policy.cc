#include "controller/analysis/address_policy.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>

namespace weir::analysis {

namespace {

struct Denied {
  const char* network;
  const char* what;
};
constexpr Denied kDenied[] = {
    {"0.0.0.0/8", "an unspecified address"},  // to connect to 0.0.0.0 is to connect to this host
    {"::/128", "an unspecified address"},
    {"127.0.0.0/8", "a loopback address"},
    {"::1/128", "a loopback address"},
    {"169.254.0.0/16", "a link-local address"},
    {"fe80::/10", "a link-local address"},
    {"224.0.0.0/4", "a multicast address"},
    {"ff00::/8", "a multicast address"},
    {"255.255.255.255/32", "a broadcast address"},
    // A site's own NAT64 (RFC 8215): where the address of IPv4 stands is up to the site.
    {"64:ff9b:1::/48", "an address of a translator to IPv4"},
    // Clouds' metadata services that are not link-local: AWS, Google Cloud, Alibaba, Azure.
    {"fd00:ec2::254/128", "a metadata service"},
    {"fd20:ce::254/128", "a metadata service"},
    {"100.100.100.200/32", "a metadata service"},
    {"168.63.129.16/32", "a metadata service"},
};

// Where an address of IPv4 stands in one of IPv6 that a router on the way may turn into it.
struct Embedding {
  const char* network;
  std::array<std::size_t, 4> bytes;
};
constexpr Embedding kEmbeddings[] = {
    {"::/96", {12, 13, 14, 15}},            // IPv4-compatible
    {"::ffff:0:0:0/96", {12, 13, 14, 15}},  // IPv4-translated
    {"64:ff9b::/96", {12, 13, 14, 15}},     // NAT64
    {"2002::/16", {2, 3, 4, 5}},            // 6to4
};

bool has(const char* network, const IpAddress& address) {
  const auto cidr = Cidr::parse(network);
  return cidr && cidr->has(address);
}

std::optional<std::string> what_is(const IpAddress& address,
                                   const std::vector<HostInterface>& interfaces) {
  for (const Denied& denied : kDenied) {
    if (has(denied.network, address)) return denied.what;
  }
  for (const HostInterface& one : interfaces) {
    if (one.address == address) return "an address of this host";
  }
  for (const HostInterface& one : interfaces) {
    if (one.is_bridge && one.network.has(address)) return "in the network of bridge " + one.name;
  }
  return std::nullopt;
}

// How many bits a netmask has set; of IPv4 the 96 before them as well.
int bits_of(const sockaddr* mask) {
  const auto bytes = ip_of(mask);
  if (!bytes) return 128;
  const bool ipv4 = mask->sa_family == AF_INET;
  int bits = ipv4 ? 96 : 0;
  for (std::size_t i = ipv4 ? 12 : 0; i < bytes->size(); ++i) bits += std::popcount((*bytes)[i]);
  return bits;
}

bool is_bridge(const std::string& interface) {
  return ::access(("/sys/class/net/" + interface + "/bridge").c_str(), F_OK) == 0;
}

}  // namespace

std::optional<std::vector<HostInterface>> read_interfaces() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return std::nullopt;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
  std::vector<HostInterface> found;
  for (const ifaddrs* one = list; one; one = one->ifa_next) {
    const auto address = ip_of(one->ifa_addr);
    if (!address) continue;
    std::string name = one->ifa_name;
    name.erase(std::min(name.find(':'), name.size()));  // "eth0:1" is a second address of eth0
    found.push_back({.name = name,
                     .address = *address,
                     .network = {.first = *address, .bits = bits_of(one->ifa_netmask)},
                     .is_bridge = is_bridge(name)});
  }
  return found;
}

std::optional<std::string> why_denied(const IpAddress& address,
                                      const std::vector<HostInterface>& interfaces,
                                      const std::vector<Cidr>& allowed) {
  for (const Cidr& one : allowed) {
    if (one.has(address)) return std::nullopt;
  }
  if (const auto what = what_is(address, interfaces)) return text(address) + " is " + *what;
  for (const Embedding& one : kEmbeddings) {
    if (!has(one.network, address)) continue;
    IpAddress inner{};
    inner[10] = inner[11] = 0xff;
    for (std::size_t i = 0; i < 4; ++i) inner[12 + i] = address[one.bytes[i]];
    const auto what = what_is(inner, interfaces);
    if (what) return text(address) + " carries " + text(inner) + ", which is " + *what;
  }
  return std::nullopt;
}

std::string text(const IpAddress& address) {
  char bytes[INET6_ADDRSTRLEN] = "";
  in6_addr six{};
  std::memcpy(&six, address.data(), address.size());
  if (IN6_IS_ADDR_V4MAPPED(&six)) return ::inet_ntop(AF_INET, &address[12], bytes, sizeof bytes);
  return ::inet_ntop(AF_INET6, &six, bytes, sizeof bytes);
}

std::optional<IpAddress> ip_of(const sockaddr* address) {
  IpAddress ip{};
  if (address && address->sa_family == AF_INET) {
    ip[10] = ip[11] = 0xff;
    std::memcpy(&ip[12], &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, 4);
    return ip;
  }
  if (!address || address->sa_family != AF_INET6) return std::nullopt;
  std::memcpy(ip.data(), &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, 16);
  return ip;
}

std::optional<std::string> AddressPolicy::why_denied(
    const IpAddress& address, const std::vector<IpAddress>& also_allowed) const {
  std::vector<Cidr> allowed = allowed_;
  for (const IpAddress& one : also_allowed) allowed.push_back({.first = one});
  if (const auto interfaces = read_()) {
    return analysis::why_denied(address, *interfaces, allowed);
  }
  for (const Cidr& one : allowed) {
    if (one.has(address)) return std::nullopt;
  }
  return text(address) + " may be this host's own: its interfaces cannot be read";
}

}  // namespace weir::analysis
