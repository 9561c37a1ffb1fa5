#include "tests/sim/sim_engine.h"

#include <algorithm>

namespace weir::sim {

namespace {

constexpr Duration kDeadline{60'000};

Error unavailable(std::string message) {
  return {.code = Code::unavailable, .message = std::move(message)};
}

std::string id_text(std::uint64_t number) {
  std::string id = std::to_string(number);
  return std::string(12 - std::min<std::size_t>(12, id.size()), '0') + id;
}

std::string label(const ContainerSpec& spec, const char* name) {
  const auto found = spec.labels.find(name);
  return found == spec.labels.end() ? "" : found->second;
}

int number(const std::string& text) { return text.empty() ? 0 : std::stoi(text); }

// "http://10.0.0.7:8080/healthz" → "10.0.0.7"
std::string host_of(const std::string& url) {
  const std::size_t begin = url.find("://") + 3;
  return url.substr(begin, url.find_first_of(":/", begin) - begin);
}

}  // namespace

struct SimEngine::Link {
  bool alive = true;
  engine::OnHint on_hint;
};

class SimConnection : public engine::Engine {
 public:
  SimConnection(SimEngine& engine, std::shared_ptr<SimEngine::Link> link)
      : engine_(engine), link_(std::move(link)) {}
  ~SimConnection() override { link_->alive = false; }

  void follow(engine::OnHint on_hint) override {
    link_->on_hint = std::move(on_hint);
    engine_.schedule_.at(engine_.clock_.steady() + Duration(1), [link = link_] {
      if (link->alive) link->on_hint({.what = engine::Hint::What::connected});
    });
  }
  void submit(engine::Request request, engine::OnReply on_reply) override {
    engine_.submit(link_, std::move(request), std::move(on_reply));
  }
  std::shared_ptr<void> logs(engine::LogOptions, std::function<bool(std::string_view)>,
                             std::function<void(Result<void>)> on_end) override {
    on_end({});
    return nullptr;
  }

