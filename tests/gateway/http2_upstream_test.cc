// Endpoints that speak HTTP/2 only: gRPC from end to end, and what of it is tried again.

#include <random>

#include "controller/gateway/wire.h"
#include "tests/gateway/http2_backend.h"

namespace weir::gateway {
namespace {

using test::soon;

class Http2Upstreams : public OnEachIo {
 protected:
  void route_to_http2(const std::vector<int>& ports) {
    RouteBackend backend{.service = "default/web:80", .http2 = true};
    for (const int port : ports) {
      backend.endpoints.push_back(
          {.id = "pod-" + std::to_string(port), .address = "127.0.0.1", .port = port});
    }
    publish({.listeners = {{.name = "web",
                            .protocol = RouteProtocol::http,
                            .rules = {{.backends = {std::move(backend)}}}}}});
  }
  static FieldList call() {
    return {{":method", "POST"},
            {":path", "/svc/Method"},
            {"content-type", "application/grpc"},
            {"te", "trailers"}};
  }
};

TEST_P(Http2Upstreams, ACallGoesThereAndBackWithItsTrailers) {
  Http2Backend backend({});
  route_to_http2({backend.port()});
  Http2Peer client(port_);
  const Http2Answer& got = client.get(call(), "hello");
  EXPECT_EQ(got.status, "200");
  EXPECT_EQ(got.headers, (FieldList{{"content-type", "application/grpc"}}));
  EXPECT_EQ(got.body, "ok");
  EXPECT_EQ(got.trailers, (FieldList{{"grpc-status", "0"}}));
  ASSERT_EQ(backend.asked().size(), 1u);
  EXPECT_EQ(backend.asked()[0].head,
            ":method=POST :scheme=http :authority=web :path=/svc/Method "
            "content-type=application/grpc forwarded=for=127.0.0.1;host=web;proto=http "
            "x-forwarded-for=127.0.0.1 x-forwarded-proto=http "
            "x-forwarded-host=web te=trailers ");
  EXPECT_EQ(backend.asked()[0].body, "hello");
}

// gRPC's "Trailers-Only": one frame, which is the last.
TEST_P(Http2Upstreams, AnErrorInTheHeadEndsTheResponse) {
  Http2Backend backend(
      {{.headers = {{":status", "200"}, {"grpc-status", "12"}}, .body = "", .trailers = {}}});
  route_to_http2({backend.port()});
  Http2Peer client(port_);
  const Http2Answer& got = client.get(call(), "x");
  EXPECT_EQ(got.header("grpc-status"), "12");
  EXPECT_EQ(got.body, "");
  EXPECT_TRUE(got.trailers.empty());
}

TEST_P(Http2Upstreams, CallsFollowEachOtherOnOneConnection) {
  Http2Backend backend({});
  route_to_http2({backend.port()});
  Http2Peer client(port_);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(client.get(call(), std::string(static_cast<std::size_t>(i), 'x')).body, "ok");
  }
  ASSERT_EQ(backend.asked().size(), 5u);
  EXPECT_EQ(backend.asked()[4].body, "xxxx");
  // Each client's connection is one thread's, and so are those that it keeps.
  EXPECT_EQ(backend.asked()[4].connection, 1);
}

TEST_P(Http2Upstreams, AClientOfHttp1IsAnsweredInHttp1) {
  Http2Backend backend({});
  route_to_http2({backend.port()});
  const int fd = connected_to(port_);
  const std::string request = "GET /a?b HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n";
  ::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
  EXPECT_EQ(read_to_end(fd),
            "HTTP/1.1 200 \r\ncontent-type: application/grpc\r\nTransfer-Encoding: chunked\r\n"
            "Connection: close\r\n\r\n2\r\nok\r\n0\r\n\r\n");
}

TEST_P(Http2Upstreams, LongBodiesGoBothWays) {
  const std::string body(3 << 20, 'x');
  Http2Backend backend({{.body = body}, {.body = body}});
  route_to_http2({backend.port()});
  Http2Peer client(port_);
  const int one = client.ask(call(), body);
  const int two = client.ask(call(), body);
  for (const int id : {one, two}) {
    EXPECT_EQ(client.wait(id).body.size(), body.size());
    EXPECT_EQ(client.answer(id).trailers.size(), 1u);
  }
  for (const Http2Asked& asked : backend.asked()) EXPECT_EQ(asked.body.size(), body.size());
}

// Nobody has looked at them: a second endpoint may.
TEST_P(Http2Upstreams, RefusedCallsAreTriedElsewhere) {
  for (const Http2Move& refusal :
       {Http2Move{.reset = NGHTTP2_REFUSED_STREAM}, Http2Move{.goaway = true}}) {
    Http2Backend one({refusal, refusal}), two({});
    route_to_http2({one.port(), two.port()});
    Http2Peer client(port_);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(client.get(call(), "x").body, "ok");
    EXPECT_EQ(two.asked().size(), 2u);
  }
}

TEST_P(Http2Upstreams, WhatTheyMayHaveLookedAtIsNotTriedAgain) {
  Http2Backend backend(std::deque<Http2Move>{{.reset = NGHTTP2_INTERNAL_ERROR}});
  route_to_http2({backend.port()});
  Http2Peer client(port_);
  EXPECT_EQ(client.get(call(), "x").status, "502");
  EXPECT_EQ(backend.asked().size(), 1u);
  EXPECT_EQ(client.get(call(), "x").body, "ok");
}

TEST_P(Http2Upstreams, WhoSpeaksOnlyHttp1CannotBeAsked) {
  ScriptedBackend backend({});
  route_to_http2({backend.port()});
  Http2Peer client(port_);
  EXPECT_EQ(client.get(call(), "x").status, "502");
}

// Frames of chance, and a good response with some of its bytes changed, cut anywhere.
TEST_P(Http2Upstreams, NonsenseEndsOnlyItsOwnCall) {
  constexpr int kCalls = 200;
  std::mt19937 chance(20);
  const std::string good = frame(NGHTTP2_SETTINGS, 0, 0, "") +
                           frame(NGHTTP2_HEADERS, 4, 1, "\x88") +
                           frame(NGHTTP2_DATA, 0, 1, std::string(100, 'x')) +
                           frame(NGHTTP2_HEADERS, 5, 1,
                                 std::string("\x40\x01t\x01"
                                             "1",
                                             5)) +
                           frame(NGHTTP2_GOAWAY, 0, 0, std::string(8, '\0'));
  std::deque<Move> script;
  for (int i = 0; i < kCalls; ++i) {
    std::string bytes = i % 2 ? good : frame(NGHTTP2_SETTINGS, 0, 0, "");
    if (i % 2) {
      for (int n = 0; n < 3; ++n) bytes[chance() % bytes.size()] = static_cast<char>(chance());
      bytes.resize(chance() % bytes.size());
    } else {
      for (std::size_t n = chance() % 10; n > 0; --n) {
        std::string payload(chance() % 200, '\0');
        for (char& c : payload) c = static_cast<char>(chance());
        bytes += frame(static_cast<int>(chance() % 12), static_cast<int>(chance() % 64),
                       chance() % 4, payload);
      }
    }
    script.push_back({.send = bytes, .close = true});
  }
  ScriptedBackend bad(script);
  route_to_http2({bad.port()});
  Http2Peer client(port_);
  for (int i = 0; i < kCalls; ++i) EXPECT_TRUE(client.get(call(), "x").over) << i;
  Http2Backend backend({});
  route_to_http2({backend.port()});
  EXPECT_EQ(client.get(call(), "x").body, "ok");
}

TEST_P(Http2Upstreams, AResetCancelsTheCall) {
  Http2Backend backend(std::deque<Http2Move>{{.silent = true}});
  route_to_http2({backend.port()});
  Http2Peer client(port_);
  const int id = client.ask(call(), "x");
  ASSERT_TRUE(soon([&] { return backend.asked().size() == 1; }));
  nghttp2_submit_rst_stream(client.session(), 0, id, NGHTTP2_CANCEL);
  client.flush();
  route_to_http2({});
  EXPECT_TRUE(soon([&] { return worker_->progress().draining.empty(); }));
}

INSTANTIATE_TEST_SUITE_P(Io, Http2Upstreams, testing::Values(IoChoice::epoll, IoChoice::io_uring),
                         io_name);

TEST(Wire, HowEndpointsSpeakGoesThere) {
  const RouteTable table{
      .listeners = {{.name = "l", .rules = {{.backends = {{.http2 = true}, {.weight = 2}}}}}}};
  const auto message = read_message(publish_line(7, table));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->table, table);
}

}  // namespace
}  // namespace weir::gateway
