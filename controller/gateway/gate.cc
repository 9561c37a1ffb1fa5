#include "controller/gateway/gate.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "controller/gateway/client.h"
#include "controller/gateway/http2_upstream.h"
#include "controller/gateway/proxy_preamble.h"
#include "controller/gateway/tls_handshake.h"

namespace weir::gateway {

namespace {

constexpr std::chrono::milliseconds kTick{250};
constexpr std::size_t kIdleMax = 256;      // kept connections to one endpoint
constexpr std::size_t kLogMax = 32 << 10;  // bytes of lines, before the next tick

}  // namespace

void CurrentSnapshot::set(SnapshotPtr snapshot) {
  const std::lock_guard lock(mutex_);
  snapshot_ = std::move(snapshot);
  version_.fetch_add(1, std::memory_order_release);
}

SnapshotPtr CurrentSnapshot::get() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

// A kept connection that waits for a request. Whatever comes on it now, a byte or its end, means
// that it will not carry one.
class Gate::Idle final : public StreamUser {
 public:
  Idle(Gate& gate, UpstreamPtr upstream)
      : gate_(gate), since_(gate.now()), upstream_(std::move(upstream)) {
    upstream_->stream->use(*this);
  }
  void on_bytes(std::string_view) override { drop(); }
  void on_end(int) override { drop(); }
  UpstreamPtr take() { return std::move(upstream_); }
  Clock::time_point since() const { return since_; }

 private:
  void drop() {
    auto& all = gate_.idle_[upstream_->endpoint()];
    std::erase_if(all, [this](const auto& one) { return one.get() == this; });
  }

