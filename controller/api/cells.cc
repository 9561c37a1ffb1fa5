#include "controller/api/cells.h"

#include <algorithm>
#include <cctype>
#include <iterator>

#include "reconcilers/conditions.h"
#include "reconcilers/object_text.h"

namespace weir::rest {
namespace {

using std::chrono::seconds;

constexpr char kNone[] = "<none>";

std::string or_none(std::string text) { return text.empty() ? kNone : text; }

template <class List, class Text>
std::string joined(const List& list, Text text) {
  std::string out;
  for (const auto& item : list) {
    if (!out.empty()) out += ",";
    out += text(item);
  }
  return out;
}

// --- Pods ----------------------------------------------------------------------------------------

bool condition_is_true(const api::Pod& pod, std::string_view type) {
  return std::any_of(
      pod.status.conditions.begin(), pod.status.conditions.end(),
      [&](const api::PodCondition& c) { return c.type == type && c.status == "True"; });
}

std::string terminated_word(const api::ContainerStateTerminated& end) {
  if (!end.reason.empty()) return end.reason;
  return end.signal != 0 ? "Signal:" + std::to_string(end.signal)
                         : "ExitCode:" + std::to_string(end.exitCode);
}

// The column STATUS: the phase, unless a container has something more telling to say. The first
// container has the last word.
std::string pod_status(const api::Pod& pod) {
  std::string word = pod.status.reason.empty() ? pod.status.phase : pod.status.reason;
  bool any_running = false;
  const auto& all = pod.status.containerStatuses;
  for (auto container = all.rbegin(); container != all.rend(); ++container) {
    const auto& state = container->state;
    if (state.waiting && !state.waiting->reason.empty()) {
      word = state.waiting->reason;
    } else if (state.terminated) {
      word = terminated_word(*state.terminated);
    } else if (container->ready && state.running) {
      any_running = true;
    }
  }
  if (word == "Completed" && any_running) {
    word = condition_is_true(pod, "Ready") ? "Running" : "NotReady";
  }
  const bool ended = pod.status.phase == "Succeeded" || pod.status.phase == "Failed";
  return pod.metadata.deletionTimestamp && !ended ? "Terminating" : word;
}

std::string pod_ready(const api::Pod& pod) {
  const auto& all = pod.status.containerStatuses;
  const auto ready = std::count_if(all.begin(), all.end(), [](const api::ContainerStatus& c) {
    return c.ready && c.state.running.has_value();
  });
  return std::to_string(ready) + "/" + std::to_string(pod.spec.containers.size());
}

// "3 (2m ago)": how often, and when last.
std::string restarts(const api::Pod& pod, Time now) {
  std::int64_t count = 0;
  std::optional<std::chrono::sys_seconds> last;
  for (const api::ContainerStatus& container : pod.status.containerStatuses) {
    count += container.restartCount;
    const auto& end = container.lastState.terminated;
    if (end && end->finishedAt && (!last || *end->finishedAt > *last)) last = end->finishedAt;
  }
  std::string out = std::to_string(count);
  if (count > 0 && last) out += " (" + age(last, now) + " ago)";
  return out;
}

std::string readiness_gates(const api::Pod& pod) {
  const auto& gates = pod.spec.readinessGates;
  if (gates.empty()) return kNone;
  const auto open = std::count_if(gates.begin(), gates.end(), [&](const auto& gate) {
    return condition_is_true(pod, gate.conditionType);
  });
  return std::to_string(open) + "/" + std::to_string(gates.size());
}

// --- Deployments and their like ------------------------------------------------------------------

std::string requirement_text(const api::LabelSelectorRequirement& requirement) {
  const std::string values =
      " (" + joined(requirement.values, [](const std::string& v) { return v; }) + ")";
  if (requirement.operator_ == "In") return requirement.key + " in" + values;
  if (requirement.operator_ == "NotIn") return requirement.key + " notin" + values;
  return (requirement.operator_ == "DoesNotExist" ? "!" : "") + requirement.key;
}

std::string selector_text(const api::LabelSelector& selector) {
  std::string out =
      joined(selector.matchLabels, [](const auto& pair) { return pair.first + "=" + pair.second; });
  for (const auto& requirement : selector.matchExpressions) {
    out += (out.empty() ? "" : ",") + requirement_text(requirement);
  }
  return or_none(out);
}

template <class T>
std::string container_names(const T& owner) {
  return or_none(
      joined(owner.spec.template_.spec.containers, [](const api::Container& c) { return c.name; }));
}

template <class T>
std::string image_names(const T& owner) {
  return or_none(joined(owner.spec.template_.spec.containers,
                        [](const api::Container& c) { return c.image; }));
}

// --- Jobs ----------------------------------------------------------------------------------------

bool condition_is_true(const api::Job& job, std::string_view type) {
  return std::any_of(
      job.status.conditions.begin(), job.status.conditions.end(),
      [&](const api::JobCondition& c) { return c.type == type && c.status == "True"; });
}

std::string job_status(const api::Job& job) {
  for (const char* type : {"Complete", "Failed"}) {
    if (condition_is_true(job, type)) return type;
  }
  if (job.metadata.deletionTimestamp) return "Terminating";
  for (const char* type : {"Suspended", "FailureTarget", "SuccessCriteriaMet"}) {
    if (condition_is_true(job, type)) return type;
  }
  return "Running";
}

std::string job_completions(const api::Job& job) {
  const std::string done = std::to_string(job.status.succeeded) + "/";
  if (job.spec.completions) return done + std::to_string(*job.spec.completions);
  const std::int64_t parallel = job.spec.parallelism.value_or(1);
  return done + (parallel > 1 ? "1 of " : "") + std::to_string(parallel);
}

std::string job_duration(const api::Job& job, Time now) {
  if (!job.status.startTime) return "";
  const auto& end = job.status.completionTime;
  return age(job.status.startTime, end ? Time(*end) : now);
}

// --- Events --------------------------------------------------------------------------------------

// A MicroTime ("2026-01-02T03:04:05.678901Z") cut to seconds.
std::optional<std::chrono::sys_seconds> whole_seconds(const std::string& micro_time) {
  const auto time = parse_time(micro_time.substr(0, 19) + "Z");
  return time;
}

std::string first_seen(const api::Event& event, Time now) {
  return age(event.firstTimestamp ? event.firstTimestamp : whole_seconds(event.eventTime), now);
}

std::string last_seen(const api::Event& event, Time now) {
  return event.lastTimestamp ? age(event.lastTimestamp, now) : first_seen(event, now);
}

std::string event_object(const api::Event& event) {
  std::string kind = event.involvedObject.kind;
  std::transform(kind.begin(), kind.end(), kind.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::string& name = event.involvedObject.name;
  return name.empty() ? kind : kind + "/" + name;
}

std::string event_source(const api::Event& event) {
  std::string component = event.source.component;
  if (component.empty()) component = event.reportingComponent;
  return event.source.host.empty() ? component : component + ", " + event.source.host;
}

std::int64_t event_count(const api::Event& event) {
  if (event.series) return event.series->count;
  return std::max<std::int64_t>(event.count, 1);
}

// --- Services ------------------------------------------------------------------------------------

std::string cluster_ip(const api::Service& service) {
  return service.spec.type == "ExternalName" ? kNone : or_none(service.spec.clusterIP);
}

std::string external_ip(const api::Service& service) {
  const api::ServiceSpec& spec = service.spec;
  const auto same = [](const std::string& text) { return text; };
  if (spec.type == "ExternalName") return spec.externalName;
  if (spec.type != "LoadBalancer") return or_none(joined(spec.externalIPs, same));
  const std::string addresses =
      joined(service.status.loadBalancer.ingress,
             [](const api::LoadBalancerIngress& i) { return i.ip.empty() ? i.hostname : i.ip; });
  return addresses.empty() ? "<pending>" : addresses;
}

std::string service_ports(const api::Service& service) {
  return or_none(joined(service.spec.ports, [](const api::ServicePort& p) {
    return std::to_string(p.port) + (p.nodePort ? ":" + std::to_string(p.nodePort) : "") + "/" +
           p.protocol;
  }));
}

std::string service_selector(const api::Service& service) {
  return or_none(
      joined(service.spec.selector, [](const auto& one) { return one.first + "=" + one.second; }));
}

std::string ingress_hosts(const api::Ingress& ingress) {
  const std::string hosts =
      joined(ingress.spec.rules, [](const api::IngressRule& r) { return r.host; });
  return hosts.find_first_not_of(',') == hosts.npos ? "*" : hosts;
}

std::string ingress_address(const api::Ingress& ingress) {
  return joined(ingress.status.loadBalancer.ingress, [](const auto& one) { return one.ip; });
}

std::string condition_of(const std::vector<api::Condition>& conditions, std::string_view type) {
  const auto found = std::find_if(conditions.begin(), conditions.end(),
                                  [&](const api::Condition& c) { return c.type == type; });
  return found == conditions.end() ? "Unknown" : found->status;
}

std::string slice_ports(const api::EndpointSlice& slice) {
  return slice.ports.empty() ? "<unset>" : joined(slice.ports, [](const api::EndpointPort& p) {
    return p.port ? std::to_string(p.port) : p.name;
  });
}

// Three addresses at most, as kubectl shows them.
std::string slice_endpoints(const api::EndpointSlice& slice) {
  constexpr std::size_t kShown = 3;
  if (slice.endpoints.empty()) return "<unset>";
  const std::vector<api::Endpoint> first(
      slice.endpoints.begin(), slice.endpoints.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                             kShown, slice.endpoints.size())));
  std::string out = joined(first, [](const api::Endpoint& e) {
    return joined(e.addresses, [](const std::string& address) { return address; });
  });
  if (slice.endpoints.size() > kShown) {
    out += " + " + std::to_string(slice.endpoints.size() - kShown) + " more...";
  }
  return out;
}

// --- The table of functions ----------------------------------------------------------------------

template <class T>
using Show = Cell (*)(const T&, Time);

// Applies `show` when the object is of its type.
template <class T, class F>
std::optional<Cell> when(const Object& object, F show) {
  const T* typed = std::get_if<T>(&object);
  return typed ? std::optional<Cell>(show(*typed)) : std::nullopt;
}

template <class F>
std::optional<Cell> when_workload(const Object& object, F show) {
  auto found = when<api::Deployment>(object, show);
  if (!found) found = when<api::ReplicaSet>(object, show);
  return found ? found : when<api::Job>(object, show);
}

template <class F>
std::optional<Cell> when_policy(const Object& object, F show) {
  const auto found = when<api::BackendTrafficPolicy>(object, show);
  return found ? found : when<api::ClientTrafficPolicy>(object, show);
}

// Of its condition Ready.
template <class F>
std::optional<Cell> when_flux(const Object& object, F show) {
  const auto look = [&](const auto& one) -> std::string {
    const api::Condition* ready = find_condition(one.status.conditions, "Ready");
    return ready ? show(*ready) : "";
  };
  auto found = when<api::GitRepository>(object, look);
  if (!found) found = when<api::Receiver>(object, look);
  return found ? found : when<api::Kustomization>(object, look);
}

struct Function {
  std::string_view name;
  std::optional<Cell> (*show)(const Object&, Time);
};

constexpr Function kFunctions[] = {
    {"podStatus", [](const Object& o, Time) { return when<api::Pod>(o, pod_status); }},
    {"podReady", [](const Object& o, Time) { return when<api::Pod>(o, pod_ready); }},
    {"restarts",
     [](const Object& o, Time now) {
       return when<api::Pod>(o, [&](const api::Pod& pod) { return restarts(pod, now); });
     }},
    {"readinessGates", [](const Object& o, Time) { return when<api::Pod>(o, readiness_gates); }},
    {"containers",
     [](const Object& o, Time) {
       return when_workload(o, [](const auto& owner) { return container_names(owner); });
     }},
    {"images",
     [](const Object& o, Time) {
       return when_workload(o, [](const auto& owner) { return image_names(owner); });
     }},
    {"selector",
     [](const Object& o, Time) {
       return when_workload(o,
                            [](const auto& owner) { return selector_text(owner.spec.selector); });
     }},
    {"jobStatus", [](const Object& o, Time) { return when<api::Job>(o, job_status); }},
    {"jobCompletions", [](const Object& o, Time) { return when<api::Job>(o, job_completions); }},
    {"jobDuration",
     [](const Object& o, Time now) {
       return when<api::Job>(o, [&](const api::Job& job) { return job_duration(job, now); });
     }},
    {"dataCount",
     [](const Object& o, Time) {
       const auto found = when<api::ConfigMap>(o, [](const api::ConfigMap& map) {
         return static_cast<std::int64_t>(map.data.size() + map.binaryData.size());
       });
       return found ? found : when<api::Secret>(o, [](const api::Secret& secret) {
         return static_cast<std::int64_t>(secret.data.size());
       });
     }},
    {"lastSeen",
     [](const Object& o, Time now) {
       return when<api::Event>(o, [&](const api::Event& e) { return last_seen(e, now); });
     }},
    {"firstSeen",
     [](const Object& o, Time now) {
       return when<api::Event>(o, [&](const api::Event& e) { return first_seen(e, now); });
     }},
    {"eventObject", [](const Object& o, Time) { return when<api::Event>(o, event_object); }},
    {"eventSource", [](const Object& o, Time) { return when<api::Event>(o, event_source); }},
    {"eventCount", [](const Object& o, Time) { return when<api::Event>(o, event_count); }},
    {"clusterIp", [](const Object& o, Time) { return when<api::Service>(o, cluster_ip); }},
    {"externalIp", [](const Object& o, Time) { return when<api::Service>(o, external_ip); }},
    {"servicePorts", [](const Object& o, Time) { return when<api::Service>(o, service_ports); }},
    {"serviceSelector",
     [](const Object& o, Time) { return when<api::Service>(o, service_selector); }},
    {"ingressHosts", [](const Object& o, Time) { return when<api::Ingress>(o, ingress_hosts); }},
    {"ingressAddress",
     [](const Object& o, Time) { return when<api::Ingress>(o, ingress_address); }},
    {"ingressPorts",
     [](const Object& o, Time) {
       return when<api::Ingress>(o, [](const api::Ingress& ingress) {
         return std::string(ingress.spec.tls.empty() ? "80" : "80, 443");
       });
     }},
    {"accepted",
     [](const Object& o, Time) {
       return when<api::GatewayClass>(o, [](const api::GatewayClass& one) {
         return condition_of(one.status.conditions, "Accepted");
       });
     }},
    {"readyStatus",
     [](const Object& o, Time) {
       return when_flux(o, [](const api::Condition& ready) { return ready.status; });
     }},
    {"readyMessage",
     [](const Object& o, Time) {
       return when_flux(o, [](const api::Condition& ready) { return ready.message; });
     }},
    {"policyTargets",
     [](const Object& o, Time) {
       return when_policy(o, [](const auto& one) {
         return joined(one.spec.targetRefs, [](const auto& target) { return target.name; });
       });
     }},
    // The first reason why it does not hold at one of its targets.
    {"policyStatus",
     [](const Object& o, Time) {
       return when_policy(o, [](const auto& one) {
         std::string reason;
         for (const auto& ancestor : one.status.ancestors) {
           for (const api::Condition& condition : ancestor.conditions) {
             if (reason.empty() || reason == "Accepted") reason = condition.reason;
           }
         }
         return reason;
       });
     }},
    {"programmed",
     [](const Object& o, Time) {
       return when<api::Gateway>(o, [](const api::Gateway& one) {
         return condition_of(one.status.conditions, "Programmed");
       });
     }},
    {"gatewayAddress",
     [](const Object& o, Time) {
       return when<api::Gateway>(o, [](const api::Gateway& one) {
         return joined(one.status.addresses, [](const auto& address) { return address.value; });
       });
     }},
    {"slicePorts", [](const Object& o, Time) { return when<api::EndpointSlice>(o, slice_ports); }},
    {"sliceEndpoints",
     [](const Object& o, Time) { return when<api::EndpointSlice>(o, slice_endpoints); }},
};

}  // namespace

