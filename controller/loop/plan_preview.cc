#include "controller/loop/plan_preview.h"

#include <deque>
#include <set>

#include "reconcilers/reconciler.h"

namespace weir {

namespace {

// What a change does, in a line or a few: a new object by its name and what it runs.
std::string summary(const Change& change, const World& world) {
  const auto* create = std::get_if<CreateObject>(&change);
  if (!create) return text(change, world) + "\n";
  std::string out = "create " + text(key_of(create->object));
  const auto* set = std::get_if<api::ReplicaSet>(&create->object);
  const auto* pod = std::get_if<api::Pod>(&create->object);
  if (set) out += " replicas=" + std::to_string(set->spec.replicas);
  if (set || pod) {
    for (const api::Container& c : (set ? set->spec.template_.spec : pod->spec).containers) {
      out += " image=" + c.image;
    }
  }
  return out + "\n";
}

// A world in which everything succeeds.
class Preview {
 public:
  Preview(World world, Time now) : world_(std::move(world)), now_(now) {
    world_.engine.synced = true;
  }

  void write(Object object) {
    const Key key = key_of(object);
    api::ObjectMeta& m = meta(object);
    if (m.uid.empty()) m.uid = "(new) " + text(key);
    m.resourceVersion = "0";
    world_.put(std::move(object));
    enqueue(key, false);
  }

  std::vector<PreviewStep> run(std::size_t steps_max) {
    std::vector<PreviewStep> steps;
    while (steps.size() < steps_max) {
      if (queue_.empty() && !wait()) break;
      const Key key = queue_.front();
      queue_.pop_front();
      queued_.erase(key);
      const Plan plan = weir::plan(world_, key, now_);
      if (plan.wake_at) later_.insert({*plan.wake_at, key});
      std::string lines;
      for (const Change& change : plan.changes) {
        if (!std::holds_alternative<UpdateStatus>(change)) lines += summary(change, world_);
      }
      for (const Action& action : plan.actions) {
        if (!std::holds_alternative<RunProbe>(action)) lines += text(action) + "\n";
      }
      for (const Change& change : plan.changes) std::visit([&](const auto& c) { take(c); }, change);
      for (const Action& action : plan.actions) {
        std::visit([&](const auto& a) { take(a); }, action);
        add(key);
      }
      if (!lines.empty()) {
        steps.push_back({.key = key, .text = std::move(lines), .reasons = plan.reasons});
      }
    }
    return steps;
  }

 private:
  // Time goes on only when nothing else is left to do, and only as far as back-offs and
  // minReadySeconds reach; a periodic probe would never let it end.
  bool wait() {
    constexpr std::chrono::minutes kHorizon{30};
    if (later_.empty() || waits_++ >= kWaitsMax) return false;
    const auto [at, key] = *later_.begin();
    later_.erase(later_.begin());
    if (at > start_ + kHorizon) return false;
    now_ = std::max(now_, at);
    add(key);
    return true;
  }

  void add(const Key& key) {
    if (queued_.insert(key).second) queue_.push_back(key);
  }
  void enqueue(const Key& key, bool removed) {
    const Object* object = world_.find(key);
    if (!object) return;
    for (const Key& other : affected(world_, *object, removed)) add(other);
  }
  void erase(const Key& key) {
    enqueue(key, true);
    world_.erase(key);
  }

  void take(const CreateObject& change) { write(change.object); }
  void take(const UpdateObject& change) {
    Object object = change.object;
    const Object* before = world_.find(key_of(object));
    if (before && !(*before == object)) ++meta(object).generation;
    write(std::move(object));
  }
  // The plan made both from one object: a status brings back no metadata and no spec of before.
  void take(const UpdateStatus& change) {
    const Object* current = world_.find(key_of(change.object));
    if (!current) return;
    Object object = *current;
    std::visit(
        [&](auto& into) {
          if constexpr (requires { into.status; }) {
            into.status = std::get<std::decay_t<decltype(into)>>(change.object).status;
          }
        },
        object);
    write(std::move(object));
  }
  void take(const DeleteObject& change) {
    const Object* object = world_.find(change.key);
    if (!object) return;
    if (change.key.kind != Kind::Pod && meta(*object).finalizers.empty()) {
      erase(change.key);
      return;
    }
    Object marked = *object;
    meta(marked).deletionTimestamp = to_seconds(now_);
    write(std::move(marked));
  }
  void take(const FinishDelete& change) { erase(change.key); }

