// What the gateway reads of a request: what it understands, and what it refuses.

#include "controller/gateway/http1.h"

#include <gtest/gtest.h>

namespace weir::gateway {
namespace {

std::string understood(const RequestHead& head) {
  std::string out(head.method);
  out.append(" ").append(head.host).append(" ").append(head.path);
  if (!head.query.empty()) out.append("?").append(head.query);
  if (head.content_length) out += " length=" + std::to_string(*head.content_length);
  if (head.chunked) out += " chunked";
  if (!head.keep_alive) out += " close";
  if (!head.upgrade.empty()) out.append(" upgrade=").append(head.upgrade);
  if (head.expects_continue) out += " expects-continue";
  for (const Header& h : head.headers) {
    if (h.hop_by_hop) out.append(" -").append(h.name);
  }
  return out;
}

std::string read(std::string_view bytes) {
  RequestHead head;
  if (const Refusal refusal = parse(bytes, head)) {
    return std::to_string(refusal.status) + " " + refusal.why;
  }
  return head.size == 0 ? "more" : understood(head);
}

struct Row {
  const char* name;
  std::string bytes;
  const char* want;
};

const Row kRows[] = {
    {"plain", "GET /a?b=c HTTP/1.1\r\nHost: web:80\r\n\r\n", "GET web /a?b=c"},
    {"half a head", "GET / HTTP/1.1\r\nHost: web\r\n", "more"},
    {"nothing yet", "GE", "more"},
    {"1.0 closes", "GET / HTTP/1.0\r\n\r\n", "GET  / close"},
    {"1.0 may stay", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET  / -Connection"},
    {"close", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
     "GET a / close -Connection"},
    {"named by Connection", "GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nConnection: x-a\r\n\r\n",
     "GET a / -X-A -Connection"},
    {"websocket", "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
     "GET a / upgrade=websocket -Connection -Upgrade"},
    {"upgrade that Connection does not name", "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\n\r\n",
     "GET a / -Upgrade"},
    {"length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n", "POST a / length=12"},
    {"chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
     "POST a / chunked -Transfer-Encoding"},
    {"expects", "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n",
     "PUT a / length=1 expects-continue"},
    {"absolute form", "GET http://a/x?y HTTP/1.1\r\nHost: a\r\n\r\n", "GET a /x?y"},
    {"absolute form without path", "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n", "GET a /"},
    {"absolute form with a query alone", "GET http://a?x HTTP/1.1\r\nHost: a\r\n\r\n", "GET a /?x"},
    {"absolute form without a host", "GET http:///x HTTP/1.0\r\n\r\n", "400 the Host is empty"},
    {"empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "400 the Host is empty"},
    {"a port and no host", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", "400 the Host is empty"},
    {"fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", "400 the target is malformed"},
    {"asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS a *"},
    {"IPv6", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET [::1] /"},
    {"spaces around a value", "GET / HTTP/1.1\r\nHost: \t a \t\r\n\r\n", "GET a /"},

    {"length and chunked",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
     "400 both Transfer-Encoding and Content-Length"},
    {"two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
     "400 more than one Content-Length"},
    {"a list of lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n",
     "400 Content-Length is not a number"},
    {"signed length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
     "400 Content-Length is not a number"},
    {"empty length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n",
     "400 Content-Length is not a number"},
    {"huge length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
     "400 Content-Length is not a number"},
    {"gzip, chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
     "400 a Transfer-Encoding that is not chunked"},
    {"chunked twice",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
     "chunked\r\n\r\n",
     "400 a Transfer-Encoding that is not chunked"},
    {"chunked in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
     "400 a Transfer-Encoding that is not chunked"},
    {"bare LF", "GET / HTTP/1.1\nHost: a\r\n\r\n", "400 a line ends without CR"},
    {"bare LF in the headers", "GET / HTTP/1.1\r\nHost: a\n\r\n", "400 a line ends without CR"},
    {"CR in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
     "400 a header's value holds a control character"},
    {"NUL in a value", std::string("GET / HTTP/1.1\r\nHost: a\r\nX: a") + '\0' + "b\r\n\r\n",
     "400 a header's value holds a control character"},
    {"space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
     "400 a header's name is malformed"},
    {"folded line", "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", "400 a header's name is malformed"},
    {"no name", "GET / HTTP/1.1\r\n: a\r\n\r\n", "400 a header's name is malformed"},
    {"no Host", "GET / HTTP/1.1\r\n\r\n", "400 no Host"},
    {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400 more than one Host"},
    {"Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400 the Host is malformed"},
    {"another authority", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
     "400 the target's authority is not the Host"},
    {"CONNECT", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "405 CONNECT is not for this server"},
    {"two parts", "GET /\r\nHost: a\r\n\r\n", "400 the request line has not three parts"},
    {"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400 the target is malformed"},
    {"tab", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", "400 the request line has not three parts"},
    {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505 not HTTP/1.1"},
    {"another Expect", "PUT / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n",
     "417 an Expect that is not 100-continue"},
    {"long line", "GET /" + std::string(kLineMax, 'a'), "414 the first line is too long"},
    {"long header", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(kLineMax, 'a') + "\r\n\r\n",
     "431 a header is too long"},
};

TEST(RequestHead, IsUnderstoodOrRefused) {
  for (const Row& row : kRows) EXPECT_EQ(read(row.bytes), row.want) << row.name;
}

TEST(RequestHead, ReadsTheSameHoweverItComes) {
  for (const Row& row : kRows) {
    std::string outcome = "more";
    for (std::size_t size = 1; size <= row.bytes.size() && outcome == "more"; ++size) {
      outcome = read(std::string_view(row.bytes).substr(0, size));
    }
    EXPECT_EQ(outcome.substr(0, 4), std::string(row.want).substr(0, 4)) << row.name;
  }
}

TEST(RequestHead, HasBounds) {
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (std::size_t i = 0; i < kHeadersMax; ++i) many += "X: 1\r\n";
  EXPECT_EQ(read(many + "\r\n"), "431 too many headers");
}

// --- Bodies --------------------------------------------------------------------------------------

struct BodyRow {
  const char* name;
  const char* bytes;
  const char* want;  // the data, then what is left; or "malformed"
};

const BodyRow kChunked[] = {
    {"one chunk", "5\r\nhello\r\n0\r\n\r\nGET", "hello|GET"},
    {"two chunks, capital digits", "A\r\n0123456789\r\n1\r\n!\r\n0\r\n\r\n", "0123456789!|"},
    {"extensions and trailers", "1;a=b\r\nx\r\n0;c\r\nX-Trailer: 1\r\n\r\nnext", "x|next"},
    {"nothing", "0\r\n\r\n", "|"},
    {"no digits", "\r\n", "malformed"},
    {"a sign", "+1\r\nx\r\n", "malformed"},
    {"0x", "0x1\r\nx\r\n", "malformed"},
    {"a space", "1 \r\nx\r\n", "malformed"},
    {"bare LF after the size", "1\nx\r\n", "malformed"},
    {"bare LF after the data", "1\r\nx\n0\r\n\r\n", "malformed"},
    {"data longer than it says", "1\r\nxy\r\n0\r\n\r\n", "malformed"},
    {"too large", "FFFFFFFFFFFFFFFF\r\n", "malformed"},
    {"LF in an extension", "1;a\nb\r\nx\r\n", "malformed"},
};

std::string read_body(Body body, std::string_view bytes, std::size_t piece) {
  std::string data;
  while (!bytes.empty() && !body.whole()) {
    const auto taken = body.feed(bytes.substr(0, std::min(piece, bytes.size())),
                                 [&](std::string_view part) { data += part; });
    if (!taken) return "malformed";
    bytes.remove_prefix(*taken);
  }
  return data + "|" + std::string(bytes);
}

TEST(Body, OfChunks) {
  for (const BodyRow& row : kChunked) {
    for (const std::size_t piece : {1u, 2u, 7u, 1000u}) {
      EXPECT_EQ(read_body(Body::chunked(), row.bytes, piece), row.want) << row.name;
    }
  }
}

TEST(Body, OfALength) {
  EXPECT_EQ(read_body(Body::of_length(3), "abcdef", 2), "abc|def");
  EXPECT_TRUE(Body::of_length(0).whole());
}

TEST(Body, UntilTheConnectionEnds) {
  Body body = Body::until_close();
  std::string data;
  body.feed("abc", [&](std::string_view part) { data += part; });
  EXPECT_FALSE(body.whole());
  body.connection_ended();
  EXPECT_TRUE(body.whole());
  EXPECT_EQ(data, "abc");
}

}  // namespace
}  // namespace weir::gateway
