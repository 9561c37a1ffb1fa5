#include "tests/sim/sim_gateway.h"

#include <algorithm>

namespace weir::sim {

namespace {

bool has(const RouteTable& table, const std::string& endpoint) {
  bool found = false;
  for_each_endpoint(table, [&](const RouteEndpoint& e) { found |= e.id == endpoint; });
  return found;
}

std::string text_of(const RouteTable& table) {
  std::string out;
  for (const RouteListener& listener : table.listeners) {
    out += listener.name + " ->";
    for (const RouteRule& rule : listener.rules) {
      if (!rule.match.headers.empty()) out += " by header:";
      for (const RouteBackend& backend : rule.backends) {
        if (rule.backends.size() > 1) out += " [" + std::to_string(backend.weight) + "]";
        for (const RouteEndpoint& e : backend.endpoints) out += " " + e.name;
      }
    }
    out += "; ";
  }
  return out;
}

}  // namespace

class SimGatewayLink : public GatewayLink {
 public:
  SimGatewayLink(SimGateway& gateway, SimGateway::LinkPtr link)
      : gateway_(gateway), link_(std::move(link)) {}
  ~SimGatewayLink() override { link_->alive = false; }

  void follow(std::function<void(GatewayReport)> on_report) override {
    link_->on_report = std::move(on_report);
    gateway_.reach(link_);
  }
  void publish(const RouteTable& table, std::function<void(Result<void>)> on_ack) override {
    gateway_.publish(link_, {.table = table, .on_ack = std::move(on_ack)});
  }

