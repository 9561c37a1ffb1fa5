#include "controller/loop/cache.h"

#include "reconcilers/reconciler.h"

namespace weir {

namespace {

// Attempts are few: an action that failed and has not succeeded since. Past this, the oldest goes,
// and with it nothing but a back-off.
constexpr std::size_t kAttemptsMax = 10'000;

Key pod_key(const Container& container) {
  return {.kind = Kind::Pod, .ns = container.pod_ns, .name = container.pod_name};
}

}  // namespace

void Cache::enqueue(const Object& object, bool removed) {
  for (const Key& key : affected(world_, object, removed)) queue_.add(key);
}

void Cache::enqueue_pods() {
  for (const Key& key : world_.keys(Kind::Pod)) queue_.add(key);
  for (const auto& [id, container] : world_.containers()) queue_.add(pod_key(container));
}

void Cache::load(const Store::Listing& listing) {
  for (const StoredPtr& stored : listing.objects) world_.put(stored->typed);
  for (const StoredPtr& stored : listing.objects) queue_.add(stored->key);
}

void Cache::apply(const Commit& commit) {
  const bool removed = commit.type == Commit::Type::deleted;
  if (commit.previous) enqueue(*commit.previous->typed, removed);
  if (removed) {
    world_.erase(commit.object->key);
  } else {
    world_.put(commit.object->typed);
  }
  enqueue(*commit.object->typed, removed);
}

void Cache::put(Container container) {
  const Key key = pod_key(container);
  if (const Container* known = world_.container(container.id)) {
    container.lists = known->lists;
    container.first_listed_at = known->first_listed_at;
    if (*known == container) return;
  }
  world_.put(std::move(container));
  queue_.add(key);
}

void Cache::erase_container(const std::string& id) {
  const Container* known = world_.container(id);
  if (!known) return;
  queue_.add(pod_key(*known));
  for (ProbeKind kind : {ProbeKind::startup, ProbeKind::readiness, ProbeKind::liveness}) {
    world_.probes.erase({id, kind});
  }
  world_.post_started.erase(id);
  world_.erase_container(id);
}

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
  enqueue_pods();
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
