// An endpoint that answers whatever it likes, in HTTP/1.1 or in HTTP/2. What its client gets is
// whole responses, or one that is visibly cut.

#include "controller/gateway/http1.h"
#include "tests/fuzz/front.h"

namespace weir::fuzz {

namespace {

// The client's side: responses to GETs, one after the other.
void read_again(std::string_view bytes) {
  while (!bytes.empty()) {
    gateway::ResponseHead head;
    expect(!gateway::parse(bytes, head), "a head that goes to a client is well-formed");
    if (head.size == 0) return;
    bytes.remove_prefix(head.size);
    if (head.status == 101) return;
    if (head.status < 200) continue;
    gateway::Body body = gateway::Body::of(head, "GET");
    const auto taken = body.feed(bytes, [](std::string_view) {});
    expect(taken.has_value(), "a body that goes to a client is well-formed");
    bytes.remove_prefix(*taken);
  }
}

}  // namespace

const std::vector<std::string>& seeds() {
  static const std::vector<std::string> kSeeds{
      std::string("\0\xff", 2) + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
      std::string("\0\5", 2) +
          "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: "
          "chunked\r\nX: y\r\n\r\n2;a\r\nok\r\n0\r\nT: 1\r\n\r\n",
      std::string("\0\xff", 2) +
          "HTTP/1.0 404 Not Found\r\nConnection: keep-alive\r\n\r\nuntil the end",
      std::string("\1\xff", 2) +
          "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nx",
      std::string("\2\xff", 2) + std::string("\0\0\0\4\0\0\0\0\0"
                                             "\0\0\1\1\4\0\0\0\1\x88"
                                             "\0\0\2\0\1\0\0\0\1ok",
                                             9 + 10 + 11)};
  return kSeeds;
}

void run(Input input) {
  const std::uint8_t flags = input.byte();
  const std::size_t piece = input.byte() + 1u;
  const std::string answer(input.rest());
  gateway::Lasting lasting;
  gateway::CurrentSnapshot current;
  gateway::AccessLog log(nowhere());
  auto owned = std::make_unique<gateway::MemoryIo>();
  gateway::MemoryIo& io = *owned;
  gateway::Gate gate(0, std::move(owned), current, {}, log);
  current.set(gateway::make_snapshot(1, {.listeners = {listener({}, flags & 2)}}, lasting));
  gate.listen(0, "web", [&](const gateway::Accepted& one) { gate.accept(one); });
  gateway::MemoryStream& client = io.accept();
  client.say((flags & 1) ? "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"
                         : "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  std::size_t answered = 0;
  for (int turns = 0; turns == 0 || io.moved; ++turns) {
    gate.turn();
    expect(turns < 20'000, "it comes to rest");
    // Each new connection is answered so, and then ends.
    if (answered == io.upstream.size()) continue;
    gateway::MemoryStream& endpoint = **std::next(io.upstream.begin(), static_cast<long>(answered));
    if (endpoint.out.empty()) continue;
    ++answered;
    for (std::string_view rest = answer; !rest.empty();) {
      endpoint.say(rest.substr(0, piece));
      rest.remove_prefix(std::min(piece, rest.size()));
    }
    endpoint.end((flags & 4) ? ECONNRESET : 0);
    io.moved = true;
  }
  read_again(client.out);
}

}  // namespace weir::fuzz
