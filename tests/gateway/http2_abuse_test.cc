// What no decent client of HTTP/2 sends: floods, frames that are cut or of chance. It ends that
// connection, costs little, and nobody else notices.

#include <fstream>
#include <random>

#include "tests/gateway/http2_peer.h"

namespace weir::gateway {
namespace {

using test::soon;

class Http2Abuse : public OnEachIo {
 protected:
  void SetUp() override {
    OnEachIo::SetUp();
    if (worker_) route_to({backend_.port()});
  }
  // Sends until the other side ends the connection, and how it said so: "enhance your calm".
  std::string flood(const std::string& first,
                    const std::function<std::string(std::uint32_t)>& next) {
    FramesByHand peer(port_);
    peer.send(kPreface + first);
    std::atomic<bool> open = true;
    std::string last;
    std::thread reader([&] {
      last = peer.read(NGHTTP2_GOAWAY);
      open = false;
    });
    for (std::uint32_t i = 0; i < kEnough && open && peer.send(next(i)); ++i) continue;
    reader.join();
    return last.size() < 8 ? "cut" : nghttp2_http2_strerror(static_cast<unsigned char>(last[7]));
  }
  std::size_t requests() const { return backend_.requests().size(); }
  void expect_well() {
    Http2Peer good(port_);
    EXPECT_EQ(good.get().body, "ok");
    EXPECT_TRUE(soon([&] { return worker_->sessions() <= 1; }));
  }

