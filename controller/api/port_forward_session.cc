#include "controller/api/port_forward_session.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <utility>
#include <vector>

namespace weir::rest {
namespace {

constexpr int kIdleMilliseconds = 4 * 60 * 60 * 1000;  // as the kubelet's streams
constexpr std::size_t kPiece = 64 * 1024;

std::string header(const spdy::SynStream& frame, std::string_view name) {
  const auto found = std::find_if(frame.headers.begin(), frame.headers.end(),
                                  [&](const auto& pair) { return pair.first == name; });
  return found == frame.headers.end() ? std::string() : found->second;
}

// 0: not a port.
int port_of(const std::string& text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() ? port : 0;
}

}  // namespace

PortForwardSession::PortForwardSession(int client, ForwardedPod pod)
    : client_(client), pod_(std::move(pod)) {}

void PortForwardSession::run() {
  while (!over_ && !(leaving_ && forwards_.empty())) {
    if (!wait()) break;
    std::erase_if(forwards_, [](const auto& entry) {
      const Forward& forward = entry.second;
      return forward.ended && (forward.failed || forward.pod.sent_all());
    });
  }
  if (!over_) spdy::write_go_away(out_, last_stream_, spdy::Leave::ok);
  write_client();  // what it takes now: nobody waits for a client at the end
}

bool PortForwardSession::wait() {
  std::size_t to_pod = 0;
  for (const auto& [id, forward] : forwards_) to_pod += forward.pod.waits();
  // What the client sends may be what makes room (it resets a stream), so that a full buffer for
  // it alone does not stop the reading; what grows then is only our replies to its frames.
  const bool read = to_pod < kToPodMax && out_.size() < 2 * kToClientMax;
  // Its end is seen even while what it sends is not wanted.
  const auto events =
      static_cast<short>(POLLRDHUP | (read ? POLLIN : 0) | (out_.empty() ? 0 : POLLOUT));
  std::vector<pollfd> sockets = {{.fd = client_, .events = events, .revents = 0}};
  std::vector<Forward*> polled;
  for (auto& [id, forward] : forwards_) {
    sockets.push_back(forward.pod.wants(has_room()));
    polled.push_back(&forward);
  }
  const int ready = ::poll(sockets.data(), sockets.size(), kIdleMilliseconds);
  if (ready == 0) return false;
  if (ready < 0) return errno == EINTR;
  for (std::size_t i = 0; i < polled.size(); ++i) turn(*polled[i], sockets[i + 1].revents);
  if ((sockets[0].revents & POLLOUT) != 0) write_client();
  if ((sockets[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) read_client();
  if (!read && (sockets[0].revents & POLLRDHUP) != 0) over_ = true;
  return true;
}

void PortForwardSession::read_client() {
  std::array<char, kPiece> buffer;
  const ssize_t got = ::recv(client_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    over_ = true;
    return;
  }
  const auto result = reader_.feed({buffer.data(), static_cast<std::size_t>(got)},
                                   [this](const spdy::Frame& frame) { on_frame(frame); });
  if (result || over_) return;
  spdy::write_go_away(out_, last_stream_, spdy::Leave::protocol_error);
  over_ = true;
}

void PortForwardSession::write_client() {
  if (out_.empty()) return;
  const ssize_t sent = ::send(client_, out_.data(), out_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent > 0) out_.erase(0, static_cast<std::size_t>(sent));
  if (sent < 0 && errno != EAGAIN && errno != EINTR) over_ = true;
}

void PortForwardSession::on_frame(const spdy::Frame& frame) {
  if (over_) return;
  if (const auto* syn = std::get_if<spdy::SynStream>(&frame)) on_stream(*syn);
  if (const auto* data = std::get_if<spdy::Data>(&frame)) on_data(*data);
  if (const auto* reset = std::get_if<spdy::RstStream>(&frame)) on_reset(reset->stream);
  if (const auto* ping = std::get_if<spdy::Ping>(&frame)) {
    if (ping->id % 2 == 1) spdy::write_ping(out_, ping->id);  // an even one would be ours
  }
  if (std::holds_alternative<spdy::GoAway>(frame)) leaving_ = true;
}

void PortForwardSession::on_stream(const spdy::SynStream& frame) {
  if (frame.stream % 2 == 0 || frame.stream <= last_stream_) {
    spdy::write_go_away(out_, last_stream_, spdy::Leave::protocol_error);
    over_ = true;
    return;
  }
  last_stream_ = frame.stream;
  const std::string type = header(frame, "streamtype");
  const std::string id = header(frame, "requestid");
  const int port = port_of(header(frame, "port"));
  if (port == 0 || id.empty() || (type != "error" && type != "data")) {
    return spdy::write_rst_stream(out_, frame.stream, spdy::Reset::protocol_error);
  }
  if (leaving_ || (!forwards_.contains(id) && forwards_.size() >= kConnectionsMax)) {
    return spdy::write_rst_stream(out_, frame.stream, spdy::Reset::refused_stream);
  }
  Forward& forward = forwards_[id];
  std::uint32_t& stream = type == "data" ? forward.data_stream : forward.error_stream;
  if (stream != 0) {
    return spdy::write_rst_stream(out_, frame.stream, spdy::Reset::protocol_error);
  }
  stream = frame.stream;
  spdy::write_syn_reply(out_, stream, headers_);
  if (type == "data") forward.port = port;
  if (type == "data" && frame.fin) on_data({.stream = stream, .bytes = {}, .fin = true});
  if (forward.data_stream != 0 && forward.error_stream != 0) connect(forward);
}

void PortForwardSession::on_data(const spdy::Data& frame) {
  Forward* forward = of_data_stream(frame.stream);
  if (!forward || forward->client_ended) return;  // closed, or an error stream: nothing to say
  forward->pod.send(frame.bytes);
  if (!frame.fin) return;
  forward->client_ended = true;
  forward->pod.send_end();
}

// Of a data stream: the client wants nothing more of this connection. That of an error stream says
// so only while there is no data stream; later the client just does not listen to it.
void PortForwardSession::on_reset(std::uint32_t stream) {
  const auto found = std::find_if(forwards_.begin(), forwards_.end(), [&](const auto& entry) {
    const Forward& forward = entry.second;
    return stream == (forward.data_stream != 0 ? forward.data_stream : forward.error_stream);
  });
  if (found == forwards_.end()) return;
  Forward& forward = found->second;
  if (!forward.ended && forward.error_stream != 0) {
    spdy::write_data(out_, forward.error_stream, {}, true);
  }
  forwards_.erase(found);
}

void PortForwardSession::connect(Forward& forward) {
  auto network = pod_.network();
  if (!network) return end(forward, network.error().message);
  forward.pod.connect(*std::move(network), forward.port);
  if (forward.pod.failed()) end(forward, forward.pod.error());
}

void PortForwardSession::turn(Forward& forward, short events) {
  if (events == 0) return;
  forward.consumed += static_cast<std::uint32_t>(forward.pod.flush(events));
  if (forward.pod.failed()) return end(forward, forward.pod.error());
  if (forward.consumed >= spdy::kWindow / 2 && !forward.client_ended) {
    spdy::write_window_update(out_, forward.data_stream, std::exchange(forward.consumed, 0));
  }
  if (!has_room()) return;
  std::array<char, kPiece> buffer;
  const std::size_t got = forward.pod.receive(events, buffer.data(), buffer.size());
  if (got > 0) spdy::write_data(out_, forward.data_stream, {buffer.data(), got}, false);
  if (forward.pod.received_all()) end(forward);
}

// The client hears no more of this connection. kubectl waits for the end of the error stream before
// it closes the program's side, so that one ends with the data, whatever the program still sends.
void PortForwardSession::end(Forward& forward, const std::string& error) {
  if (std::exchange(forward.ended, true)) return;
  forward.failed = !error.empty();
  if (forward.failed) {
    const std::string text = "error forwarding port " + std::to_string(forward.port) + " to pod " +
                             pod_.name + ", uid : " + error;
    spdy::write_data(out_, forward.error_stream, text, false);
  }
  spdy::write_data(out_, forward.error_stream, {}, true);
  spdy::write_data(out_, forward.data_stream, {}, true);
}

PortForwardSession::Forward* PortForwardSession::of_data_stream(std::uint32_t stream) {
  for (auto& [id, forward] : forwards_) {
    if (forward.data_stream == stream) return &forward;
  }
  return nullptr;
}

}  // namespace weir::rest
