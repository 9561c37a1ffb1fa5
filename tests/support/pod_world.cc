#include "tests/support/pod_world.h"

#include "reconcilers/base64.h"
#include "reconcilers/object_text.h"
#include "reconcilers/pod.h"
#include "reconcilers/pod_hash.h"

namespace weir::test {

namespace {

Key the_pod() { return {.kind = Kind::Pod, .ns = "default", .name = "web"}; }

Time ago(int count) { return kNow - std::chrono::seconds(count); }

api::Pod& pod_in(Object& object) { return std::get<api::Pod>(object); }

std::string hash_of(const World& world) {
  const auto* pod = world.get<api::Pod>("default", "web");
  return pod ? spec_hash(pod->spec, pod->spec.containers.front()) : "none";
}

template <class List>
std::string joined(const List& list) {
  std::string out;
  for (const std::string& item : list) out += (out.empty() ? "" : " ") + item;
  return out;
}

std::string text_of(const api::ContainerState& state) {
  if (state.waiting) {
    return "waiting " + state.waiting->reason +
           (state.waiting->message.empty() ? "" : " \"" + state.waiting->message + "\"");
  }
  const auto since = [](const std::optional<std::chrono::sys_seconds>& at) {
    return at ? std::to_string((*at - to_seconds(kNow)).count()) + "s" : std::string("?");
  };
  if (state.running) return "running since " + since(state.running->startedAt);
  if (!state.terminated) return "-";
  const api::ContainerStateTerminated& t = *state.terminated;
  return "terminated " + t.reason + " " + std::to_string(t.exitCode) + " at " +
         since(t.finishedAt) + " " + t.containerID;
}

const CreateContainer* create_in(const Plan& plan) {
  for (const Action& action : plan.actions) {
    if (const auto* create = std::get_if<CreateContainer>(&action)) return create;
  }
  return nullptr;
}

}  // namespace

PodWorld::PodWorld() {
  world_.engine = {.synced = true,
                   .instance = "weir",
                   .store = "store-1",
                   .network = "weir",
                   .volume_root = "/volumes",
                   .memory_root = "/memory",
                   .node_name = "host-1",
                   .host_ip = "192.168.0.5"};
  world_.images["app:1"] = {.present = true,
                            .id = "sha256:aa",
                            .entrypoint = {"/entry"},
                            .command = {"serve"},
                            .pulled_at = ago(1000)};
  api::Pod web;
  web.metadata = {.creationTimestamp = to_seconds(ago(200)),
                  .name = "web",
                  .namespace_ = "default",
                  .uid = "u1"};
  web.spec.containers = {{.image = "app:1", .imagePullPolicy = "IfNotPresent", .name = "app"}};
  world_.put(Object(web));
}

PodWorld& PodWorld::pod(const std::function<void(api::Pod&)>& change) {
  Object object = *world_.find(the_pod());
  change(pod_in(object));
  world_.put(std::move(object));
  return *this;
}

PodWorld& PodWorld::spec(const std::function<void(api::Container&)>& change) {
  return pod([&](api::Pod& pod) { change(pod.spec.containers.front()); });
}

PodWorld& PodWorld::no_pod() {
  world_.erase(the_pod());
  return *this;
}

PodWorld& PodWorld::deleting(std::int64_t grace) {
  return pod([&](api::Pod& pod) {
    pod.metadata.deletionTimestamp = to_seconds(kNow) + std::chrono::seconds(grace);
    pod.metadata.deletionGracePeriodSeconds = grace;
  });
}

PodWorld& PodWorld::with(const ContainerForm& form) {
  const bool ran = form.state != created;
  const bool ended = form.state == exited || form.state == dead;
  Container c{.id = form.id,
              .name = form.name.empty() ? "weir_app_web_default_" + std::to_string(form.attempt)
                                        : form.name,
              .state = form.state,
              .exit_code = form.exit_code,
              .oom_killed = form.oom,
              .error = form.error,
              .image = form.image,
              .image_id = "sha256:aa",
              .ip = form.state == running || form.state == paused ? form.ip : "",
              .health = form.health,
              .created_at = ago(form.started + 1),
              .store = form.store,
              .uid = form.uid,
              .pod_ns = "default",
              .pod_name = form.pod,
              .container_name = "app",
              .spec_hash = form.hash.empty() ? hash_of(world_) : form.hash,
              .attempt = form.attempt,
              .backoff = form.backoff,
              .lists = form.lists};
  if (ran) c.started_at = ago(form.started);
  if (ended) c.finished_at = ago(form.finished);
  if (form.state_since >= 0) c.state_since = ago(form.state_since);
  if (form.listed >= 0) c.first_listed_at = ago(form.listed);
  world_.put(std::move(c));
  return *this;
}

PodWorld& PodWorld::without(const std::string& id) {
  world_.erase_container(id);
  return *this;
}

PodWorld& PodWorld::attempt(const std::string& identity, int count, int seconds_ago,
                            const std::string& reason, const std::string& message) {
  world_.attempts[identity] = {
      .count = count, .last_at = ago(seconds_ago), .reason = reason, .message = message};
  return *this;
}

PodWorld& PodWorld::probe(ProbeKind kind, int successes, int failures, int seconds_ago,
                          const std::string& id) {
  world_.probes[{id, kind}] = {
      .successes = successes, .failures = failures, .last_at = ago(seconds_ago)};
  return *this;
}

PodWorld& PodWorld::config_map(const std::string& name, std::map<std::string, std::string> data,
                               const std::string& version) {
  api::ConfigMap map;
  map.data = std::move(data);
  map.metadata = {
      .name = name, .namespace_ = "default", .resourceVersion = version, .uid = "uid-" + name};
  world_.put(Object(std::move(map)));
  return *this;
}

PodWorld& PodWorld::secret(const std::string& name, const std::map<std::string, std::string>& data,
                           const std::string& version) {
  api::Secret secret;
  for (const auto& [key, value] : data) secret.data[key] = base64_encode(value);
  secret.metadata = {
      .name = name, .namespace_ = "default", .resourceVersion = version, .uid = "uid-" + name};
  world_.put(Object(std::move(secret)));
  return *this;
}

PodWorld& PodWorld::volume(const std::string& name, const std::string& hash) {
  world_.volumes["u1/" + name] = hash;
  return *this;
}

PodWorld& PodWorld::written() {
  for (const Action& action : plan_of(world_).actions) {
    if (const auto* write = std::get_if<WriteVolume>(&action)) volume(write->volume, write->hash);
  }
  return *this;
}

PodWorld& PodWorld::change(const std::function<void(World&)>& change) {
  change(world_);
  return *this;
}

PodWorld& PodWorld::settle() {
  for (const Change& change : plan_of(world_).changes) {
    if (const auto* status = std::get_if<UpdateStatus>(&change)) world_.put(status->object);
  }
  return *this;
}

Plan plan_of(const World& world) { return plan_pod(world, the_pod(), kNow); }

std::string pod_deeds(const World& world) {
  Plan plan = plan_of(world);
  std::erase_if(plan.changes,
                [](const Change& change) { return std::holds_alternative<UpdateStatus>(change); });
  const std::optional<Time> wake = plan.wake_at;
  plan.wake_at.reset();
  std::string out = text(plan, world);
  if (wake) {
    const auto after = std::chrono::duration_cast<std::chrono::seconds>(*wake - kNow);
    out += "wake in " + std::to_string(after.count()) + "s\n";
  }
  return out;
}

std::string pod_status(const World& world) {
  api::PodStatus s = world.get<api::Pod>("default", "web")->status;
  for (const Change& change : plan_of(world).changes) {
    const auto* update = std::get_if<UpdateStatus>(&change);
    if (update) s = std::get<api::Pod>(update->object).status;
  }
  std::string out = s.phase + (s.reason.empty() ? "" : " " + s.reason);
  if (!s.podIP.empty()) out += " ip=" + s.podIP;
  out += "\n";
  for (const api::ContainerStatus& c : s.containerStatuses) {
    out += c.name + (c.ready ? " ready" : " unready") + (c.started == true ? " started" : "") +
           " restarts=" + std::to_string(c.restartCount) + " " + c.containerID + "\n";
    out += "state " + text_of(c.state) + "\n";
    if (c.lastState != api::ContainerState{}) out += "last " + text_of(c.lastState) + "\n";
  }
  for (const api::PodCondition& c : s.conditions) {
    if (c.type == "Initialized" || c.type == "PodScheduled") continue;
    out += c.type + " " + c.status + (c.reason.empty() ? "" : " " + c.reason) +
           (c.message.empty() ? "" : ": " + c.message) + "\n";
  }
  return out;
}

std::string last_reason(const World& world) {
  const Plan plan = plan_of(world);
  return plan.reasons.back().step + ": " + plan.reasons.back().verdict;
}

std::string created_labels(const World& world) {
  const Plan plan = plan_of(world);
  const CreateContainer* create = create_in(plan);
  if (!create) return "nothing created\n";
  std::string out;
  for (const auto& [name, value] : create->spec.labels) out += name + "=" + value + "\n";
  return out;
}

std::string created_spec(const World& world) {
  const Plan plan = plan_of(world);
  const CreateContainer* create = create_in(plan);
  if (!create) return "nothing created: " + last_reason(world) + "\n";
  const ContainerSpec& s = create->spec;
  std::string out;
  const auto line = [&](const std::string& name, const std::string& value) {
    if (!value.empty() && value != "0") out += name + " " + value + "\n";
  };
  line("name", s.name);
  line("image", s.image);
  line("entrypoint", joined(s.entrypoint));
  line("command", joined(s.command));
  line("env", joined(s.env));
  std::vector<std::string> secrets;
  for (const auto& [name, value] : s.secret_env) {
    secrets.push_back(name + "(" + std::to_string(value.size()) + ")");
  }
  line("secret-env", joined(secrets));
  line("working-dir", s.working_dir);
  line("user", s.user);
  line("groups", joined(s.groups));
  line("hostname", s.hostname);
  line("network", s.network);
  line("dns-servers", joined(s.dns_servers));
  line("dns-search", joined(s.dns_search));
  line("dns-options", joined(s.dns_options));
  line("extra-hosts", joined(s.extra_hosts));
  for (const Mount& m : s.mounts) {
    line("mount", m.source + " -> " + m.target + (m.read_only ? " ro" : "") +
                      (m.source_type.empty() ? "" : " " + m.source_type) +
                      (m.within.empty() ? "" : " within " + m.within));
  }
  for (const PortBinding& p : s.ports) {
    line("port", p.host_ip + ":" + std::to_string(p.host_port) + "->" +
                     std::to_string(p.container_port) + "/" + p.protocol);
  }
  line("memory", std::to_string(s.memory_bytes));
  line("nano-cpus", std::to_string(s.nano_cpus));
  line("cpu-shares", std::to_string(s.cpu_shares));
  std::string flags;
  for (const auto& [on, name] : {std::pair{s.privileged, "privileged"},
                                 {s.read_only_root, "read-only-root"},
                                 {s.no_new_privileges, "no-new-privileges"},
                                 {s.tty, "tty"},
                                 {s.open_stdin, "stdin"}}) {
    if (on) flags += (flags.empty() ? "" : " ") + std::string(name);
  }
  line("flags", flags);
  line("add-capabilities", joined(s.add_capabilities));
  line("drop-capabilities", joined(s.drop_capabilities));
  line("security-options", joined(s.security_options));
  for (const auto& [name, value] : s.sysctls) line("sysctl", name + "=" + value);
  line("pid-mode", s.pid_mode);
  line("ipc-mode", s.ipc_mode);
  return out;
}

}  // namespace weir::test
