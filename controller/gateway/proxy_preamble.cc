#include "controller/gateway/proxy_preamble.h"

#include <utility>

#include "controller/gateway/proxy_protocol.h"

namespace weir::gateway {

namespace {

// How long one that need not say who it is may take to begin: it may wait for the server.
constexpr std::chrono::seconds kSilence{1};

}  // namespace

ProxyPreamble::ProxyPreamble(Gate& gate, StreamPtr stream, Origin origin)
    : gate_(gate), stream_(std::move(stream)), origin_(std::move(origin)), since_(gate.now()) {
  stream_->use(*this);
}

void ProxyPreamble::on_bytes(std::string_view bytes) {
  in_.append(bytes);
  ProxyHeader header = read_proxy_header(in_);
  switch (header.verdict) {
    case ProxyHeader::Verdict::more:
      return;
    case ProxyHeader::Verdict::malformed:
      return refuse();
    case ProxyHeader::Verdict::absent:
      return origin_.clients->needs_proxy_header() ? refuse() : go_on(in_);
    case ProxyHeader::Verdict::whole:
      if (!header.ip.empty()) origin_.ip = std::move(header.ip);
      return go_on(std::string_view(in_).substr(header.size));
  }
}

void ProxyPreamble::go_on(std::string_view first) {
  gate_.greet(std::move(stream_), std::move(origin_), first);
  end();
}

void ProxyPreamble::refuse() {
  gate_.refused(origin_, Door::proxy_protocol);
  end();
}

void ProxyPreamble::end() {
  stream_.reset();
  if (!std::exchange(over_, true)) gate_.over(*this);
}

void ProxyPreamble::tick(Clock::time_point now) {
  if (over_) return;
  if (in_.empty() && now >= since_ + kSilence && !origin_.clients->needs_proxy_header()) {
    return go_on({});
  }
  if (now >= since_ + gate_.limits().head) refuse();
}

}  // namespace weir::gateway