  Gate& gate_;
  const Clock::time_point since_;
  UpstreamPtr upstream_;
};

Gate::Gate(std::size_t number, std::unique_ptr<Io> io, const CurrentSnapshot& current,
           Limits limits, AccessLog& log)
    : number_(number), io_(std::move(io)), current_(current), limits_(limits), log_(log) {}

Gate::~Gate() {
  idle_.clear();
  new_.clear();
  sessions_.clear();
  write_log();
}

const ViewPtr& Gate::view() {
  const std::uint64_t version = current_.version();
  if (!view_ || version != version_.load(std::memory_order_relaxed)) {
    view_ = std::make_shared<View>(current_.get());
    // No connection is kept to an endpoint that is not in the table.
    std::erase_if(idle_, [](const auto& one) { return !one.first->routed; });
    version_.store(version, std::memory_order_release);
    new_table_ = true;
  }
  return view_;
}

UpstreamPtr Gate::upstream(const EndpointPtr& endpoint, bool fresh, StreamUser& user) {
  if (!fresh && keeps_one(endpoint)) {
    auto& idle = idle_[endpoint];
    UpstreamPtr upstream = idle.back()->take();  // the one that was used last
    idle.pop_back();
    upstream->begin();
    upstream->stream->use(user);
    return upstream;
  }
  if (!endpoint->http2) return raw_upstream(endpoint, user);
  auto upstream = std::make_unique<Upstream>(endpoint, endpoint->counts[number_]);
  upstream->stream = make_http2_upstream(*io_, endpoint->address, user);
  return upstream;
}

UpstreamPtr Gate::raw_upstream(const EndpointPtr& endpoint, StreamUser& user) {
  auto upstream = std::make_unique<Upstream>(endpoint, endpoint->counts[number_]);
  upstream->stream = io_->connect(endpoint->address, user);
  return upstream;
}

void Gate::keep(UpstreamPtr upstream) {
  upstream->end();
  upstream->kept = true;
  // One that waits in this thread would take the place of one that another thread needs.
  if (upstream->ticket) return;
  if (!upstream->endpoint()->routed) return;
  auto& idle = idle_[upstream->endpoint()];
  if (idle.size() < kIdleMax) idle.push_back(std::make_unique<Idle>(*this, std::move(upstream)));
}

bool Gate::keeps_one(const EndpointPtr& endpoint) const {
  const auto idle = idle_.find(endpoint);
  return idle != idle_.end() && !idle->second.empty();
}

void Gate::listen(int fd, const std::string& listener, OnAccepted accepted) {
  io_->listen(fd, [name = std::make_shared<const std::string>(listener),
                   accepted = std::move(accepted)](int connection, const Address& peer) {
    accepted({.fd = connection, .peer = peer, .listener = name});
  });
}

void Gate::accept(const Accepted& connection) {
  StreamPtr stream = io_->adopt(connection.fd);
  if (sessions() >= limits_.connections_max) return stream->reset();
  Origin origin{.ip = connection.peer.ip(), .listener = connection.listener};
  if (const Listener* l = listener_in(*view(), *origin.listener)) {
    origin.clients = l->clients;
    origin.counts = l->counts;
    origin.counts->accepted.fetch_add(1, std::memory_order_relaxed);
    const int most = origin.clients ? origin.clients->from.connections : 0;
    origin.place =
        Ticket(l->counts, l->counts->open, most > 0 ? most : std::numeric_limits<int>::max());
    if (!origin.place) return refused(origin, Door::connection_limit);
  }
  if (origin.clients && origin.clients->has_proxy_header()) {
    admit(std::make_unique<ProxyPreamble>(*this, std::move(stream), std::move(origin)));
  } else {
    greet(std::move(stream), std::move(origin), {});
  }
}

void Gate::greet(StreamPtr stream, Origin origin, std::string_view first) {
  const Listener* l = listener_in(*view(), *origin.listener);
  if (l && l->tls) {
    origin.secure = true;
    stream = make_tls_stream(*io_, std::move(stream), l->tls, first);
    return admit(std::make_unique<TlsHandshake>(*this, std::move(stream), std::move(origin)));
  }
  auto client = std::make_unique<Client>(*this, std::move(stream), std::move(origin));
  StreamUser& user = *client;
  admit(std::move(client));
  if (!first.empty()) user.on_bytes(first);
}

void Gate::refused(const Origin& origin, Door why) {
  origin.counts->refused[static_cast<std::size_t>(why)].fetch_add(1, std::memory_order_relaxed);
}

void Gate::admit(std::unique_ptr<Session> session) {
  if (draining_) session->drain();
  new_.push_back(std::move(session));
}

void Gate::stop_listening(int fd, std::function<void()> stopped) {
  io_->stop_listening(fd, std::move(stopped));
}

void Gate::turn() {
  io_->turn(waits_.until_next(now_, kTick));
  now_ = Clock::now();
  view();
  if (std::exchange(new_table_, false)) waits_.new_table(now_);
  waits_.run(now_);
  if (now_ >= next_tick_) tick();
  for (std::unique_ptr<Session>& session : std::exchange(new_, {})) {
    const Session* key = session.get();
    sessions_.emplace(key, std::move(session));
  }
  for (Session* session : std::exchange(over_, {})) sessions_.erase(session);
}

void Gate::tick() {
  next_tick_ = now_ + kTick;
  write_log();
  for (auto& [endpoint, idle] : idle_) {
    std::erase_if(idle,
                  [&](const auto& one) { return now_ - one->since() > limits_.upstream_idle; });
  }
  for (const auto& [key, session] : sessions_) session->tick(now_);
}

Clock::duration Gate::idle_of(const Origin& origin) const {
  const int own = origin.clients ? origin.clients->from.idle_ms : 0;
  return own > 0 ? Clock::duration(std::chrono::milliseconds(own)) : limits_.idle;
}

void Gate::log(std::string_view line) {
  log_lines_.append(line);
  if (log_lines_.size() > kLogMax) write_log();
}

void Gate::write_log() {
  if (!log_lines_.empty()) log_.add(std::exchange(log_lines_, {}));
}

void Gate::drain() {
  draining_ = true;
  for (const auto& [key, session] : sessions_) session->drain();
}

}  // namespace weir::gateway
