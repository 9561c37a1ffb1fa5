// A client of HTTP/1, whatever it sends and in whatever pieces.

#include "tests/fuzz/front.h"

namespace weir::fuzz {

const std::vector<std::string>& seeds() {
  static const std::vector<std::string> kSeeds{
      std::string("\0\xff", 2) + "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      std::string("\1\7", 2) +
          "POST /changed/x?b=2 HTTP/1.1\r\nHost: a:80\r\nX-A: 1\r\nX-B: 2\r\n"
          "Cookie: a=1; sid=x\r\nContent-Length: 5\r\n\r\nhello"
          "GET /elsewhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
      std::string("\2\3", 2) +
          "PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\n"
          "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
          "Expect: 100-continue\r\nX-Forwarded-For: 192.0.2.1, x\r\n\r\n"
          "3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
      std::string("\4\xff", 2) +
          "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nbytes",
      std::string("\1\xff", 2) + "GET http://a/x?y HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
      std::string("\1\xff", 2) +
          "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"};
  return kSeeds;
}

void run(Input input) {
  const std::uint8_t flags = input.byte();
  const std::size_t piece = input.byte() + 1u;
  RouteClients clients{.body_max = (flags & 8) ? 4 : 0, .log_basis_points = 5000};
  if (flags & 2) clients.proxy_protocol = RouteClients::ProxyProtocol::optional;
  if (flags & 2) clients.trusted_hops = 1;
  Front front(listener(clients), [&](const gateway::RequestHead& head) -> std::string {
    if (!head.upgrade.empty() && (flags & 4)) {
      return "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhello";
    }
    if (head.method == "HEAD") return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
    if (flags & 1) return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
  });
  while (!input.empty()) {
    front.client().say(input.bytes(piece));
    if (flags & 16) front.settle();
  }
  front.settle();
  front.end((flags & 32) ? ECONNRESET : 0);
}

}  // namespace weir::fuzz
