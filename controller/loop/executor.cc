#include "controller/loop/executor.h"

#include <algorithm>
#include <utility>

#include "controller/loop/engine_requests.h"
#include "controller/loop/writes.h"

namespace weir {

namespace {

constexpr Duration kFirstPause{50};
constexpr Duration kLongestPause{60'000};
constexpr std::chrono::seconds kInspectAgain{2};

// The least pause after a failed action, whatever its reconciler thinks: nothing spins.
Time not_before(const Attempt& attempt) {
  return attempt.last_at +
         std::min(kLongestPause, kFirstPause * (1 << std::min(attempt.count - 1, 11)));
}

Result<void> outcome(const Result<engine::Reply>& reply) {
  if (reply) return {};
  return tl::unexpected(reply.error());
}

}  // namespace

void Executor::apply(const Key& key, const Plan& plan) {
  if (plan.wake_at) parts_.queue.add_at(key, *plan.wake_at);
  for (const Action& action : plan.actions) start(key, action);
  Reconciled turn{.key = key, .events = plan.events, .comes_back = plan.wake_at.has_value()};
  if (plan.changes.empty()) {
    end(turn);
  } else {
    commit(std::move(turn), plan.changes);
  }
}

// --- Changes -------------------------------------------------------------------------------------

void Executor::commit(Reconciled turn, const std::vector<Change>& changes) {
  Result<Transaction> transaction = transaction_of(changes, parts_.store, parts_.clock.now());
  if (!transaction) {
    turn.result = tl::unexpected(std::move(transaction).error());
    end(turn);
    return;
  }
  parts_.store.submit(*std::move(transaction),
                      [this, &mailbox = parts_.mailbox,
                       turn = std::move(turn)](Result<std::vector<StoredPtr>> stored) mutable {
                        if (!stored) turn.result = tl::unexpected(std::move(stored).error());
                        mailbox.post([this, turn = std::move(turn)] { end(turn); });
                      });
}

void Executor::end(const Reconciled& turn) {
  if (turn.result) {
    for (const EventNote& event : turn.events) {
      parts_.recorder.record(parts_.cache.world(), event);
    }
    parts_.queue.forget_failures(turn.key);
  } else {
    // A conflict is ordinary: somebody else wrote, and the next plan sees it. Anything else (a full
    // disk) is tried again too, after a growing pause.
    parts_.queue.add_after_failure(turn.key, parts_.clock.now());
  }
  parts_.queue.done(turn.key);
  if (watcher_) watcher_->reconciled(turn);
}

// --- Actions -------------------------------------------------------------------------------------

void Executor::start(const Key& key, const Action& action) {
  const std::string id = identity(action);
  for (const std::string& first : must_end_before(action)) {
    if (const auto waiting = under_way_.find(first); waiting != under_way_.end()) {
      waiting->second.insert(key);
      return;
    }
  }
  const auto& attempts = parts_.cache.world().attempts;
  if (const auto failed = attempts.find(id); failed != attempts.end()) {
    const Time earliest = not_before(failed->second);
    if (parts_.clock.now() < earliest) {
      parts_.queue.add_at(key, earliest);
      return;
    }
  }
  under_way_[id].insert(key);
  std::visit([&](const auto& a) { begin(a, id); }, action);
}

// The action itself, if it is under way already. And a start may yet end in a process, even of a
// container that the World has seen exited: no other is made or started beside it.
std::vector<std::string> Executor::must_end_before(const Action& action) const {
  std::vector<std::string> identities{identity(action)};
  const auto* start = std::get_if<StartContainer>(&action);
  const auto* create = std::get_if<CreateContainer>(&action);
  if (!start && !create) return identities;
  const Key& pod = start ? start->pod : create->pod;
  if (create) {
    // Under another name, or as another attempt, because the World has changed since.
    const std::string& own = identities.front();
    const std::string place = "_" + pod.ns + "_";
    const std::string prefix = own.substr(0, own.rfind(place) + place.size());
    for (auto it = under_way_.lower_bound(prefix);
         it != under_way_.end() && it->first.starts_with(prefix); ++it) {
      identities.push_back(it->first);
    }
  }
  for (const std::string& id : parts_.cache.world().containers_of(pod.ns, pod.name)) {
    identities.push_back(identity(StartContainer{.pod = pod, .id = id}));
  }
  return identities;
}

void Executor::finish(const std::string& identity, const Result<void>& result) {
  if (result) {
    parts_.cache.succeeded(identity);
  } else {
    parts_.cache.failed(identity, {.last_at = parts_.clock.now(),
                                   .reason = reason_of(identity, result.error()),
                                   .message = result.error().message});
  }
  const auto waiting = under_way_.extract(identity);
  if (waiting.empty()) return;
  for (const Key& key : waiting.mapped()) parts_.queue.add(key);
}

void Executor::ask(engine::Request request, OnReply on_reply) {
  parts_.engine.submit(std::move(request), [&mailbox = parts_.mailbox,
                                            on_reply =
                                                std::move(on_reply)](Result<engine::Reply> reply) {
    mailbox.post([on_reply, reply = std::move(reply)]() mutable { on_reply(std::move(reply)); });
  });
}

void Executor::inspect(const std::string& id_or_name, OnReply on_reply) {
  ask(engine::InspectContainer{.id = id_or_name}, [=, this](Result<engine::Reply> reply) {
    if (reply || reply.error().code == Code::not_found) {
      on_reply(std::move(reply));
    } else {
      later_.emplace(parts_.clock.now() + kInspectAgain,
                     [=, this] { inspect(id_or_name, on_reply); });
    }
  });
}

void Executor::tick() {
  while (!later_.empty() && later_.begin()->first <= parts_.clock.now()) {
    later_.extract(later_.begin()).mapped()();
  }
}

void Executor::read_back(const std::string& id, const std::string& identity, Result<void> result) {
  inspect(id, [this, id, identity, result = std::move(result)](Result<engine::Reply> reply) {
    if (reply) {
      parts_.cache.put(std::get<Container>(*std::move(reply)));
    } else {
      parts_.cache.erase_container(id);
    }
    finish(identity, result);
  });
}

void Executor::note(const Key& about, bool warning, std::string reason, std::string message) {
  parts_.recorder.record(parts_.cache.world(), {.about = about,
                                                .warning = warning,
                                                .reason = std::move(reason),
                                                .message = std::move(message)});
}

// --- Images --------------------------------------------------------------------------------------

void Executor::begin(const InspectImage& action, const std::string& identity) {
  ask(engine::InspectImage{.reference = action.image}, [=, this](Result<engine::Reply> reply) {
    if (reply) parts_.cache.put_image(action.image, std::get<Image>(*reply));
    finish(identity, outcome(reply));
  });
}

void Executor::begin(const PullImage& action, const std::string& identity) {
  note(action.pod, false, "Pulling", "Pulling image \"" + action.image + "\"");
  ask(engine::PullImage{.reference = action.image,
                        .registry_auth = registry_auth(parts_.cache.world(), action)},
      [=, this](Result<engine::Reply> reply) {
        if (reply) {
          Image image = std::get<Image>(*reply);
          image.pulled_at = parts_.clock.now();
          parts_.cache.put_image(action.image, std::move(image));
          note(action.pod, false, "Pulled", "Successfully pulled image \"" + action.image + "\"");
        } else {
          note(action.pod, true, "Failed",
               "Failed to pull image \"" + action.image + "\": " + reply.error().message);
        }
        finish(identity, outcome(reply));
      });
}

// --- Volumes -------------------------------------------------------------------------------------

void Executor::begin(const WriteVolume& action, const std::string& identity) {
  parts_.volumes.write(action, [this, &mailbox = parts_.mailbox, identity, pod = action.pod,
                                hash = action.hash, id = action.pod_uid + "/" + action.volume,
                                volume = action.volume](Result<void> result) {
    mailbox.post([=, this] {
      if (result) {
        parts_.cache.put_volume(id, hash);
      } else {
        note(pod, true, "FailedMount",
             "MountVolume.SetUp failed for volume \"" + volume + "\": " + result.error().message);
      }
      finish(identity, result);
    });
  });
}

void Executor::begin(const RemoveVolumes& action, const std::string& identity) {
  parts_.volumes.remove(action.pod_uid, [this, &mailbox = parts_.mailbox, identity,
                                         uid = action.pod_uid](Result<void> result) {
    mailbox.post([=, this] {
      if (result) parts_.cache.erase_volumes(uid);
      finish(identity, result);
    });
  });
}

// --- Analyses ------------------------------------------------------------------------------------

void Executor::begin(const Measure& action, const std::string& identity) {
  parts_.measurer.measure(
      action, [this, &mailbox = parts_.mailbox, identity, run = action.run, uid = action.uid,
               metric = action.metric.name, number = action.number,
               started = parts_.clock.now()](Measured measured) {
        mailbox.post([=, this] {
          parts_.cache.measured(run, uid, metric,
                                {.number = number,
                                 .started_at = started,
                                 .finished_at = parts_.clock.now(),
                                 .phase = measured.phase,
                                 .value = measured.value,
                                 .message = measured.message});
          finish(identity, {});
        });
      });
}

// --- GitOps --------------------------------------------------------------------------------------

void Executor::begin(const FetchSource& action, const std::string& identity) {
  parts_.git_ops.fetch(
      action, [this, &mailbox = parts_.mailbox, identity, key = action.repository, uid = action.uid,
               asked = action.asked, started = parts_.clock.now()](Source source) {
        mailbox.post([=, this]() mutable {
          source.asked = asked;
          source.finished_at = parts_.clock.now();
          if (watcher_) watcher_->carried_out(key, source.finished_at - started);
          parts_.cache.fetched(key, uid, std::move(source));
          finish(identity, {});
        });
      });
}

void Executor::begin(const ApplySource& action, const std::string& identity) {
  parts_.git_ops.apply(action,
                       [this, &mailbox = parts_.mailbox, identity, key = action.kustomization,
                        uid = action.uid, asked = action.asked, revision = action.revision,
                        started = parts_.clock.now()](Applied applied) {
                         mailbox.post([=, this]() mutable {
                           applied.asked = asked;
                           applied.revision = revision;
                           applied.started_at = started;
                           applied.finished_at = parts_.clock.now();
                           if (watcher_) watcher_->carried_out(key, applied.finished_at - started);
                           parts_.cache.applied(key, uid, std::move(applied));
                           finish(identity, {});
                         });
                       });
}

// --- Routes --------------------------------------------------------------------------------------

void Executor::begin(const ResolveName& action, const std::string& identity) {
  ask(engine::Resolve{.host = action.host}, [=, this](Result<engine::Reply> reply) {
    if (reply) {
      parts_.cache.put_name(action.host, std::move(std::get<engine::Addresses>(*reply).ips),
                            parts_.clock.now());
    }
    finish(identity, outcome(reply));
  });
}

void Executor::begin(const PublishRoutes& action, const std::string& identity) {
  parts_.cache.publishing(action.table);
  parts_.gateway.publish(action.table, [this, &mailbox = parts_.mailbox, identity,
                                        table = action.table](Result<void> result) {
    mailbox.post([=, this] {
      result ? parts_.cache.published(table) : parts_.cache.not_published();
      finish(identity, result);
    });
  });
}

// --- Containers ----------------------------------------------------------------------------------

void Executor::begin(const CreateContainer& action, const std::string& identity) {
  if (action.spec.secret_env.empty()) {
    create(action, identity);
    return;
  }
  const auto& labels = action.spec.labels;
  const std::string uid = labels.at(label::kUid);
  parts_.volumes.write_environment(
      uid, labels.at(label::kContainerName) + "-" + labels.at(label::kAttempt),
      action.spec.secret_env, [=, this, &mailbox = parts_.mailbox](Result<EnvironmentFile> file) {
        mailbox.post([=, this] {
          if (file) {
            create({.pod = action.pod, .spec = with_starter(action.spec, *file)}, identity);
          } else {
            finish(identity, tl::unexpected(file.error()));
          }
        });
      });
}

void Executor::create(const CreateContainer& action, const std::string& identity) {
  ask(engine::CreateContainer{.spec = action.spec}, [=, this](Result<engine::Reply> reply) {
    if (!reply) {
      create_failed(action, identity, std::move(reply).error());
      return;
    }
    note(action.pod, false, "Created",
         "Created container " + action.spec.labels.at(label::kContainerName));
    const std::string& id = std::get<engine::Done>(*reply).id;
    parts_.cache.is_there(id);
    read_back(id, identity, {});
  });
}

// The name is taken, or nobody knows whether the call arrived. Whoever holds the name decides: the
// very container that was asked for is ours, and the action has succeeded.
void Executor::create_failed(const CreateContainer& action, const std::string& identity,
                             Error error) {
  if (error.code == Code::not_found) parts_.cache.put_image(action.spec.image, Image{});
  inspect(action.spec.name, [=, this](Result<engine::Reply> reply) {
    const Container* holder = reply ? std::get_if<Container>(&*reply) : nullptr;
    if (holder && is_made_from(*holder, action.spec)) {
      parts_.cache.is_there(holder->id);
      parts_.cache.put(*holder);
      finish(identity, {});
      return;
    }
    if (error.code == Code::conflict) {
      note(action.pod, true, "NameConflict",
           "container name \"" + action.spec.name + "\" is held by " +
               (holder ? "container " + holder->id.substr(0, 12) : "the engine") +
               "; it is left as it is and another name is used");
    } else {
      note(action.pod, true, "Failed", "Error: " + error.message);
    }
    finish(identity, tl::unexpected(error));
  });
}

void Executor::begin(const StartContainer& action, const std::string& identity) {
  ask(engine::StartContainer{.id = action.id}, [=, this](Result<engine::Reply> reply) {
    const Container* container = parts_.cache.world().container(action.id);
    if (reply) {
      note(action.pod, false, "Started",
           "Started container " + (container ? container->container_name : action.id));
    } else {
      note(action.pod, true, "Failed", "Error: " + reply.error().message);
    }
    read_back(action.id, identity, outcome(reply));
  });
}

void Executor::begin(const StopContainer& action, const std::string& identity) {
  note(action.pod, false, "Killing", action.reason);
  const auto stop = [=, this](int grace_seconds) {
    ask(engine::StopContainer{.id = action.id, .grace_seconds = grace_seconds},
        [=, this](Result<engine::Reply> reply) { read_back(action.id, identity, outcome(reply)); });
  };
  if (!action.pre_stop || action.grace_seconds == 0) {
    stop(action.grace_seconds);
    return;
  }
  // The hook counts inside the grace; what is left of it, at least two seconds, is the container's.
  const Time began = parts_.clock.now();
  ask(hook_request(*action.pre_stop, action.id, action.ip,
                   std::chrono::seconds(action.grace_seconds)),
      [=, this](Result<engine::Reply> reply) {
        if (const auto failure = hook_failure(reply)) {
          note(action.pod, true, "FailedPreStopHook", "PreStopHook failed: " + *failure);
        }
        const auto used = std::chrono::ceil<std::chrono::seconds>(parts_.clock.now() - began);
        stop(std::max(2, action.grace_seconds - static_cast<int>(used.count())));
      });
}

void Executor::begin(const UnpauseContainer& action, const std::string& identity) {
  ask(engine::UnpauseContainer{.id = action.id},
      [=, this](Result<engine::Reply> reply) { read_back(action.id, identity, outcome(reply)); });
}

void Executor::begin(const RemoveContainer& action, const std::string& identity) {
  ask(engine::RemoveContainer{.id = action.id},
      [=, this](Result<engine::Reply> reply) { read_back(action.id, identity, outcome(reply)); });
}

// --- Hooks and probes ----------------------------------------------------------------------------

void Executor::begin(const RunPostStart& action, const std::string& identity) {
  ask(hook_request(action.handler, action.container_id, action.ip, kPostStartDeadline),
      [=, this](Result<engine::Reply> reply) {
        const auto failure = hook_failure(reply);
        if (failure) {
          note(action.pod, true, "FailedPostStartHook", "PostStartHook failed: " + *failure);
        }
        parts_.cache.post_started(action.container_id, !failure);
        finish(identity, {});
      });
}

void Executor::begin(const RunProbe& action, const std::string& identity) {
  ask(probe_request(action),
      [=, this](Result<engine::Reply> reply) { probed(action, identity, std::move(reply)); });
}

void Executor::probed(const RunProbe& action, const std::string& identity,
                      Result<engine::Reply> reply) {
  const ProbeVerdict verdict = probe_verdict(action, reply);
  const Time now = parts_.clock.now();
  switch (verdict.result) {
    case ProbeVerdict::unknown:
      parts_.cache.probe_unknown(action.container_id, action.kind, now);
      break;
    case ProbeVerdict::failure: {
      std::string kind(text(action.kind));
      kind[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(kind[0])));
      note(action.pod, true, "Unhealthy", kind + " probe failed: " + verdict.message);
      parts_.cache.probed(action.container_id, action.kind, false, verdict.message, now);
      break;
    }
    case ProbeVerdict::success:
      parts_.cache.probed(action.container_id, action.kind, true, "", now);
      break;
  }
  finish(identity, {});
}

}  // namespace weir