  static constexpr std::uint32_t kEnough = 100000;
  ScriptedBackend backend_{{}};
};

std::string number(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

TEST_P(Http2Abuse, RapidReset) {
  const std::string end = flood("", [](std::uint32_t i) {
    const std::uint32_t id = 2 * i + 1;
    return frame(NGHTTP2_HEADERS, 5, id, kGetBlock) +
           frame(NGHTTP2_RST_STREAM, 0, id, number(NGHTTP2_CANCEL));
  });
  EXPECT_EQ(end, "ENHANCE_YOUR_CALM");
  EXPECT_LE(requests(), 150u);
  expect_well();
}

// CVE-2025-8671: it has us do the resetting.
TEST_P(Http2Abuse, MadeReset) {
  const std::string end = flood("", [](std::uint32_t i) {
    const std::uint32_t id = 2 * i + 1;
    return frame(NGHTTP2_HEADERS, 5, id, kGetBlock) +
           frame(NGHTTP2_WINDOW_UPDATE, 0, id, number(0));
  });
  EXPECT_TRUE(end == "ENHANCE_YOUR_CALM" || end == "PROTOCOL_ERROR") << end;
  expect_well();
}

TEST_P(Http2Abuse, ContinuationFlood) {
  flood(frame(NGHTTP2_HEADERS, 1, 1, kGetBlock),
        [](std::uint32_t) { return frame(NGHTTP2_CONTINUATION, 0, 1, std::string(1000, '\x82')); });
  EXPECT_EQ(requests(), 0u);
  expect_well();
}

TEST_P(Http2Abuse, SettingsFlood) {
  EXPECT_EQ(flood("", [](std::uint32_t) { return frame(NGHTTP2_SETTINGS, 0, 0, ""); }),
            "ENHANCE_YOUR_CALM");
  expect_well();
}

TEST_P(Http2Abuse, EmptyDataFlood) {
  const std::string end = flood(frame(NGHTTP2_HEADERS, 4, 1, kGetBlock),
                                [](std::uint32_t) { return frame(NGHTTP2_DATA, 0, 1, ""); });
  EXPECT_EQ(end, "ENHANCE_YOUR_CALM");
  expect_well();
}

TEST_P(Http2Abuse, MoreRequestsThanAllowed) {
  ScriptedBackend silent(std::deque<Move>(500, Move{.send = "", .silent = true}));
  route_to({silent.port()});
  FramesByHand peer(port_);
  std::string all = kPreface;
  for (std::uint32_t i = 0; i < 160; ++i) all += frame(NGHTTP2_HEADERS, 5, 2 * i + 1, kGetBlock);
  peer.send(all);
  EXPECT_TRUE(soon([&] { return silent.requests().size() == 128; }));
}

// What answers them is not taken.
TEST_P(Http2Abuse, PingFloodOfOneWhoDoesNotRead) {
  const int fd = connected_to(port_);
  std::string pings;
  for (int i = 0; i < 1000; ++i) pings += frame(NGHTTP2_PING, 0, 0, "12345678");
  ::send(fd, kPreface.data(), kPreface.size(), MSG_NOSIGNAL);
  int sent = 0;
  constexpr int kNever = 2000000;
  while (sent<kNever&& ::send(fd, pings.data(), pings.size(), MSG_NOSIGNAL)> 0) ++sent;
  EXPECT_LT(sent, kNever);
  ::close(fd);
  expect_well();
}

// Highly compressed: a byte each.
TEST_P(Http2Abuse, HpackBomb) {
  std::string block = kGetBlock + std::string("\x40\x01x\x7f\xa1\x1e", 6) + std::string(4000, 'a');
  block += std::string(10000, '\xbe');
  {
    FramesByHand peer(port_);
    peer.send(kPreface + frame(NGHTTP2_HEADERS, 5, 1, block));
    EXPECT_NE(peer.read(NGHTTP2_HEADERS), "");  // 431
  }
  EXPECT_EQ(requests(), 0u);
  expect_well();
}

TEST_P(Http2Abuse, AHeadThatDoesNotEnd) {
  start({.head = std::chrono::seconds(1)});
  route_to({backend_.port()});
  FramesByHand peer(port_);
  peer.send(kPreface + frame(NGHTTP2_HEADERS, 1, 1, kGetBlock));
  EXPECT_NE(peer.read(NGHTTP2_GOAWAY), "");
}

TEST_P(Http2Abuse, AnIdleConnectionEnds) {
  start({.idle = std::chrono::seconds(1)});
  route_to({backend_.port()});
  Http2Peer peer(port_);
  EXPECT_EQ(peer.get().body, "ok");
  EXPECT_TRUE(peer.run([&] { return peer.going_away(); }));
  peer.run([] { return false; });
  EXPECT_TRUE(peer.ended());
}

TEST_P(Http2Abuse, AHeadOfHttp1InDropsHasOneDeadline) {
  start({.head = std::chrono::seconds(1)});
  route_to({backend_.port()});
  const int fd = connected_to(port_);
  const std::string head = "GET / HTTP/1.1\r\n";
  ::send(fd, head.data(), head.size(), MSG_NOSIGNAL);
  EXPECT_TRUE(soon([&] {
    ::send(fd, "a", 1, MSG_NOSIGNAL);
    char byte;
    return ::recv(fd, &byte, 1, MSG_DONTWAIT) == 1;  // 408
  }));
  ::close(fd);
}

long resident_kilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  }
  return 0;
}

// Good frames, cut anywhere, with some of their bytes changed, and frames of chance.
TEST_P(Http2Abuse, FramesOfChance) {
  std::mt19937 chance(20);
  const std::string good =
      frame(NGHTTP2_HEADERS, 5, 1, kGetBlock) + frame(NGHTTP2_HEADERS, 4, 3, kGetBlock) +
      frame(NGHTTP2_DATA, 0, 3, std::string(100, 'x')) + frame(NGHTTP2_PING, 0, 0, "12345678") +
      frame(NGHTTP2_WINDOW_UPDATE, 0, 3, number(1000)) + frame(NGHTTP2_DATA, 1, 3, "y") +
      frame(NGHTTP2_PRIORITY, 0, 5, number(3) + "\x10");
  long before = 0;
  for (int i = 0; i < 600; ++i) {
    if (i == 100) before = resident_kilobytes();
    std::string bytes = kPreface;
    if (i % 3 == 0) {
      for (std::size_t n = chance() % 20; n > 0; --n) {
        std::string payload(chance() % 200, '\0');
        for (char& c : payload) c = static_cast<char>(chance());
        bytes += frame(static_cast<int>(chance() % 12), static_cast<int>(chance() % 64),
                       chance() % 8, payload);
      }
    } else {
      bytes += good;
      for (std::size_t n = chance() % 4; n > 0; --n) {
        bytes[33 + chance() % (bytes.size() - 33)] = static_cast<char>(chance());
      }
      if (i % 3 == 1) bytes.resize(chance() % bytes.size());
    }
    const int fd = connected_to(port_);
    ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ::close(fd);
  }
  expect_well();
  EXPECT_LT(resident_kilobytes() - before, 64 << 10);
}

INSTANTIATE_TEST_SUITE_P(Io, Http2Abuse, testing::Values(IoChoice::epoll, IoChoice::io_uring),
                         io_name);

}  // namespace
}  // namespace weir::gateway
