#pragma once

// Cache: the loop's World, kept up to date from the store's commits and the engine's answers. Each
// change puts the keys that may need a new plan into the work queue. Used by the loop's thread
// only.

#include <deque>
#include <set>

#include "controller/loop/gateway_link.h"
#include "controller/loop/work_queue.h"
#include "controller/store/store.h"
#include "reconcilers/world.h"

namespace weir {

class Cache {
 public:
  explicit Cache(WorkQueue& queue) : queue_(queue) {}

  const World& world() const { return world_; }

  void load(const Store::Listing& listing);
  void apply(const Commit& commit);

  // Ignored: one that is gone. Docker gives no id out twice, so what a list or an inspection that
  // was under way still shows of it is old.
  void put(Container container);
  void erase_container(const std::string& id);
  bool is_gone(const std::string& id) const;
  // It has been made just now, or is found by who asked after it was said to be gone: put() takes
  // it.
  void is_there(const std::string& id);
  // A complete list showed this container at `now`: what garbage collection counts.
  void seen_in_list(const std::string& id, Time now);
  void set_engine(EngineState engine);

  // What the gateway says of itself. One that is reached anew is told the table anew.
  void gateway_said(GatewayReport report);
  // A table is on its way: from now on its endpoints may get requests; and then all of them do. Or
  // nobody has acknowledged it: what the gateway says next will tell.
  void publishing(const RouteTable& table);
  void published(const RouteTable& table);
  void not_published();

  void put_image(const std::string& reference, Image image);
  void put_name(const std::string& host, std::vector<std::string> addresses, Time at);
  void put_volume(const std::string& id, const std::string& hash) { world_.volumes[id] = hash; }
  void erase_volumes(const std::string& pod_uid);
  void probed(const std::string& container_id, ProbeKind kind, bool ok, std::string message,
              Time now);
  void probe_unknown(const std::string& container_id, ProbeKind kind, Time now);
  // Of the run of this uid; one that is gone, or another of its name, is not told.
  void measured(const Key& run, const std::string& uid, const std::string& metric, Reading reading);
  void post_started(const std::string& container_id, bool ok);
  // What GitRepositories and Kustomizations have come to; dropped when the object is another.
  void fetched(const Key& repository, const std::string& uid, Source source);
  void applied(const Key& kustomization, const std::string& uid, Applied applied);
  void failed(const std::string& identity, Attempt attempt);
  void succeeded(const std::string& identity) { world_.attempts.erase(identity); }

 private:
  void enqueue(const Object& object, bool removed);
  void enqueue_routed();
  void enqueue_pod_of(const Container& container);
  void set_in_use();

  std::map<std::string, std::int64_t> said_in_use_;  // by the gateway
  std::set<std::string> on_their_way_;  // endpoints that the gateway may have been told since then
  std::set<std::string> under_way_;     // those of the publication that has no outcome yet
  std::deque<std::string> gone_;        // containers, the last of them
  World world_;
  WorkQueue& queue_;
};

}  // namespace weir
