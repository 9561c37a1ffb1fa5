// Which addresses may be reached.

#include "controller/analysis/address_policy.h"

#include <gtest/gtest.h>

namespace weir::analysis {
namespace {

IpAddress ip(const char* text) { return parse_ip(text).value(); }

HostInterface interface(const char* name, const char* address, const char* network, bool bridge) {
  return {.name = name,
          .address = ip(address),
          .network = Cidr::parse(network).value(),
          .is_bridge = bridge};
}

const std::vector<HostInterface> kInterfaces{
    interface("lo", "127.0.0.1", "127.0.0.0/8", false),
    interface("eth0", "198.51.100.7", "198.51.100.0/24", false),
    interface("eth0", "2001:db8::7", "2001:db8::/64", false),
    interface("docker0", "172.17.0.1", "172.17.0.0/16", true),
    interface("br-6", "fd10::1", "fd10::/64", true),
};

TEST(AddressPolicy, Table) {
  const struct {
    const char* address;
    const char* want;
  } rows[] = {
      {"203.0.113.1", "may"},
      {"10.1.2.3", "may"},
      {"192.168.1.2", "may"},
      {"2001:db8:1::1", "may"},
      {"127.0.0.1", "127.0.0.1 is a loopback address"},
      {"127.255.0.9", "127.255.0.9 is a loopback address"},
      {"::1", "::1 is a loopback address"},
      {"0.0.0.0", "0.0.0.0 is an unspecified address"},
      {"0.1.2.3", "0.1.2.3 is an unspecified address"},
      {"::", ":: is an unspecified address"},
      {"169.254.169.254", "169.254.169.254 is a link-local address"},
      {"fe80::1", "fe80::1 is a link-local address"},
      {"febf::1", "febf::1 is a link-local address"},
      {"224.0.0.1", "224.0.0.1 is a multicast address"},
      {"239.255.255.250", "239.255.255.250 is a multicast address"},
      {"ff02::1", "ff02::1 is a multicast address"},
      {"255.255.255.255", "255.255.255.255 is a broadcast address"},
      {"fd00:ec2::254", "fd00:ec2::254 is a metadata service"},
      {"100.100.100.200", "100.100.100.200 is a metadata service"},

      {"198.51.100.7", "198.51.100.7 is an address of this host"},
      {"2001:db8::7", "2001:db8::7 is an address of this host"},
      {"172.17.0.1", "172.17.0.1 is an address of this host"},
      {"198.51.100.8", "may"},
      {"2001:db8::8", "may"},
      {"172.17.0.2", "172.17.0.2 is in the network of bridge docker0"},
      {"172.17.255.255", "172.17.255.255 is in the network of bridge docker0"},
      {"172.18.0.2", "may"},
      {"fd10::2", "fd10::2 is in the network of bridge br-6"},
      {"fd10:0:0:1::2", "may"},

      {"::ffff:127.0.0.1", "127.0.0.1 is a loopback address"},
      {"::ffff:169.254.169.254", "169.254.169.254 is a link-local address"},
      {"::ffff:203.0.113.1", "may"},
      {"::127.0.0.1", "::127.0.0.1 carries 127.0.0.1, which is a loopback address"},
      {"::ffff:0:127.0.0.1", "::ffff:0:7f00:1 carries 127.0.0.1, which is a loopback address"},
      {"64:ff9b::127.0.0.1", "64:ff9b::7f00:1 carries 127.0.0.1, which is a loopback address"},
      {"64:ff9b::172.17.0.2",
       "64:ff9b::ac11:2 carries 172.17.0.2, which is in the network of bridge docker0"},
      {"64:ff9b::203.0.113.1", "may"},
      {"64:ff9b:1::203.0.113.1", "64:ff9b:1::cb00:7101 is an address of a translator to IPv4"},
      {"2002:7f00:1::1", "2002:7f00:1::1 carries 127.0.0.1, which is a loopback address"},
      {"2002:cb00:7101::1", "may"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(why_denied(ip(row.address), kInterfaces, {}).value_or("may"), row.want)
        << row.address;
  }
}

TEST(AddressPolicy, WhatIsAllowedGoesBefore) {
  const std::vector<Cidr> allowed{*Cidr::parse("127.0.0.2"), *Cidr::parse("172.17.0.0/24"),
                                  *Cidr::parse("::1")};
  const struct {
    const char* address;
    const char* want;
  } rows[] = {
      {"127.0.0.2", "may"},
      {"127.0.0.1", "127.0.0.1 is a loopback address"},
      {"172.17.0.2", "may"},
      {"172.17.0.1", "may"},
      {"172.17.1.2", "172.17.1.2 is in the network of bridge docker0"},
      {"::1", "may"},
      {"::ffff:127.0.0.2", "may"},
      {"64:ff9b::127.0.0.2", "64:ff9b::7f00:2 carries 127.0.0.2, which is a loopback address"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(why_denied(ip(row.address), kInterfaces, allowed).value_or("may"), row.want)
        << row.address;
  }
}

TEST(AddressPolicy, TheInterfacesAreReadEachTime) {
  std::vector<HostInterface> now;
  const AddressPolicy policy({}, [&now] { return now; });
  EXPECT_EQ(policy.why_denied(ip("172.17.0.2"), {}).value_or("may"), "may");
  now = kInterfaces;
  EXPECT_EQ(policy.why_denied(ip("172.17.0.2"), {}).value_or("may"),
            "172.17.0.2 is in the network of bridge docker0");
  EXPECT_EQ(policy.why_denied(ip("172.17.0.2"), {ip("172.17.0.2")}).value_or("may"), "may");
  EXPECT_EQ(policy.why_denied(ip("172.17.0.3"), {ip("172.17.0.2")}).value_or("may"),
            "172.17.0.3 is in the network of bridge docker0");
}

TEST(AddressPolicy, WithoutInterfacesOnlyWhatIsAllowed) {
  const AddressPolicy policy({*Cidr::parse("10.0.0.0/8")}, [] { return std::nullopt; });
  EXPECT_EQ(policy.why_denied(ip("10.1.2.3"), {}).value_or("may"), "may");
  EXPECT_EQ(policy.why_denied(ip("203.0.113.1"), {}).value_or("may"),
            "203.0.113.1 may be this host's own: its interfaces cannot be read");
}

TEST(AddressPolicy, ThisHostsInterfaces) {
  const auto interfaces = read_interfaces();
  ASSERT_TRUE(interfaces);
  bool loopback = false;
  for (const HostInterface& one : *interfaces) {
    EXPECT_TRUE(one.network.has(one.address)) << one.name;
    if (one.address != ip("127.0.0.1")) continue;
    loopback = true;
    EXPECT_EQ(one.name, "lo");
    EXPECT_EQ(one.network.bits, 96 + 8);
    EXPECT_FALSE(one.is_bridge);
  }
  EXPECT_TRUE(loopback);
}

}  // namespace
}  // namespace weir::analysis