 private:
  SimEngine& engine_;
  std::shared_ptr<SimEngine::Link> link_;
};

SimEngine::SimEngine(SimClock& clock, std::uint64_t seed) : clock_(clock), random_(seed) {}

std::unique_ptr<engine::Engine> SimEngine::connect() {
  if (link_) link_->alive = false;
  link_ = std::make_shared<Link>();
  for (auto& [id, container] : containers_)
    container.orphan |= !container.seen && faults.lists_lie();
  return std::make_unique<SimConnection>(*this, link_);
}

// --- Time ----------------------------------------------------------------------------------------

bool SimEngine::happens(double chance) {
  if (chance <= 0) return false;
  const bool fires = std::uniform_real_distribution<>(0, 1)(random_) < chance;
  if (fires) ++faults_fired_;
  return fires;
}

Duration SimEngine::latency(const engine::Request& request) {
  std::int64_t most = 5;
  if (std::holds_alternative<engine::CreateContainer>(request)) most = 80;
  if (std::holds_alternative<engine::StartContainer>(request)) most = 300;
  if (std::holds_alternative<engine::PullImage>(request)) most = 2000;
  Duration time{std::uniform_int_distribution<std::int64_t>(1, most)(random_)};
  if (const auto* stop = std::get_if<engine::StopContainer>(&request)) {
    time += std::chrono::milliseconds(std::min(stop->grace_seconds, 1) * 200);
  }
  return happens(faults.slow) ? time + Duration(4000) : time;
}

// --- Requests ------------------------------------------------------------------------------------

void SimEngine::submit(std::shared_ptr<Link> link, engine::Request request,
                       engine::OnReply on_reply) {
  if (on_send && engine::mutates(request) && !on_send(request)) link->alive = false;
  if (!link->alive) return;
  judge_end(request);
  const Time now = clock_.steady();
  const auto answer = [this, link, on_reply](Time when, Result<engine::Reply> reply) {
    schedule_.at(when, [link, on_reply, reply = std::move(reply)] {
      if (link->alive) on_reply(reply);
    });
  };
  if (happens(faults.request_lost)) {
    answer(now + kDeadline, tl::unexpected(Error{.code = Code::timed_out, .message = "no answer"}));
    return;
  }
  schedule_.at(now + latency(request), [this, link, answer, request = std::move(request)] {
    const bool effect = engine::mutates(request);
    if (effect && happens(faults.refused)) {
      answer(clock_.steady(), tl::unexpected(unavailable("500 internal server error")));
      return;
    }
    // A request that weir sent before it crashed is carried out all the same.
    if (effect && before_effect) before_effect(request);
    asker_died_ = !link->alive;
    Result<engine::Reply> reply = serve(request);
    if (effect) {
      ++mutations_;
      const std::string words = engine::text(request);
      if (reply) ++effects_[words.substr(0, words.find(' '))];
      if (after_effect) after_effect(request);
    }
    const bool hung = !reply && reply.error().code == Code::timed_out;
    if (hung || happens(faults.reply_lost)) {
      answer(clock_.steady() + kDeadline,
             tl::unexpected(Error{.code = Code::timed_out, .message = "no answer"}));
      return;
    }
    if (const auto* inspect = std::get_if<engine::InspectContainer>(&request)) seen(inspect->id);
    answer(clock_.steady() + Duration(1), std::move(reply));
  });
}

void SimEngine::hint(const std::string& id) {
  ++changes_;
  if (happens(faults.hint_lost)) return;
  const int times = happens(faults.hint_twice) ? 2 : 1;
  for (int i = 0; i < times; ++i) {
    send({.what = engine::Hint::What::container_changed, .container_id = id});
  }
}

void SimEngine::send(engine::Hint hint) {
  if (!link_) return;
  schedule_.at(clock_.steady() + Duration(std::uniform_int_distribution<>(0, 20)(random_)),
               [link = link_, hint = std::move(hint)] {
                 if (link->alive && link->on_hint) link->on_hint(hint);
               });
}

Result<SimContainer*> SimEngine::find(const std::string& id_or_name) {
  auto found = containers_.find(id_or_name);
  if (found == containers_.end()) {
    const auto named = names_.find(id_or_name);
    if (named != names_.end()) found = containers_.find(named->second);
  }
  if (found == containers_.end()) {
    return fail(Code::not_found, "No such container: " + id_or_name);
  }
  if (found->second.hung) return fail(Code::timed_out, "hung");
  return &found->second;
}

Result<SimContainer*> SimEngine::find_ours(const std::string& id, const char* verb) {
  TRY(SimContainer * container, find(id));
  if (container->foreign) {
    violations.push_back(
        {8, std::string(verb) + " of the foreign container " + container->view.name});
  }
  return container;
}

// When it is sent: what arrives late, perhaps after a crash, was right when it was asked for.
void SimEngine::judge_end(const engine::Request& request) {
  const auto* stop = std::get_if<engine::StopContainer>(&request);
  const auto* remove = std::get_if<engine::RemoveContainer>(&request);
  if ((!stop && !remove) || !explain_end) return;
  const auto found = containers_.find(stop ? stop->id : remove->id);
  if (found == containers_.end()) return;
  const SimContainer& container = found->second;
  if (container.view.state != ContainerState::running) return;
  if (on_end) on_end(container);
  if (explain_end(container).empty()) {
    violations.push_back({10, engine::text(request) + ", " + container.view.name +
                                  ", while it runs, is healthy and is wanted"});
  }
}

void SimEngine::seen(const std::string& id) {
  const auto found = containers_.find(id);
  if (found == containers_.end()) return;
  found->second.seen |= found->second.view.state == ContainerState::running;
}

Result<engine::Reply> SimEngine::serve(const engine::Request& request) {
  return std::visit([&](const auto& r) { return serve(r); }, request);
}

Result<engine::Reply> SimEngine::serve(const engine::GetInfo&) {
  return engine::Info{.api_version = "1.41", .engine_id = "sim", .name = "sim"};
}

Result<engine::Reply> SimEngine::serve(const engine::ListContainers& request) {
  std::vector<Container> list;
  if (happens(faults.list_empty)) return list;
  for (const auto& [id, container] : containers_) {
    if (container.foreign || label(container.spec, label::kInstance) != request.instance) continue;
    list.push_back(container.view);
  }
  last_list_.swap(list);
  if (happens(faults.list_stale)) return list;
  list = last_list_;
  if (happens(faults.list_half)) list.resize(list.size() / 2);
  return list;
}

Result<engine::Reply> SimEngine::serve(const engine::InspectContainer& request) {
  TRY(const SimContainer* container, find(request.id));
  const bool by_id = request.id == container->view.id;
  if (by_id && container->view.state == ContainerState::created && happens(faults.not_found)) {
    return fail(Code::not_found, "No such container: " + request.id);
  }
  return container->view;
}

Result<engine::Reply> SimEngine::serve(const engine::ContainerStats& request) {
  TRY_VOID(find(request.id));
  return engine::Usage{};
}

Result<engine::Reply> SimEngine::serve(const engine::InspectImage& request) {
  const bool present = present_images_.contains(request.reference);
  return Image{.present = present,
               .id = present ? "sha256:" + request.reference : "",
               .command = {"/serve"}};
}

Result<engine::Reply> SimEngine::serve(const engine::EnsureNetwork&) {
  network_ = true;
  return engine::Done{.id = "network"};
}

Result<engine::Reply> SimEngine::serve(const engine::Resolve&) {
  return engine::Addresses{.ips = {"192.0.2.53"}};
}

Result<engine::Reply> SimEngine::serve(const engine::PullImage& request) {
  const auto known = images.find(request.reference);
  if (known == images.end() || !known->second.pullable) {
    return fail(Code::not_found, "manifest for " + request.reference + " not found");
  }
  if (happens(faults.pull_fails)) return fail(Code::exhausted, "toomanyrequests");
  present_images_.insert(request.reference);
  return serve(engine::InspectImage{.reference = request.reference});
}

Result<engine::Reply> SimEngine::serve(const engine::CreateContainer& request) {
  const ContainerSpec& spec = request.spec;
  if (!network_) {
    violations.push_back({10, "create of " + spec.name + " before the engine was looked at"});
  }
  if (!present_images_.contains(spec.image)) {
    return fail(Code::not_found, "No such image: " + spec.image);
  }
  if (!names_.contains(spec.name) && happens(faults.name_taken)) add_foreign(spec.name, {});
  if (happens(faults.name_phantom))
    phantoms_[spec.name] = clock_.steady() + std::chrono::minutes(2);
  const auto phantom = phantoms_.find(spec.name);
  const bool held = phantom != phantoms_.end() && clock_.steady() < phantom->second;
  if (held || names_.contains(spec.name)) {
    return fail(Code::conflict, "Conflict. The container name \"/" + spec.name +
                                    "\" is already in use by container \"" +
                                    (held ? "phantom" : names_[spec.name]) + "\".");
  }
  const std::string id = id_text(next_id_++);
  containers_[id] = {.view = {.id = id,
                              .name = spec.name,
                              .image = spec.image,
                              .image_id = "sha256:" + spec.image,
                              .created_at = clock_.wall(),
                              .store = label(spec, label::kStore),
                              .uid = label(spec, label::kUid),
                              .pod_ns = label(spec, label::kPodNamespace),
                              .pod_name = label(spec, label::kPodName),
                              .container_name = label(spec, label::kContainerName),
                              .owner = label(spec, label::kOwner),
                              .spec_hash = label(spec, label::kSpec),
                              .attempt = number(label(spec, label::kAttempt)),
                              .backoff = number(label(spec, label::kBackoff))},
                     .spec = spec};
  names_[spec.name] = id;
  hint(id);
  return engine::Done{.id = id};
}

Result<engine::Reply> SimEngine::serve(const engine::StartContainer& request) {
  TRY(SimContainer * container, find_ours(request.id, "start"));
  if (container->view.state == ContainerState::running) return engine::Done{.id = request.id};
  if (happens(faults.start_fails)) {
    container->view.exit_code = 128;
    container->view.error = "driver failed programming external connectivity";
    return fail(Code::internal, container->view.error);
  }
  container->orphan = asker_died_;
  container->seen = false;
  container->view.state = ContainerState::running;
  container->view.started_at = clock_.wall();
  container->up_since = clock_.steady();
  container->view.ip = free_address();
  container->view.network_path = "/netns/" + request.id;
  const Behaviour behaviour = images[container->spec.image];
  if (behaviour.exits_after >= Duration(0)) {
    exit_later(request.id, behaviour.exits_after, behaviour.exit_code);
  }
  hint(request.id);
  return engine::Done{.id = request.id};
}

Result<engine::Reply> SimEngine::serve(const engine::StopContainer& request) {
  Result<SimContainer*> container = find_ours(request.id, "stop");
  if (!container && container.error().code == Code::not_found) return engine::Done{};
  if (!container) return tl::unexpected(container.error());
  const ContainerState state = (*container)->view.state;
  if (state == ContainerState::running || state == ContainerState::paused) exit(**container, 143);
  return engine::Done{.id = request.id};
}

Result<engine::Reply> SimEngine::serve(const engine::UnpauseContainer& request) {
  TRY(SimContainer * container, find_ours(request.id, "unpause"));
  if (container->view.state != ContainerState::paused) {
    return fail(Code::conflict, "Container " + request.id + " is not paused");
  }
  container->view.state = ContainerState::running;
  hint(request.id);
  return engine::Done{.id = request.id};
}

Result<engine::Reply> SimEngine::serve(const engine::RemoveContainer& request) {
  Result<SimContainer*> container = find_ours(request.id, "remove");
  if (!container && container.error().code == Code::not_found) return engine::Done{};
  if (!container) return tl::unexpected(container.error());
  if (happens(faults.removal_stuck)) {
    (*container)->stuck_until = clock_.steady() + std::chrono::minutes(1);
  }
  if (clock_.steady() < (*container)->stuck_until) {
    (*container)->view.state = ContainerState::dead;
    return fail(Code::unavailable,
                "removal of container " + request.id + " is already in progress");
  }
  names_.erase((*container)->view.name);
  containers_.erase((*container)->view.id);
  hint(request.id);
  return engine::Done{.id = request.id};
}

Result<engine::Reply> SimEngine::serve(const engine::Exec& request) {
  TRY(const SimContainer* container, find(request.id));
  if (container->view.state != ContainerState::running) {
    return fail(Code::conflict, "Container " + request.id + " is not running");
  }
  return engine::ExecResult{.exit_code = answers(container->view.ip) ? 0 : 1};
}

Result<engine::Reply> SimEngine::serve(const engine::HttpGet& request) {
  return engine::HttpResult{.status = answers(host_of(request.url)) ? 200 : 503};
}

Result<engine::Reply> SimEngine::serve(const engine::TcpConnect& request) {
  if (answers(request.host)) return engine::Done{};
  return fail(Code::unavailable, "connection refused");
}

const SimContainer* SimEngine::holds(const std::string& ip) const {
  for (const auto& [id, container] : containers_) {
    if (container.view.ip == ip && container.view.state == ContainerState::running) {
      return &container;
    }
  }
  return nullptr;
}

// One that was somebody else's a moment ago, if it can be.
std::string SimEngine::free_address() const {
  std::set<std::string> taken;
  for (const auto& [id, container] : containers_) taken.insert(container.view.ip);
  int last = 2;
  while (taken.contains("10.0.0." + std::to_string(last))) ++last;
  return "10.0.0." + std::to_string(last);
}

bool SimEngine::answers(const std::string& ip) const {
  const SimContainer* container = holds(ip);
  if (!container || container->sick) return false;
  const auto behaviour = images.find(container->spec.image);
  return behaviour != images.end() && behaviour->second.ready_after >= Duration(0) &&
         clock_.steady() >= container->up_since + behaviour->second.ready_after;
}

void SimEngine::exit_later(const std::string& id, Duration after, int code) {
  schedule_.at(clock_.steady() + after, [this, id, code] {
    const auto found = containers_.find(id);
    if (found == containers_.end()) return;
    const ContainerState state = found->second.view.state;
    if (state == ContainerState::running) exit(found->second, code);
    if (state == ContainerState::paused) exit_later(id, std::chrono::seconds(1), code);
  });
}

void SimEngine::exit(SimContainer& container, int code) {
  container.view.state = ContainerState::exited;
  container.view.exit_code = code;
  container.view.finished_at = clock_.wall();
  container.view.ip.clear();
  container.view.network_path.clear();
  hint(container.view.id);
}

// --- The world around it -------------------------------------------------------------------------

std::vector<std::string> SimEngine::ours() const {
  std::vector<std::string> ids;
  for (const auto& [id, container] : containers_) {
    if (!container.foreign) ids.push_back(id);
  }
  return ids;
}

void SimEngine::restart(bool containers_survive) {
  if (!containers_survive) {
    for (auto& [id, container] : containers_) {
      if (container.view.state == ContainerState::running) exit(container, 137);
    }
  }
  phantoms_.clear();
  send({.what = engine::Hint::What::lost, .message = "the engine went away"});
  schedule_.at(clock_.steady() + std::chrono::seconds(3),
               [this] { send({.what = engine::Hint::What::connected}); });
}

void SimEngine::kill(const std::string& id, int exit_code) {
  SimContainer& container = containers_.at(id);
  if (container.view.state == ContainerState::running) exit(container, exit_code);
}

void SimEngine::remove_by_hand(const std::string& id) {
  names_.erase(containers_.at(id).view.name);
  containers_.erase(id);
  hint(id);
}

void SimEngine::pause_by_hand(const std::string& id) {
  SimContainer& container = containers_.at(id);
  if (container.view.state != ContainerState::running) return;
  container.view.state = ContainerState::paused;
  hint(id);
}

void SimEngine::rename_by_hand(const std::string& id, const std::string& name) {
  SimContainer& container = containers_.at(id);
  if (names_.contains(name)) return;
  names_.erase(container.view.name);
  names_[name] = id;
  container.view.name = name;
  hint(id);
}

std::string SimEngine::add_foreign(const std::string& name,
                                   std::map<std::string, std::string> labels) {
  const std::string id = id_text(next_id_++);
  containers_[id] = {.view = {.id = id,
                              .name = name,
                              .state = ContainerState::running,
                              .started_at = clock_.wall()},
                     .spec = {.name = name, .labels = std::move(labels)},
                     .foreign = true};
  names_[name] = id;
  return id;
}

void SimEngine::unhang() {
  for (auto& [id, container] : containers_) container.hung = false;
}

void SimEngine::lose_image(const std::string& reference) { present_images_.erase(reference); }

}  // namespace weir::sim
