#include "reconcilers/pod_containers.h"

#include <algorithm>
#include <tuple>

namespace weir {

namespace {

bool names(const api::ContainerStatus& status, const std::string& id) {
  const auto is_it = [&](const std::string& url) {
    return url.size() == id.size() + 9 && url.starts_with("docker://") && url.ends_with(id);
  };
  return is_it(status.containerID) ||
         (status.lastState.terminated && is_it(status.lastState.terminated->containerID));
}

bool named_in_status(const api::Pod& pod, const std::string& id) {
  const auto& statuses = pod.status.containerStatuses;
  return std::any_of(statuses.begin(), statuses.end(),
                     [&](const api::ContainerStatus& status) { return names(status, id); });
}

// The later in this order, the better a container represents its pod: one that lives before one
// that does not, then the later attempt, and of one attempt (a create whose answer was lost, made
// twice) the one that has already run.
auto standing(const Container& c) {
  return std::tuple(is_live(c), c.attempt, c.state != ContainerState::created,
                    c.created_at.value_or(Time{}), std::string_view(c.id));
}

}  // namespace

bool belongs(const World& world, const api::Pod& pod, const std::string& spec_hash,
             const Container& container) {
  if (container.uid == pod.metadata.uid) return true;
  // Made by a weir whose data folder is lost: it is the same pod's if it was made from the same
  // spec, under the same name, and if nobody else's uid is on it.
  if (container.store == world.engine.store || world.uid_exists(container.uid)) return false;
  return container.spec_hash == spec_hash || named_in_status(pod, container.id);
}

bool is_garbage(const World& world, const Container& container) {
  return container.store == world.engine.store && !world.uid_exists(container.uid);
}

bool is_live(const Container& c) {
  return c.state == ContainerState::running || c.state == ContainerState::paused ||
         c.state == ContainerState::restarting;
}

bool start_failed(const Container& c) {
  return c.state == ContainerState::created && (!c.error.empty() || c.exit_code != 0);
}

bool is_ended(const Container& c) { return c.state == ContainerState::exited || start_failed(c); }

bool is_wreck(const Container& c) {
  return c.state == ContainerState::dead || c.state == ContainerState::removing;
}

std::optional<Time> state_began(const Container& c, Time now) {
  const auto& said = is_live(c) ? c.started_at : is_ended(c) ? c.finished_at : c.created_at;
  return said && *said <= now ? said : c.state_since;
}

PodContainers classify(const World& world, const Key& key, const api::Pod* pod,
                       const std::string& spec_hash) {
  PodContainers found;
  std::vector<const Container*> usable;
  for (const std::string& id : world.containers_of(key.ns, key.name)) {
    const Container* c = world.container(id);
    const bool fresh = c->state == ContainerState::created && !start_failed(*c);
    if (!pod || !belongs(world, *pod, spec_hash, *c)) {
      found.others.push_back(c);
    } else if (is_wreck(*c) || (fresh && c->spec_hash != spec_hash)) {
      found.surplus.push_back(c);
    } else {
      usable.push_back(c);
    }
  }
  std::sort(usable.begin(), usable.end(),
            [](const Container* a, const Container* b) { return standing(*a) > standing(*b); });
  for (const Container* c : usable) {
    if (!found.current) {
      found.current = c;
    } else if (!found.previous && is_ended(*c) && !is_ended(*found.current)) {
      found.previous = c;
    } else {
      found.surplus.push_back(c);
    }
  }
  return found;
}

const Container* running_container(const World& world, const api::Pod& pod) {
  const Key key{.kind = Kind::Pod, .ns = pod.metadata.namespace_, .name = pod.metadata.name};
  const std::string no_spec = "-";  // which would make it the pod's before its status says so
  const Container* current = classify(world, key, &pod, no_spec).current;
  return current && current->state == ContainerState::running ? current : nullptr;
}

}  // namespace weir
