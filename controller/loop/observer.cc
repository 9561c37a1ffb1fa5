#include "controller/loop/observer.h"

#include <utility>

namespace weir {

namespace {

constexpr std::chrono::seconds kListEvery{20};
constexpr std::chrono::seconds kListAgainAfterFailure{2};
constexpr int kFirstInspections = 5;  // of a container whose fate decides whether another is made

// What a list shows of a container differs from what we know: only then is it worth an inspection.
bool differs(const Container& listed, const Container& known) {
  return listed.state != known.state || listed.name != known.name ||
         (known.state == ContainerState::running && listed.ip != known.ip);
}

}  // namespace

Observer::Observer(ObserverOptions options, engine::Engine& engine, Cache& cache, Mailbox& mailbox,
                   const Clock& clock)
    : options_(std::move(options)),
      engine_(engine),
      cache_(cache),
      mailbox_(mailbox),
      clock_(clock) {}

void Observer::start() {
  publish("connecting to the engine");
  next_list_ = clock_.now() + kListEvery;
  engine_.follow([this](engine::Hint hint) {
    mailbox_.post([this, hint = std::move(hint)] { this->hint(hint); });
  });
}

void Observer::tick() {
  if (clock_.now() < next_list_) return;
  next_list_ = clock_.now() + kListEvery;
  if (!connected_) return;
  if (network_ready_) {
    list();
  } else {
    connected();
  }
}

void Observer::ask(engine::Request request, std::function<void(Result<engine::Reply>)> on_reply) {
  engine_.submit(std::move(request), [this,
                                      on_reply = std::move(on_reply)](Result<engine::Reply> reply) {
    mailbox_.post([on_reply, reply = std::move(reply)]() mutable { on_reply(std::move(reply)); });
  });
}

void Observer::hint(const engine::Hint& hint) {
  switch (hint.what) {
    case engine::Hint::What::container_changed:
      inspect(hint.container_id);
      break;
    case engine::Hint::What::connected:
      connected();
      break;
    case engine::Hint::What::lost:
      lost(hint.message);
      break;
  }
}

// The network first: no pod may be created before it is there.
void Observer::connected() {
  connected_ = true;
  listed_once_ = false;
  network_ready_ = false;
  ask(engine::EnsureNetwork{.name = options_.network,
                            .labels = {{label::kInstance, options_.instance}}},
      [this](Result<engine::Reply> reply) {
        network_ready_ = reply.has_value();
        if (network_ready_) {
          list();
        } else {
          publish("the pods' network is not ready: " + reply.error().message);
          next_list_ = clock_.now() + kListAgainAfterFailure;
        }
      });
}

void Observer::lost(const std::string& message) {
  connected_ = false;
  publish(message);
}

void Observer::list() {
  if (listing_) return;
  listing_ = true;
  ask(engine::ListContainers{.instance = options_.instance}, [this](Result<engine::Reply> reply) {
    listing_ = false;
    if (!connected_) return;
    if (reply) {
      listed(std::get<std::vector<Container>>(*std::move(reply)));
    } else {
      // A failed list says nothing about any container.
      next_list_ = clock_.now() + kListAgainAfterFailure;
      if (!listed_once_) publish("cannot list containers: " + reply.error().message);
    }
  });
}

void Observer::listed(std::vector<Container> containers) {
  ++lists_total_;
  const Time now = clock_.now();
  std::set<std::string> listed_ids, missing;
  for (const auto& [id, container] : cache_.world().containers()) missing.insert(id);
  std::vector<std::string> to_inspect;
  for (const Container& container : containers) {
    listed_ids.insert(container.id);
    missing.erase(container.id);
    const Container* known = cache_.world().container(container.id);
    if (!known || differs(container, *known)) to_inspect.push_back(container.id);
    // Known from now on, even if the inspection that fills in the rest never comes back.
    if (!known && !container.pod_name.empty()) cache_.put(container);
    cache_.seen_in_list(container.id, now);
  }
  to_inspect.insert(to_inspect.end(), missing.begin(), missing.end());
  if (!listed_once_) {
    listed_once_ = true;
    for (const std::string& id : containers_by_status()) {
      if (!listed_ids.contains(id) && !cache_.world().container(id)) to_inspect.push_back(id);
    }
    first_inspections_.clear();
    for (const std::string& id : to_inspect) first_inspections_[id] = kFirstInspections;
  }
  for (const std::string& id : to_inspect) inspect(id);
  if (first_inspections_.empty()) publish("");
}

// What the pods' statuses say is there. A first list that leaves one of them out may be wrong: were
// it believed, a second container would be made beside the first.
std::vector<std::string> Observer::containers_by_status() const {
  constexpr std::string_view kScheme = "docker://";
  std::vector<std::string> ids;
  for (const Key& key : cache_.world().keys(Kind::Pod)) {
    const auto* pod = cache_.world().get<api::Pod>(key.ns, key.name);
    for (const api::ContainerStatus& status : pod->status.containerStatuses) {
      if (!status.containerID.starts_with(kScheme)) continue;
      ids.push_back(status.containerID.substr(kScheme.size()));
    }
  }
  return ids;
}

void Observer::inspect(const std::string& id) {
  const auto [entry, first] = inspecting_.try_emplace(id, false);
  if (!first) {
    entry->second = true;
    return;
  }
  ask(engine::InspectContainer{.id = id},
      [this, id, was_gone = cache_.is_gone(id)](Result<engine::Reply> reply) {
        if (reply && was_gone) cache_.is_there(id);
        inspected(id, std::move(reply));
      });
}

void Observer::inspected(const std::string& id, Result<engine::Reply> reply) {
  const bool gone = !reply && reply.error().code == Code::not_found;
  const bool answered = reply || gone;
  if (reply) {
    Container container = std::get<Container>(*std::move(reply));
    const bool ours = !container.pod_name.empty();
    if (ours) cache_.put(std::move(container));
  } else if (gone) {
    cache_.erase_container(id);
  }
  const auto first = first_inspections_.find(id);
  const bool once_more = first != first_inspections_.end() && !answered && --first->second > 0;
  const bool again = std::exchange(inspecting_[id], false) || once_more;
  inspecting_.erase(id);
  if (again) inspect(id);
  if (once_more || first == first_inspections_.end()) return;
  // One that cannot be inspected (a hung container) holds up the others no longer.
  first_inspections_.erase(first);
  if (first_inspections_.empty() && connected_) publish("");
}

void Observer::publish(std::string message) {
  EngineState state = cache_.world().engine;
  state.synced = message.empty();
  state.message = std::move(message);
  state.instance = options_.instance;
  state.store = options_.store;
  state.network = options_.network;
  state.volume_root = options_.volume_root;
  state.memory_root = options_.memory_root;
  state.node_name = options_.node_name;
  state.host_ip = options_.host_ip;
  state.prometheus_address = options_.prometheus_address;
  state.local = options_.local;
  cache_.set_engine(std::move(state));
}

}  // namespace weir
