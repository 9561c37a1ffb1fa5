#include "tests/fuzz/front.h"

#include <fcntl.h>

namespace weir::fuzz {

using gateway::Body;
using gateway::MemoryIo;
using gateway::MemoryStream;
using gateway::Refusal;
using gateway::RequestHead;

namespace {

constexpr int kTurnsMax = 20'000;

std::unique_ptr<MemoryIo> made(MemoryIo*& io) {
  auto one = std::make_unique<MemoryIo>();
  io = one.get();
  return one;
}

}  // namespace

int nowhere() {
  static const int fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  return fd;
}

RouteListener listener(const RouteClients& clients, bool http2_endpoints) {
  RouteBackend backend{.service = "default/web:80", .http2 = http2_endpoints};
  backend.endpoints = {{.id = "a", .address = "192.0.2.8", .port = 80},
                       {.id = "b", .address = "192.0.2.9", .port = 80}};
  RouteRule changed{.match = {.path = "/changed", .headers = {{"x-a", "1"}}, .query = {{"b", "2"}}},
                    .request = {.remove = {"x-b"}, .set = {{"X-C", "3"}}, .add = {{"X-D", "4"}}},
                    .response = {.remove = {"server"}, .set = {{"X-E", "5"}}},
                    .host = "other",
                    .path = {.prefix = "/to"},
                    .affinity = {.by = RouteAffinity::By::cookie, .name = "sid", .given = true},
                    .backends = {backend}};
  RouteRule elsewhere{.match = {.path = "/elsewhere"},
                      .redirect = RouteRedirect{.scheme = "https", .path = {.prefix = "/x"}}};
  return {.name = "web",
          .protocol = RouteProtocol::http,
          .rules = {changed, elsewhere, {.backends = {backend}}},
          .clients = clients};
}

Front::Front(const RouteListener& listener, Answer answer)
    : answer_(std::move(answer)), gate_(0, made(io_), current_, gateway::Limits{}, log_) {
  current_.set(gateway::make_snapshot(1, {.listeners = {listener}}, lasting_));
  gate_.listen(0, listener.name, [this](const gateway::Accepted& one) { gate_.accept(one); });
  client_ = &io_->accept();
}

Front::~Front() = default;

void Front::settle() {
  int turns = 0;
  for (bool moved = true; moved; ++turns) {
    gate_.turn();
    moved = io_->moved;
    for (MemoryStream* stream : io_->upstream)
      moved = serve(*stream, connections_[stream]) || moved;
    expect(turns < kTurnsMax, "it comes to rest");
  }
}

bool Front::serve(MemoryStream& stream, Connection& connection) {
  const std::string_view bytes = std::string_view(stream.out).substr(connection.read);
  if (bytes.empty() || connection.switched) return false;
  if (connection.body && !connection.body->whole()) {
    const auto taken = connection.body->feed(bytes, [](std::string_view) {});
    expect(taken.has_value(), "a body that goes to an endpoint is well-formed");
    connection.read += *taken;
    return *taken > 0;
  }
  RequestHead head;
  const Refusal refusal = parse(bytes, head);
  expect(!refusal, "a head that goes to an endpoint is well-formed: " + std::string(refusal.why) +
                       "\n" + std::string(bytes));
  if (head.size == 0) return false;
  connection.read += head.size;
  connection.body = Body::of(head);
  const std::string answer = answer_(head);
  connection.switched = answer.starts_with("HTTP/1.1 101");
  stream.say(answer);
  return true;
}

void Front::end(int error) {
  client_->end(error);
  settle();
  // One that was only told that the client sends no more may still owe it something.
  client_->end(error == 0 ? ECONNRESET : error);
  client_->resume();
  settle();
  expect(gate_.sessions() == 0, "no session outlives its client");
  for (const auto& [key, endpoint] : lasting_.endpoints) {
    expect(endpoint->in_flight() == 0, "no request outlives its client");
  }
}

}  // namespace weir::fuzz
