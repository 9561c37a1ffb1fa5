// The PROXY protocol's header: what is one, what is none, and what only begins like one.

#include "controller/gateway/proxy_protocol.h"

#include <gtest/gtest.h>

namespace weir::gateway {
namespace {

using Verdict = ProxyHeader::Verdict;

const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

std::string binary(unsigned char command, unsigned char family, const std::string& rest,
                   std::size_t length) {
  std::string out = kSignature;
  for (const std::size_t byte :
       {std::size_t{command}, std::size_t{family}, length / 256, length % 256}) {
    out += static_cast<char>(byte);
  }
  return out + rest;
}
std::string binary(unsigned char command, unsigned char family, const std::string& rest) {
  return binary(command, family, rest, rest.size());
}

const std::string kFour(
    "\xc0\0\2\1"
    "\xc0\0\2\x9"
    "\xdc\4\1\xbb",
    12);
const std::string kSix(
    "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
    "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\2"
    "\xdc\4\1\xbb",
    36);

struct Row {
  const char* name;
  std::string bytes;
  Verdict verdict;
  std::string ip = {};
  std::size_t behind = 0;  // bytes that are no part of it
};

std::string shown(Verdict verdict) {
  constexpr const char* kWords[] = {"more", "absent", "malformed", "whole"};
  return kWords[static_cast<int>(verdict)];
}

TEST(ProxyProtocol, IsRead) {
  const Row rows[] = {
      {"nothing yet", "", Verdict::more},
      {"its first letter", "P", Verdict::more},
      {"a POST", "PO", Verdict::absent},
      {"a request", "GET / HTTP/1.1\r\n", Verdict::absent},
      {"two empty lines and a request", "\r\n\r\nGET", Verdict::absent},
      {"version 1", "PROXY TCP4 192.0.2.1 192.0.2.9 56324 443\r\nGET", Verdict::whole, "192.0.2.1",
       3},
      {"version 1, IPv6", "PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n", Verdict::whole,
       "2001:db8::1"},
      {"version 1, of nobody", "PROXY UNKNOWN\r\n", Verdict::whole},
      {"version 1, of nobody, with words", "PROXY UNKNOWN a b c\r\n", Verdict::whole},
      {"version 1, without its end", "PROXY TCP4 192.0.2.1 192.0.2.9 56324 443\r", Verdict::more},
      {"version 1, too long", "PROXY UNKNOWN " + std::string(100, 'a'), Verdict::malformed},
      {"another protocol", "PROXY UDP4 192.0.2.1 192.0.2.9 1 2\r\n", Verdict::malformed},
      {"an address of the other family", "PROXY TCP4 2001:db8::1 192.0.2.9 1 2\r\n",
       Verdict::malformed},
      {"no address", "PROXY TCP4 192.0.2 192.0.2.9 1 2\r\n", Verdict::malformed},
      {"an address, and more behind a NUL",
       std::string("PROXY TCP4 192.0.2.1\0x 192.0.2.9 1 2\r\n", 38), Verdict::malformed},
      {"a line within the line", "PROXY TCP4 192.0.2.1 192.0.2.9 1 2\nX-A: 1\r\n",
       Verdict::malformed},
      {"a line within what is to be ignored", "PROXY UNKNOWN\nX-A: 1\r\n", Verdict::malformed},
      {"no port", "PROXY TCP4 192.0.2.1 192.0.2.9 1\r\n", Verdict::malformed},
      {"a port that is none", "PROXY TCP4 192.0.2.1 192.0.2.9 1 65536\r\n", Verdict::malformed},
      {"a word too many", "PROXY TCP4 192.0.2.1 192.0.2.9 1 2 3\r\n", Verdict::malformed},
      {"two spaces", "PROXY TCP4  192.0.2.1 192.0.2.9 1 2\r\n", Verdict::malformed},
      {"version 2", binary(0x21, 0x11, kFour) + "GET", Verdict::whole, "192.0.2.1", 3},
      {"version 2, IPv6", binary(0x21, 0x21, kSix), Verdict::whole, "2001:db8::1"},
      {"version 2, with more behind the addresses",
       binary(0x21, 0x11, kFour + std::string("\4\0\1x", 4)) + "!", Verdict::whole, "192.0.2.1", 1},
      {"version 2, of the balancer itself", binary(0x20, 0x00, ""), Verdict::whole},
      {"version 2, of a Unix socket", binary(0x21, 0x31, std::string(216, 'a')), Verdict::whole},
      {"version 2, in part", binary(0x21, 0x11, kFour).substr(0, 20), Verdict::more},
      {"version 2, its signature in part", kSignature.substr(0, 7), Verdict::more},
      {"version 3", binary(0x31, 0x11, kFour), Verdict::malformed},
      {"another command", binary(0x22, 0x11, kFour), Verdict::malformed},
      {"too short for its addresses", binary(0x21, 0x11, kFour.substr(0, 11)), Verdict::malformed},
      {"far too long", binary(0x21, 0x11, kFour, 65535), Verdict::malformed},
  };
  for (const Row& row : rows) {
    const ProxyHeader got = read_proxy_header(row.bytes);
    EXPECT_EQ(shown(got.verdict), shown(row.verdict)) << row.name;
    if (row.verdict != Verdict::whole) continue;
    EXPECT_EQ(got.ip, row.ip) << row.name;
    EXPECT_EQ(got.size, row.bytes.size() - row.behind) << row.name;
  }
}

// However it is cut, a whole one is never taken for something else on its way.
TEST(ProxyProtocol, ComesInPieces) {
  for (const std::string& whole :
       {std::string("PROXY TCP4 192.0.2.1 192.0.2.9 56324 443\r\n"), binary(0x21, 0x21, kSix)}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_EQ(shown(read_proxy_header(whole.substr(0, size)).verdict), "more") << size;
    }
  }
}

}  // namespace
}  // namespace weir::gateway
