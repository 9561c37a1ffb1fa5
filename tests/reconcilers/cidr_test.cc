// Blocks of addresses.

#include "reconcilers/cidr.h"

#include <gtest/gtest.h>

namespace weir::test {
namespace {

TEST(Cidr, HasItsAddresses) {
  const struct {
    const char* block;
    const char* ip;
    const char* want;
  } rows[] = {
      {"10.0.0.0/8", "10.255.0.1", "in"},
      {"10.0.0.0/8", "11.0.0.0", "out"},
      {"10.1.2.3", "10.1.2.3", "in"},
      {"10.1.2.3", "10.1.2.4", "out"},
      {"10.1.2.0/23", "10.1.3.9", "in"},
      {"10.1.2.0/23", "10.1.4.0", "out"},
      {"0.0.0.0/0", "192.0.2.1", "in"},
      {"0.0.0.0/0", "2001:db8::1", "out"},
      {"::/0", "2001:db8::1", "in"},
      {"2001:db8::/33", "2001:db8:7fff::", "in"},
      {"2001:db8::/33", "2001:db8:8000::", "out"},
      {"::ffff:10.0.0.0/104", "10.9.9.9", "in"},
      {"10.0.0.0/33", "", "none"},
      {"10.0.0.0/-1", "", "none"},
      {"10.0.0.0/", "", "none"},
      {"10.0.0.0/8x", "", "none"},
      {"10.0.0/8", "", "none"},
      {"2001:db8::/129", "", "none"},
      {"", "", "none"},
      {"web", "", "none"},
  };
  for (const auto& row : rows) {
    const auto block = Cidr::parse(row.block);
    const auto ip = parse_ip(row.ip);
    const std::string got = !block ? "none" : ip && block->has(*ip) ? "in" : "out";
    EXPECT_EQ(got, row.want) << row.block << " " << row.ip;
  }
}

}  // namespace
}  // namespace weir::test