  void take(const InspectImage& action) { world_.images[action.image].present = true; }
  void take(const PullImage& action) {
    world_.images[action.image].present = true;
    world_.images[action.image].pulled_at = now_;
  }
  void take(const WriteVolume& action) {
    world_.volumes[action.pod_uid + "/" + action.volume] = action.hash;
  }
  void take(const CreateContainer& action) {
    const auto& labels = action.spec.labels;
    const auto label = [&](const char* name) {
      const auto found = labels.find(name);
      return found == labels.end() ? std::string() : found->second;
    };
    world_.put(Container{.id = action.spec.name,
                         .name = action.spec.name,
                         .image = action.spec.image,
                         .ip = "0.0.0.0",
                         .created_at = now_,
                         .store = label(label::kStore),
                         .uid = label(label::kUid),
                         .pod_ns = label(label::kPodNamespace),
                         .pod_name = label(label::kPodName),
                         .container_name = label(label::kContainerName),
                         .owner = label(label::kOwner),
                         .spec_hash = label(label::kSpec),
                         .attempt = std::stoi("0" + label(label::kAttempt)),
                         .backoff = std::stoi("0" + label(label::kBackoff))});
  }
  void set_state(const std::string& id, ContainerState state) {
    const Container* known = world_.container(id);
    if (!known) return;
    Container container = *known;
    container.state = state;
    if (state == ContainerState::running) container.started_at = now_;
    if (state == ContainerState::exited) container.finished_at = now_;
    world_.put(std::move(container));
  }
  void take(const StartContainer& action) { set_state(action.id, ContainerState::running); }
  void take(const StopContainer& action) { set_state(action.id, ContainerState::exited); }
  void take(const UnpauseContainer& action) { set_state(action.id, ContainerState::running); }
  void take(const RemoveContainer& action) { world_.erase_container(action.id); }
  void take(const RunPostStart& action) { world_.post_started[action.container_id] = true; }
  void take(const RunProbe& action) {
    ProbeRecord& record = world_.probes[{action.container_id, action.kind}];
    ++record.successes;
    record.last_at = now_;
  }
  void take(const Measure& action) {
    world_.readings[{action.uid, action.metric.name}] = {
        .number = action.number, .started_at = now_, .finished_at = now_, .phase = "Successful"};
  }
  // Nothing is fetched and nothing applied: that it would be is what the preview tells.
  void take(const FetchSource& action) {
    Source& source = world_.sources[action.uid];
    source.asked = action.asked;
    source.finished_at = now_;
    if (!source.artifact) source.artifact.emplace();
  }
  void take(const ApplySource& action) {
    world_.applied[action.uid] = {.asked = action.asked,
                                  .revision = action.revision,
                                  .started_at = now_,
                                  .finished_at = now_,
                                  .reason = "Progressing",
                                  .message = "a preview applies nothing"};
  }
  void take(const ResolveName& action) { world_.names[action.host].at = now_; }
  void take(const PublishRoutes& action) {
    world_.gateway.known = true;
    world_.gateway.table = action.table;
    world_.gateway.in_use.clear();
    for_each_endpoint(action.table,
                      [&](const RouteEndpoint& e) { world_.gateway.in_use[e.id] = 0; });
  }
  void take(const RemoveVolumes& action) {
    std::erase_if(world_.volumes, [&](const auto& volume) {
      return volume.first.starts_with(action.pod_uid + "/");
    });
  }

  static constexpr int kWaitsMax = 1000;

  World world_;
  Time now_;
  const Time start_ = now_;
  int waits_ = 0;
  std::deque<Key> queue_;
  std::set<Key> queued_;
  std::set<std::pair<Time, Key>> later_;
};

}  // namespace

std::vector<PreviewStep> preview(World world, const std::vector<Object>& desired, Time now,
                                 std::size_t steps_max) {
  Preview preview(std::move(world), now);
  for (const Object& object : desired) preview.write(object);
  return preview.run(steps_max);
}

}  // namespace weir
