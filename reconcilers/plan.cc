#include "reconcilers/plan.h"

#include "reconcilers/object_text.h"

namespace weir {

namespace {

template <class... Ts>
struct Match : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Match(Ts...) -> Match<Ts...>;

// As `docker ps` shortens them; what is no id of Docker's (in previews and tests) stays whole.
std::string short_id(const std::string& id) { return id.size() == 64 ? id.substr(0, 12) : id; }

std::string quoted(const std::vector<std::string>& words) {
  std::string out = "[";
  for (const std::string& word : words) {
    if (out.size() > 1) out += ' ';
    out += word;
  }
  return out + "]";
}

std::string differences(const Object& after, const World& world) {
  const Object* before = world.find(key_of(after));
  if (!before) return " (gone)";
  std::string out;
  for (const std::string& line : diff(*before, after)) out += "\n    " + line;
  return out;
}

std::string_view text(Propagation propagation) {
  switch (propagation) {
    case Propagation::background:
      return "background";
    case Propagation::foreground:
      return "foreground";
    case Propagation::orphan:
      return "orphan";
  }
  return "";
}

std::string text(const ContainerSpec& spec) {
  std::string out = spec.name + " image=" + spec.image;
  if (!spec.entrypoint.empty()) out += " entrypoint=" + quoted(spec.entrypoint);
  if (!spec.command.empty()) out += " command=" + quoted(spec.command);
  if (!spec.env.empty()) out += " env=" + quoted(spec.env);
  if (!spec.secret_env.empty()) {
    std::vector<std::string> names;
    for (const auto& [name, value] : spec.secret_env) names.push_back(name);
    out += " secret-env=" + quoted(names);
  }
  for (const Mount& mount : spec.mounts) {
    out += " mount=" + mount.target + (mount.read_only ? ":ro" : "");
  }
  if (spec.memory_bytes) out += " memory=" + std::to_string(spec.memory_bytes);
  if (spec.nano_cpus) out += " nano-cpus=" + std::to_string(spec.nano_cpus);
  return out;
}

std::string text(const EventNote& event) {
  return std::string(event.warning ? "Warning " : "Normal ") + event.reason + " " +
         text(event.about) + ": " + event.message;
}

// " Service/default/web:80/node=default/web-1,default/web-2"
std::string text(const RouteTable& table) {
  std::string out;
  for (const RouteListener& listener : table.listeners) {
    out += " " + listener.name;
    char before = '=';
    for (const RouteRule& rule : listener.rules) {
      for (const RouteBackend& backend : rule.backends) {
        for (const RouteEndpoint& endpoint : backend.endpoints) {
          out += std::exchange(before, ',') + endpoint.name;
        }
      }
    }
  }
  return out;
}

// Milliseconds since 1970: exact, and the reader of a test sees differences at once.
std::string text(Time time) { return std::to_string(time.time_since_epoch().count()); }

}  // namespace

std::string identity(const Action& action) {
  return std::visit(
      Match{
          [](const InspectImage& a) { return "inspect-image " + a.image; },
          [](const PullImage& a) { return "pull " + a.image; },
          [](const WriteVolume& a) { return "write-volume " + a.pod_uid + "/" + a.volume; },
          [](const CreateContainer& a) { return "create " + a.spec.name; },
          [](const StartContainer& a) { return "start " + a.id; },
          [](const RunPostStart& a) { return "post-start " + a.container_id; },
          [](const RunProbe& a) { return std::string(text(a.kind)) + "-probe " + a.container_id; },
          [](const StopContainer& a) { return "stop " + a.id; },
          [](const UnpauseContainer& a) { return "unpause " + a.id; },
          [](const RemoveContainer& a) { return "remove " + a.id; },
          [](const RemoveVolumes& a) { return "remove-volumes " + a.pod_uid; },
          [](const Measure& a) { return "measure " + a.uid + " " + a.metric.name; },
          [](const FetchSource& a) { return "fetch " + a.uid; },
          [](const ApplySource& a) { return "apply " + a.uid; },
          [](const ResolveName& a) { return "resolve " + a.host; },
          [](const PublishRoutes&) { return std::string("publish-routes"); },
      },
      action);
}

std::string text(const Action& action) {
  return std::visit(
      Match{
          [](const InspectImage& a) { return "inspect image " + a.image; },
          [](const PullImage& a) { return "pull image " + a.image; },
          [](const WriteVolume& a) {
            std::string out = "write volume " + a.volume + " of " + text(a.pod);
            if (a.in_memory) out += " (memory)";
            for (const VolumeFile& file : a.files) {
              out += " " + file.path + "(" + std::to_string(file.bytes.size()) + ")";
            }
            return out;
          },
          [](const CreateContainer& a) { return "create container " + text(a.spec); },
          [](const StartContainer& a) { return "start container " + short_id(a.id); },
          [](const RunPostStart& a) { return "run postStart in " + short_id(a.container_id); },
          [](const RunProbe& a) {
            return "run " + std::string(text(a.kind)) + " probe of " + short_id(a.container_id);
          },
          [](const StopContainer& a) {
            return "stop container " + short_id(a.id) +
                   " grace=" + std::to_string(a.grace_seconds) + "s" +
                   (a.pre_stop ? " after preStop" : "");
          },
          [](const UnpauseContainer& a) { return "unpause container " + short_id(a.id); },
          [](const RemoveContainer& a) {
            return "remove container " + short_id(a.id) +
                   (a.reason.empty() ? "" : " (" + a.reason + ")");
          },
          [](const RemoveVolumes& a) { return "remove volumes of pod " + a.pod_uid; },
          [](const Measure& a) {
            return "measure " + a.metric.name + " of " + text(a.run) + " #" +
                   std::to_string(a.number + 1);
          },
          [](const FetchSource& a) {
            return "fetch " + a.spec.url + " for " + text(a.repository) +
                   (a.last_commit.empty() ? "" : " since " + a.last_commit.substr(0, 12));
          },
          [](const ApplySource& a) {
            return "apply " + a.revision + " for " + text(a.kustomization) +
                   (a.is_new ? "" : " again");
          },
          [](const ResolveName& a) { return "resolve " + a.host; },
          [](const PublishRoutes& a) { return "publish routes" + text(a.table); },
      },
      action);
}

std::string text(const Change& change, const World& world) {
  return std::visit(Match{
                        [](const CreateObject& c) {
                          return "create " + text(key_of(c.object)) + " " + to_text(c.object);
                        },
                        [&](const UpdateObject& c) {
                          return "update " + text(key_of(c.object)) + differences(c.object, world);
                        },
                        [&](const UpdateStatus& c) {
                          return "status " + text(key_of(c.object)) + differences(c.object, world);
                        },
                        [](const DeleteObject& c) {
                          return "delete " + text(c.key) + " (" + std::string(text(c.propagation)) +
                                 ")";
                        },
                        [](const FinishDelete& c) { return "finish deletion of " + text(c.key); },
                    },
                    change);
}

std::string text(const Plan& plan, const World& world) {
  std::string out;
  for (const Change& change : plan.changes) out += text(change, world) + "\n";
  for (const Action& action : plan.actions) out += text(action) + "\n";
  for (const EventNote& event : plan.events) out += "event " + text(event) + "\n";
  if (plan.wake_at) out += "wake at " + text(*plan.wake_at) + "\n";
  return out;
}

}  // namespace weir