 private:
  SimGateway& gateway_;
  SimGateway::LinkPtr link_;
};

SimGateway::SimGateway(const SimClock& clock, const SimEngine& engine, std::uint64_t seed)
    : clock_(clock), engine_(engine), random_(seed) {}

std::unique_ptr<GatewayLink> SimGateway::connect() {
  if (link_) link_->alive = false;
  link_ = std::make_shared<Link>();
  return std::make_unique<SimGatewayLink>(*this, link_);
}

// --- The way there and back ----------------------------------------------------------------------

bool SimGateway::happens(double chance) {
  if (chance <= 0) return false;
  const bool fires = std::uniform_real_distribution<>(0, 1)(random_) < chance;
  if (fires) ++faults_fired_;
  return fires;
}

void SimGateway::tell(const std::string& what) const {
  if (on_event) on_event("gateway: " + what);
}

Duration SimGateway::latency() {
  const int most = happens(faults.slow) ? 4000 : 5;
  return Duration(std::uniform_int_distribution<>(1, most)(random_));
}

void SimGateway::to_holder(std::function<void()> run) {
  last_to_holder_ = std::max(last_to_holder_, clock_.steady() + latency());
  schedule_.at(last_to_holder_, std::move(run));
}

void SimGateway::to_weir(const LinkPtr& link, std::function<void()> run) {
  last_to_weir_ = std::max(last_to_weir_, clock_.steady() + latency());
  schedule_.at(last_to_weir_, [link, connection = link->connection, run = std::move(run)] {
    if (link->alive && link->connected && link->connection == connection) run();
  });
}

// Connects to the holder that runs. Where none does: starts one, if there is something to tell it.
void SimGateway::reach(const LinkPtr& link) {
  to_holder([=, this] {
    if (!link->alive || link->connected) return;
    if (!runs_ && link->due.empty()) {
      link->on_report({.absent = true});
      return;
    }
    runs_ = true;
    link->connected = true;
    ++link->connection;
    report();
  });
}

void SimGateway::publish(const LinkPtr& link, Publication publication) {
  if (!link->greeted) {
    link->due.push_back(std::move(publication));
    return reach(link);
  }
  const std::uint64_t epoch = ++link->epoch;
  tell("sent " + text_of(publication.table));
  link->sent[epoch] = std::move(publication.on_ack);
  if (happens(faults.never_told)) return to_weir(link, [=, this] { lose(link); });
  newest_ = epoch;
  sent_.push_back(publication.table);
  to_holder([=, this, holder = holder_, table = std::move(publication.table)] {
    sent_.pop_front();
    if (runs_ && holder == holder_) receive(epoch, table);
  });
  if (happens(faults.never_heard)) to_weir(link, [=, this] { lose(link); });
}

void SimGateway::receive(std::uint64_t epoch, RouteTable table) {
  coming_.emplace_back(epoch, std::move(table));
  schedule_.at(clock_.steady() + latency(), [this, worker = worker_] {
    if (worker != worker_ || coming_.empty()) return;
    std::tie(epoch_, table_) = std::move(coming_.front());
    coming_.pop_front();
    tell("in force " + text_of(table_));
    report();
  });
}

void SimGateway::lose(const LinkPtr& link) {
  link->connected = link->greeted = false;
  tell("lost");
  link->on_report({.reached = false, .trouble = "the gateway has gone"});
  for (auto& [epoch, on_ack] : std::exchange(link->sent, {})) {
    on_ack(fail(Code::timed_out, "the gateway has gone"));
  }
  reach(link);
}

// As the holder does it: what is true of the worker, and of the tables that are on their way to it.
void SimGateway::report() {
  const LinkPtr link = link_;
  if (!link || !link->connected) return;
  std::map<std::string, std::int64_t> in_use;
  for (const auto& [endpoint, requests] : answering_) {
    if (!has(table_, endpoint)) in_use[endpoint] = requests;
  }
  const auto routed = [&](const RouteEndpoint& e) { in_use[e.id] = 0; };
  for_each_endpoint(table_, routed);
  for (const auto& [epoch, table] : coming_) for_each_endpoint(table, routed);
  to_weir(link, [this, link, in_use, epoch = epoch_, newest = newest_] {
    link->on_report({.reached = true, .in_use = in_use});
    if (!std::exchange(link->greeted, true)) link->epoch = std::max(link->epoch, newest);
    link->epoch = std::max(link->epoch, epoch);
    while (!link->sent.empty() && link->sent.begin()->first <= epoch) {
      link->sent.extract(link->sent.begin()).mapped()({});
    }
    for (Publication& one : std::exchange(link->due, {})) publish(link, std::move(one));
  });
}

// --- Traffic -------------------------------------------------------------------------------------

void SimGateway::ask() {
  if (table_.listeners.empty()) return;
  const auto any = [&](std::size_t size) {
    return std::uniform_int_distribution<std::size_t>(0, size - 1)(random_);
  };
  const RouteListener& listener = table_.listeners[any(table_.listeners.size())];
  const RouteRule& rule = listener.rules[any(listener.rules.size())];
  if (rule.backends.empty()) return;
  std::vector<int> weights;  // that they come out exact is the real gateway's test (Turns)
  for (const RouteBackend& backend : rule.backends) weights.push_back(backend.weight);
  const std::size_t backend =
      std::discrete_distribution<std::size_t>(weights.begin(), weights.end())(random_);
  const std::vector<RouteEndpoint>& endpoints = rule.backends[backend].endpoints;
  if (endpoints.empty()) return;
  const RouteEndpoint& endpoint = endpoints[any(endpoints.size())];
  ++requests_;
  if (on_ask) on_ask(endpoint);
  // Refused connections are tried elsewhere.
  if (!engine_.holds(endpoint.address)) return;
  ++answering_[endpoint.id];
  const Duration takes{any(5) == 0 ? any(40'000) : any(500)};
  schedule_.at(clock_.steady() + takes,
               [this, id = endpoint.id, worker = worker_] { end_request(id, worker); });
}

void SimGateway::end_request(const std::string& endpoint, std::uint64_t worker) {
  if (worker != worker_) return;
  if (--answering_[endpoint] == 0) answering_.erase(endpoint);
  if (!has(table_, endpoint)) report();
}

void SimGateway::worker_dies() {
  if (!runs_) return;
  ++worker_;
  answering_.clear();
  if (!coming_.empty()) std::tie(epoch_, table_) = std::move(coming_.back());
  coming_.clear();
  report();
}

void SimGateway::holder_dies() {
  if (!runs_) return;
  ++holder_, ++worker_;
  runs_ = false;
  table_ = {};
  epoch_ = newest_ = 0;
  coming_.clear();
  answering_.clear();
  if (link_ && link_->alive && link_->connected) lose(link_);
}

// --- Truth ---------------------------------------------------------------------------------------

bool SimGateway::asks(const std::string& endpoint) const {
  return has(table_, endpoint) ||
         std::any_of(coming_.begin(), coming_.end(),
                     [&](const auto& one) { return has(one.second, endpoint); }) ||
         std::any_of(sent_.begin(), sent_.end(),
                     [&](const RouteTable& table) { return has(table, endpoint); });
}

// Those of the last rule: before it stand others that only some requests fit.
std::size_t SimGateway::endpoints_of(const std::string& service) const {
  for (const RouteListener& listener : table_.listeners) {
    if (listener.name != "Service/default/" + service + ":80/node") continue;
    std::size_t sum = 0;
    for (const RouteBackend& one : listener.rules.back().backends) sum += one.endpoints.size();
    return sum;
  }
  return std::string::npos;
}

std::string SimGateway::newcomer() const {
  std::string found;
  for (const RouteTable& table : sent_) {
    for_each_endpoint(table, [&](const RouteEndpoint& e) {
      if (!has(table_, e.id)) found = e.id;
    });
  }
  return found;
}

std::string SimGateway::one_of_several() const {
  for (const RouteListener& listener : table_.listeners) {
    const auto& endpoints = listener.rules.back().backends.front().endpoints;
    if (endpoints.size() > 1) return endpoints.front().id;
  }
  return {};
}

int SimGateway::answering(const std::string& endpoint) const {
  const auto found = answering_.find(endpoint);
  return found == answering_.end() ? 0 : found->second;
}

}  // namespace weir::sim
