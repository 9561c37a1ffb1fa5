#include "controller/loop/cache.h"

#include <algorithm>

#include "reconcilers/reconciler.h"
#include "reconcilers/routes.h"

namespace weir {

namespace {

// Attempts are few: an action that failed and has not succeeded since. Past this, the oldest goes,
// and with it nothing but a back-off.
constexpr std::size_t kAttemptsMax = 10'000;
// More than go while one list is under way.
constexpr std::size_t kGoneMax = 1000;

Key pod_key(const Container& container) {
  return {.kind = Kind::Pod, .ns = container.pod_ns, .name = container.pod_name};
}

}  // namespace

void Cache::enqueue(const Object& object, bool removed) {
  for (const Key& key : affected(world_, object, removed)) queue_.add(key);
}

// Of nobody's making: a table that is empty now has to be told, too, whoever was in it.
void Cache::enqueue_routed() {
  queue_.add({.kind = Kind::Service});
  for (const Kind kind : {Kind::Service, Kind::Gateway, Kind::HTTPRoute, Kind::TCPRoute,
                          Kind::Ingress, Kind::Rollout}) {
    for (const Key& key : world_.keys(kind)) queue_.add(key);
  }
}

// The pod, and whoever looks at it: a Service sends requests to its address.
void Cache::enqueue_pod_of(const Container& container) {
  const Key key = pod_key(container);
  queue_.add(key);
  if (const Object* pod = world_.find(key)) enqueue(*pod, false);
}

void Cache::load(const Store::Listing& listing) {
  for (const StoredPtr& stored : listing.objects) world_.put(stored->typed);
  // And what they concern: a sandbox whose Service went while weir was away has to go, too.
  for (const StoredPtr& stored : listing.objects) enqueue(*stored->typed, false);
}

void Cache::apply(const Commit& commit) {
  const bool removed = commit.type == Commit::Type::deleted;
  if (commit.previous) enqueue(*commit.previous->typed, removed);
  if (removed) {
    const std::string& uid = meta(*commit.object->typed).uid;
    if (commit.object->key.kind == Kind::AnalysisRun) {
      std::erase_if(world_.readings,
                    [&](const auto& reading) { return reading.first.first == uid; });
    }
    world_.sources.erase(uid);
    world_.applied.erase(uid);
    world_.erase(commit.object->key);
  } else {
    world_.put(commit.object->typed);
  }
  enqueue(*commit.object->typed, removed);
}

void Cache::put(Container container) {
  if (const Container* known = world_.container(container.id)) {
    container.lists = known->lists;
    container.first_listed_at = known->first_listed_at;
    if (*known == container) return;
  } else if (is_gone(container.id)) {
    return;
  }
  enqueue_pod_of(container);
  world_.put(std::move(container));
}

void Cache::erase_container(const std::string& id) {
  const Container* known = world_.container(id);
  if (!known) return;
  enqueue_pod_of(*known);
  for (ProbeKind kind : {ProbeKind::startup, ProbeKind::readiness, ProbeKind::liveness}) {
    world_.probes.erase({id, kind});
  }
  world_.post_started.erase(id);
  gone_.push_back(id);
  if (gone_.size() > kGoneMax) gone_.pop_front();
  world_.erase_container(id);
}

bool Cache::is_gone(const std::string& id) const {
  return std::find(gone_.begin(), gone_.end(), id) != gone_.end();
}

void Cache::is_there(const std::string& id) { std::erase(gone_, id); }

void Cache::seen_in_list(const std::string& id, Time now) {
  const Container* known = world_.container(id);
  if (!known) return;
  Container container = *known;
  ++container.lists;
  if (!container.first_listed_at) container.first_listed_at = now;
  const Key key = pod_key(container);
  world_.put(std::move(container));
  if (!world_.find(key)) queue_.add(key);  // nobody's: garbage collection looks again
}

void Cache::set_engine(EngineState engine) {
  if (engine == world_.engine) return;
  world_.engine = std::move(engine);
  for (const Key& key : world_.keys(Kind::Pod)) queue_.add(key);
  for (const auto& [id, container] : world_.containers()) queue_.add(pod_key(container));
  enqueue_routed();
}

void Cache::gateway_said(GatewayReport report) {
  GatewayState& gateway = world_.gateway;
  const bool anew = report.reached != gateway.reached;
  gateway.reached = report.reached;
  gateway.message = std::move(report.trouble);
  if (anew) {
    gateway.table.reset();
    // What it says from here on is about all that it was told before: not about what it is still to
    // be told.
    on_their_way_ = under_way_;
    world_.attempts.erase(identity(PublishRoutes{}));
    enqueue_routed();
  }
  if (report.absent) {
    report.in_use.emplace();
    gateway.table = RouteTable{};
  }
  if (report.in_use) {
    if (!std::exchange(gateway.known, true)) {  // whoever is to end has waited for this
      for (const Key& key : world_.keys(Kind::Pod)) queue_.add(key);
    }
    said_in_use_ = *std::move(report.in_use);
    set_in_use();
  }
  if (report.closed && *report.closed != gateway.closed) {
    gateway.closed = *std::move(report.closed);
    enqueue_routed();
  }
}

void Cache::publishing(const RouteTable& table) {
  for_each_endpoint(table, [&](const RouteEndpoint& e) { under_way_.insert(e.id); });
  on_their_way_.insert(under_way_.begin(), under_way_.end());
  set_in_use();
}

void Cache::published(const RouteTable& table) {
  world_.gateway.table = table;
  for (const Key& key : world_.keys(Kind::Rollout)) queue_.add(key);  // weights are in force
  on_their_way_ = std::exchange(under_way_, {});
  set_in_use();
}

void Cache::not_published() { under_way_.clear(); }

// Who has left, or answers another number of requests, looks at it.
void Cache::set_in_use() {
  std::map<std::string, std::int64_t> now = said_in_use_;
  for (const std::string& id : on_their_way_) now.emplace(id, 0);
  std::map<std::string, std::int64_t>& before = world_.gateway.in_use;
  for (const auto& [id, requests] : before) {
    const auto left = now.find(id);
    if (left != now.end() && left->second == requests) continue;
    if (const Key* pod = world_.find_uid(id)) queue_.add(*pod);
  }
  before = std::move(now);
}

void Cache::put_name(const std::string& host, std::vector<std::string> addresses, Time at) {
  std::set<std::string> wanted{host};
  for (const Key& key : world_.keys(Kind::Service)) {
    wanted.insert(world_.get<api::Service>(key.ns, key.name)->spec.externalName);
  }
  std::erase_if(world_.names, [&](const auto& one) { return !wanted.contains(one.first); });
  world_.names[host] = {.addresses = std::move(addresses), .at = at};
}

void Cache::put_image(const std::string& reference, Image image) {
  if (!image.pulled_at) image.pulled_at = world_.images[reference].pulled_at;
  world_.images[reference] = std::move(image);
}

void Cache::erase_volumes(const std::string& pod_uid) {
  const std::string prefix = pod_uid + "/";
  auto it = world_.volumes.lower_bound(prefix);
  while (it != world_.volumes.end() && it->first.starts_with(prefix)) {
    it = world_.volumes.erase(it);
  }
}

void Cache::probed(const std::string& container_id, ProbeKind kind, bool ok, std::string message,
                   Time now) {
  const Container* container = world_.container(container_id);
  if (!container) return;
  ProbeRecord& record = world_.probes[{container_id, kind}];
  record.successes = ok ? record.successes + 1 : 0;
  record.failures = ok ? 0 : record.failures + 1;
  record.last_at = now;
  record.message = ok ? "" : std::move(message);
  queue_.add(pod_key(*container));
}

void Cache::probe_unknown(const std::string& container_id, ProbeKind kind, Time now) {
  const Container* container = world_.container(container_id);
  if (!container) return;
  world_.probes[{container_id, kind}].last_at = now;
  queue_.add(pod_key(*container));
}

void Cache::post_started(const std::string& container_id, bool ok) {
  const Container* container = world_.container(container_id);
  if (!container) return;
  world_.post_started[container_id] = ok;
  queue_.add(pod_key(*container));
}

void Cache::measured(const Key& run, const std::string& uid, const std::string& metric,
                     Reading reading) {
  const Object* known = world_.find(run);
  if (!known || meta(*known).uid != uid) return;
  world_.readings[{uid, metric}] = std::move(reading);
  queue_.add(run);
}

void Cache::fetched(const Key& repository, const std::string& uid, Source source) {
  const Object* known = world_.find(repository);
  if (!known || meta(*known).uid != uid) return;
  Source& last = world_.sources[uid];
  source.failures = source.reason.empty() ? 0 : last.failures + 1;
  if (!source.artifact) {  // it failed, or it is what it was
    source.artifact = last.artifact;
  } else {
    const bool same = last.artifact && last.artifact->digest == source.artifact->digest &&
                      last.artifact->revision == source.artifact->revision;
    source.artifact->fetched_at = same ? last.artifact->fetched_at : source.finished_at;
  }
  last = std::move(source);
  enqueue(*known, false);
}

void Cache::applied(const Key& kustomization, const std::string& uid, Applied applied) {
  const Object* known = world_.find(kustomization);
  if (!known || meta(*known).uid != uid) return;
  Applied& last = world_.applied[uid];
  applied.failures = applied.reason.empty() ? 0 : last.failures + 1;
  last = std::move(applied);
  queue_.add(kustomization);
}

void Cache::failed(const std::string& identity, Attempt attempt) {
  Attempt& known = world_.attempts[identity];
  attempt.count = known.count + 1;
  known = std::move(attempt);
  if (world_.attempts.size() <= kAttemptsMax) return;
  auto oldest = world_.attempts.begin();
  for (auto it = world_.attempts.begin(); it != world_.attempts.end(); ++it) {
    if (it->second.last_at < oldest->second.last_at) oldest = it;
  }
  world_.attempts.erase(oldest);
}

}  // namespace weir
