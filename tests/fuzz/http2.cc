// A client of HTTP/2: frames of any kind, in any order, with anything in them.

#include "tests/fuzz/front.h"

namespace weir::fuzz {

namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

std::string frame(std::size_t type, std::size_t flags, std::size_t stream,
                  std::string_view payload) {
  std::string out;
  for (const std::size_t byte : {payload.size() >> 16, payload.size() >> 8, payload.size(), type,
                                 flags, stream >> 24, stream >> 16, stream >> 8, stream}) {
    out += static_cast<char>(byte & 255);
  }
  return out.append(payload);
}

// As an input has it: its type, its flags, its stream, how long it is; and then that.
std::string seed_of(std::size_t type, std::size_t flags, std::size_t stream,
                    const std::string& payload) {
  std::string out;
  for (const std::size_t byte : {type, flags, stream, payload.size()}) {
    out += static_cast<char>(byte);
  }
  return out + payload;
}

// :method GET (or POST), :scheme http, :path /, :authority a
const std::string kGet("\x82\x86\x84\x41\1a", 6);
const std::string kPost("\x83\x86\x84\x41\1a", 6);

}  // namespace

const std::vector<std::string>& seeds() {
  static const std::vector<std::string> kSeeds{
      std::string(1, '\0') + seed_of(4, 0, 0, "") + seed_of(1, 5, 1, kGet),
      std::string(1, '\1') + seed_of(4, 0, 0, "") + seed_of(1, 4, 1, kPost) +
          seed_of(0, 0, 1, "hello") + seed_of(0, 1, 1, "!") + seed_of(1, 5, 3, kGet) +
          seed_of(3, 0, 3, std::string("\0\0\0\x8", 4)),
      std::string(1, '\2') + seed_of(4, 0, 0, std::string("\0\4\0\0\0\1", 6)) +
          seed_of(1, 1, 1, kGet.substr(0, 3)) + seed_of(9, 4, 1, kGet.substr(3)) +
          seed_of(6, 0, 0, "12345678") + seed_of(8, 0, 1, std::string("\0\0\0\5", 4)) +
          seed_of(7, 0, 0, std::string(8, '\0')),
      std::string(1, '\3') + seed_of(4, 0, 0, "") +
          seed_of(1, 5, 1, kGet + std::string("\x40\3x-a\1b", 7)) + seed_of(2, 0, 1, "12345"),
  };
  return kSeeds;
}

void run(Input input) {
  const std::uint8_t flags = input.byte();
  const RouteClients clients{.body_max = (flags & 8) ? 4 : 0, .log_basis_points = 5000};
  Front front(listener(clients), [&](const gateway::RequestHead& head) -> std::string {
    if (head.method == "HEAD") return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
    if (flags & 1) return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nt: 1\r\n\r\n";
  });
  front.client().say(kPreface);
  while (!input.empty()) {
    const std::uint8_t type = input.byte(), frame_flags = input.byte(), stream = input.byte();
    front.client().say(frame(type, frame_flags, stream, input.bytes(input.byte())));
    if (flags & 2) front.settle();
  }
  front.settle();
  front.end((flags & 4) ? ECONNRESET : 0);
}

}  // namespace weir::fuzz
