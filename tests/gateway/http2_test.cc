// HTTP/2 towards clients: what becomes of a request on its way to an endpoint of HTTP/1.1 and back,
// and what is refused.

#include "tests/gateway/http2_peer.h"

namespace weir::gateway {
namespace {

using test::soon;

class Http2 : public OnEachIo {};

TEST_P(Http2, ARequestGoesOnAsHttp1WouldGo) {
  ScriptedBackend backend(
      {{"HTTP/1.1 200 OK\r\nX-A: 1\r\nKeep-Alive: 5\r\nConnection: x-b\r\nX-B: 2\r\n"
        "Content-Length: 2\r\n\r\nok"}});
  route_to({backend.port()});
  Http2Peer client(port_);
  const Http2Answer& got = client.get({{":method", "POST"},
                                       {":path", "/a?b"},
                                       {":authority", "web:80"},
                                       {"x-b", "2"},
                                       {"cookie", "a=1"},
                                       {"te", "trailers"},
                                       {"cookie", "b=2"},
                                       {"x-forwarded-for", "1.2.3.4"},
                                       {"x-forwarded-proto", "https"},
                                       {"content-length", "3"}},
                                      "abc");
  EXPECT_EQ(got.status, "200");
  EXPECT_EQ(got.headers, (FieldList{{"x-a", "1"}, {"content-length", "2"}}));
  EXPECT_EQ(got.body, "ok");
  EXPECT_EQ(got.error, 0u);
  EXPECT_EQ(backend.requests().at(0),
            "POST /a?b HTTP/1.1\r\nHost: web:80\r\ncookie: a=1; b=2\r\nx-b: 2\r\n"
            "Forwarded: for=127.0.0.1;host=\"web:80\";proto=http\r\nX-Forwarded-For: "
            "1.2.3.4, "
            "127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: web:80\r\nContent-Length: "
            "3\r\n\r\nabc");
}

TEST_P(Http2, ThroughTlsItIsAgreedOn) {
  ScriptedBackend backend({});
  route_to({backend.port()}, {.certificates = {certificate("web")}});
  TlsClient tls(port_, {.protocols = std::string("\x02h2\x08http/1.1")});
  ASSERT_EQ(tls.protocol(), "h2");
  Http2Peer client(port_, &tls);
  EXPECT_EQ(client.get().body, "ok");
  EXPECT_NE(backend.requests().at(0).find("X-Forwarded-Proto: https\r\n"), std::string::npos);
}

TEST_P(Http2, OnAListenerOfHttp) {
  ScriptedBackend backend({});
  route_to({backend.port()}, {.protocol = RouteProtocol::http});
  EXPECT_EQ(Http2Peer(port_).get().body, "ok");
}

TEST_P(Http2, ThePrefaceMayComeInPieces) {
  ScriptedBackend backend({});
  route_to({backend.port()});
  Http2Peer client(port_);
  const std::string preface(NGHTTP2_CLIENT_MAGIC);
  for (const char c : preface) client.send({&c, 1});
  client.send(frame(NGHTTP2_SETTINGS, 0, 0, "") + frame(NGHTTP2_HEADERS, 5, 1, kGetBlock));
  ASSERT_TRUE(soon([&] { return backend.requests().size() == 1; }));
}

struct Row {
  const char* name;
  FieldList fields;
  std::string response;
  std::string want;  // status, body, trailers
};

TEST_P(Http2, Answers) {
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const Row rows[] = {
      {"in chunks", {}, chunked + "2\r\nok\r\n0\r\n\r\n", "200 ok"},
      {"with trailers",
       {},
       chunked + "2\r\nok\r\n0\r\nGrpc-Status: 0\r\nContent-Length: 9\r\nTE: x\r\n\r\n",
       "200 ok grpc-status=0"},
      {"trailers without a body", {}, chunked + "0\r\nT: 1\r\n\r\n", "200  t=1"},
      {"malformed trailers", {}, chunked + "2\r\nok\r\n0\r\nT 1\r\n\r\n", "200 ok"},
      {"nothing", {}, "HTTP/1.1 204 No Content\r\n\r\n", "204 "},
      {"to a HEAD",
       {{":method", "HEAD"}},
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
       "200  length=5"},
      {"early hints",
       {},
       "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
       "1\r\n\r\n!",
       "103 200 !"},
      {"nonsense",
       {{":method", "POST"}},
       "nonsense\r\n\r\n",
       "502 the endpoint closed without a response\n"},
  };
  for (const Row& row : rows) {
    ScriptedBackend backend({{row.response}});
    route_to({backend.port()});
    Http2Peer client(port_);
    const Http2Answer& got = client.get(row.fields);
    std::string text = got.informational + got.status + " " + got.body;
    if (got.body.empty() && row.want.find("length=") != row.want.npos) {
      text += " length=" + got.header("content-length");
    }
    for (const auto& [name, value] : got.trailers) text += " " + name + "=" + value;
    EXPECT_EQ(text, row.want) << row.name;
  }
}

TEST_P(Http2, ABodyOfUnknownLengthGoesInChunksAfter100) {
  ScriptedBackend backend(
      {{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"}});
  route_to({backend.port()});
  Http2Peer client(port_);
  const Http2Answer& got = client.get({{":method", "PUT"}, {"expect", "100-continue"}}, "hello");
  EXPECT_EQ(got.informational + got.status + got.body, "100 200ok");
  EXPECT_TRUE(backend.requests().at(0).ends_with("\r\n\r\n5\r\nhello\r\n0\r\n\r\n"))
      << backend.requests().at(0);
}

TEST_P(Http2, WithoutEndpointsOrRoutesItSaysSo) {
  route_to({});
  Http2Peer client(port_);
  EXPECT_EQ(client.get().body, "no endpoint of default/web:80 is ready\n");
  EXPECT_EQ(client.get({{":method", "HEAD"}}).status, "503");
  publish({.listeners = {{.name = "web"}}});
  EXPECT_EQ(client.get({{":path", "/x"}}).body, "no route takes web/x\n");
}

TEST_P(Http2, RefusesWhatHttp1Refuses) {
  ScriptedBackend backend({});
  route_to({backend.port()});
  struct {
    const char* name;
    FieldList fields;
    const char* want;  // a status; "reset": it is not even answered
  } const rows[] = {
      {"another Host", {{"host", "other"}}, "400"},
      {"no authority", {{":authority", "<none>"}}, "reset"},
      {"two Hosts", {{"host", "web"}, {"host", "web"}}, "reset"},
      {"userinfo", {{":authority", "me@web"}}, "400"},
      {"a space in the path", {{":path", "/a b"}}, "reset"},
      {"a line in the path", {{":path", "/a\r\nX: 1"}}, "reset"},
      {"a line in a value", {{"x", "1\r\nY: 2"}}, "reset"},
      {"a line in a name", {{"x\r\ny", "1"}}, "reset"},
      {"a colon in a name", {{"x:y", "1"}}, "reset"},
      {"Connection", {{"connection", "close"}}, "reset"},
      {"Transfer-Encoding", {{"transfer-encoding", "chunked"}}, "reset"},
      {"Upgrade", {{"upgrade", "websocket"}}, "reset"},
      {"TE", {{"te", "gzip"}}, "reset"},
      {"a length that is none", {{"content-length", "+1"}}, "reset"},
      {"two lengths", {{"content-length", "0"}, {"content-length", "0"}}, "reset"},
      {"CONNECT", {{":method", "CONNECT"}, {":path", "<none>"}, {":scheme", "<none>"}}, "400"},
      {"another scheme", {{":scheme", "ftp"}}, "400"},
      {"an Expect", {{"expect", "wonders"}}, "417"},
      {"a long path", {{":path", "/" + std::string(9000, 'a')}}, "414"},
      {"a long header", {{"x", std::string(9000, 'a')}}, "431"},
  };
  for (const auto& row : rows) {
    Http2Peer client(port_);
    const Http2Answer& got = client.get(row.fields);
    EXPECT_EQ(got.status.empty() && got.error != 0 ? "reset" : got.status, row.want)
        << row.name << ": " << got.body;
    EXPECT_EQ(client.get().body, "ok") << row.name;  // the connection is as good as before
  }
  EXPECT_EQ(backend.requests().size(), std::size(rows));
}

TEST_P(Http2, LargeHeadsAreRefusedAndNotKept) {
  ScriptedBackend backend({});
  route_to({backend.port()});
  Http2Peer client(port_);
  FieldList many, large;
  for (int i = 0; i < 101; ++i) many.emplace_back("x-" + std::to_string(i), "1");
  for (int i = 0; i < 5; ++i) large.emplace_back("x-" + std::to_string(i), std::string(7000, 'a'));
  EXPECT_EQ(client.get(many).status, "431");
  EXPECT_EQ(client.get(large).status, "431");
  EXPECT_EQ(client.get().body, "ok");
}

TEST_P(Http2, ManyRequestsAtOnce) {
  ScriptedBackend one({}), two({});
  route_to({one.port(), two.port()});
  Http2Peer client(port_);
  std::vector<int> ids;
  for (int i = 0; i < 100; ++i) ids.push_back(client.ask({{":path", "/" + std::to_string(i)}}));
  for (const int id : ids) EXPECT_EQ(client.wait(id).body, "ok") << id;
  EXPECT_EQ(one.requests().size(), 50u);
  EXPECT_EQ(two.requests().size(), 50u);
}

TEST_P(Http2, LongBodiesGoBothWays) {
  const std::string body(3 << 20, 'x');
  const std::string answer =
      "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  ScriptedBackend backend({{answer}, {answer}});
  route_to({backend.port()});
  Http2Peer client(port_);
  nghttp2_session_set_local_window_size(client.session(), 0, 0, 1 << 20);
  const int first = client.ask({{":method", "PUT"}}, body);
  const int second =
      client.ask({{":method", "PUT"}, {"content-length", std::to_string(body.size())}}, body);
  for (const int id : {first, second}) EXPECT_EQ(client.wait(id).body.size(), body.size());
  ASSERT_EQ(backend.requests().size(), 2u);
  for (const std::string& one : backend.requests()) EXPECT_GT(one.size(), body.size());
}

// What one response waits for, another does not.
TEST_P(Http2, AResponseThatIsNotTakenHoldsUpNoOther) {
  const std::string body(3 << 20, 'x');
  ScriptedBackend backend(
      {{"HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body}});
  route_to({backend.port()});
  Http2Peer client(port_);
  nghttp2_session_set_local_window_size(client.session(), 0, 0, 8 << 20);
  const nghttp2_settings_entry small{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 100};
  nghttp2_submit_settings(client.session(), 0, &small, 1);
  const int stuck = client.ask({});
  ASSERT_TRUE(client.run([&] { return client.answer(stuck).body.size() == 100; }));
  EXPECT_EQ(client.get().body, "ok");
  nghttp2_session_set_local_window_size(client.session(), 0, stuck, 4 << 20);
  EXPECT_EQ(client.wait(stuck).body.size(), body.size());
}

TEST_P(Http2, AResetCancelsTheRequest) {
  ScriptedBackend backend({{.send = "", .silent = true}});
  route_to({backend.port()});
  Http2Peer client(port_);
  const int id = client.ask({});
  client.flush();
  ASSERT_TRUE(soon([&] { return backend.requests().size() == 1; }));
  nghttp2_submit_rst_stream(client.session(), 0, id, NGHTTP2_CANCEL);
  EXPECT_EQ(client.get().body, "ok");
  route_to({});
  EXPECT_TRUE(soon([&] { return worker_->progress().draining.empty(); }));
}

TEST_P(Http2, AResponseThatIsCutIsSeenToBe) {
  ScriptedBackend backend(
      {{.send = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", .close = true}});
  route_to({backend.port()});
  Http2Peer client(port_);
  EXPECT_EQ(client.get().error, static_cast<std::uint32_t>(NGHTTP2_INTERNAL_ERROR));
}

TEST_P(Http2, AnAnswerBeforeTheBodyIsWholeEndsIt) {
  route_to({});
  Http2Peer client(port_);
  const int id = client.ask({{":method", "POST"}}, std::string(1 << 20, 'x'));
  const Http2Answer& got = client.wait(id);
  EXPECT_EQ(got.status, "503");
  EXPECT_EQ(got.error, 0u);
}

TEST_P(Http2, DrainFinishesWhatIsUnderWayAndTakesWhatWasOnItsWay) {
  ScriptedBackend backend({{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"},
                           {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"}});
  route_to({backend.port()});
  Http2Peer client(port_), idle(port_);
  EXPECT_EQ(idle.get().body, "ok");
  const int id = client.ask({});
  client.flush();
  ASSERT_TRUE(soon([&] { return backend.requests().size() == 2; }));
  worker_->drain();
  ASSERT_TRUE(client.run([&] { return client.going_away(); }));
  EXPECT_EQ(client.goaway_error(), static_cast<std::uint32_t>(NGHTTP2_NO_ERROR));
  // As if it had been sent before that came: a decent client sends none later.
  client.send(frame(NGHTTP2_HEADERS, 5, 3, kGetBlock));
  ASSERT_TRUE(soon([&] { return backend.requests().size() == 3; }));
  nghttp2_submit_rst_stream(client.session(), 0, id, NGHTTP2_CANCEL);
  client.run([] { return false; });
  EXPECT_TRUE(client.ended());
  idle.run([] { return false; });
  EXPECT_TRUE(soon([&] { return worker_->sessions() == 0; }));
}

INSTANTIATE_TEST_SUITE_P(Io, Http2, testing::Values(IoChoice::epoll, IoChoice::io_uring), io_name);

}  // namespace
}  // namespace weir::gateway