bool is_cell_function(std::string_view function) {
  return std::any_of(std::begin(kFunctions), std::end(kFunctions),
                     [&](const Function& f) { return f.name == function; });
}

Cell cell(std::string_view function, const Object& object, Time now) {
  for (const Function& candidate : kFunctions) {
    if (candidate.name != function) continue;
    if (const auto shown = candidate.show(object, now)) return *shown;
  }
  return "<unknown>";
}

std::string human_duration(seconds span) {
  const std::int64_t s = span.count();
  const auto two = [](std::int64_t large, char a, std::int64_t small, char b) {
    return std::to_string(large) + a + (small == 0 ? "" : std::to_string(small) + b);
  };
  const std::int64_t minutes = s / 60;
  const std::int64_t hours = s / 3600;
  const std::int64_t days = hours / 24;
  if (s < -1) return "<invalid>";
  if (s < 0) return "0s";
  if (s < 120) return std::to_string(s) + "s";
  if (minutes < 10) return two(minutes, 'm', s % 60, 's');
  if (minutes < 180) return std::to_string(minutes) + "m";
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return std::to_string(hours) + "h";
  if (days < 8) return two(days, 'd', hours % 24, 'h');
  if (days < 365 * 2) return std::to_string(days) + "d";
  if (days < 365 * 8) return two(days / 365, 'y', days % 365, 'd');
  return std::to_string(days / 365) + "y";
}

std::string age(const std::optional<std::chrono::sys_seconds>& since, Time now) {
  return since ? human_duration(to_seconds(now) - *since) : "<unknown>";
}

}  // namespace weir::rest
