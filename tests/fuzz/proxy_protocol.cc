// The PROXY protocol's header. A verdict does not depend on how the bytes come.

#include "controller/gateway/proxy_protocol.h"

#include "reconcilers/cidr.h"
#include "tests/fuzz/fuzz.h"

namespace weir::fuzz {

using gateway::ProxyHeader;
using gateway::read_proxy_header;

const std::vector<std::string>& seeds() {
  static const std::vector<std::string> kSeeds{"PROXY TCP4 192.0.2.1 192.0.2.9 56324 443\r\nGET /",
                                               "PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n",
                                               "PROXY UNKNOWN\r\n",
                                               std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\xc"
                                                           "aaaabbbbccddrest",
                                                           16 + 16),
                                               std::string("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16)};
  return kSeeds;
}

void run(Input input) {
  using Verdict = ProxyHeader::Verdict;
  const std::string_view all = input.rest();
  const ProxyHeader whole = read_proxy_header(all);
  expect(whole.ip.empty() || parse_ip(whole.ip), "it says an address, or none");
  expect(whole.ip.find_first_not_of("0123456789abcdefABCDEF:.") == whole.ip.npos, "and no more");
  expect(whole.size <= all.size(), "a header is no longer than what came");
  for (std::size_t i = 0; i < all.size(); ++i) {
    const ProxyHeader part = read_proxy_header(all.substr(0, i));
    if (part.verdict == Verdict::more) continue;
    expect(part.verdict == whole.verdict && part.size == whole.size && part.ip == whole.ip,
           "what is decided stays so");
    break;
  }
}

}  // namespace weir::fuzz
