#include <set>

#include "controller/admission/validate.h"
#include "controller/admission/validate_names.h"
#include "reconcilers/cidr.h"
#include "reconcilers/http_rules.h"
#include "reconcilers/quantity.h"

namespace weir {
namespace {

constexpr std::size_t kTargetsMax = 16;  // Gateway API's

// One that is there, and is not nothing.
void validate_span(const std::string& path, const std::string& duration, Causes& causes) {
  const auto parsed = parse_duration(duration);
  if (parsed && parsed->count() > 0) return;
  causes.invalid(path, shown(duration), "must be a duration such as 10s or 500ms, and not 0s");
}

void validate_percentage(const std::string& path, const std::optional<double>& percentage,
                         Causes& causes) {
  if (!percentage || (*percentage >= 0 && *percentage <= 100)) return;
  causes.invalid(path, std::to_string(*percentage), "must be between 0 and 100, inclusive");
}

template <class Target>
void validate_targets(const std::vector<Target>& targets, Causes& causes) {
  const std::string path = "spec.targetRefs";
  if (targets.empty()) causes.required(path);
  if (targets.size() > kTargetsMax) {
    causes.invalid(path, shown(static_cast<std::int64_t>(targets.size())), "must be 16 at most");
  }
  std::set<std::string> known;
  for (std::size_t i = 0; i < targets.size() && !causes.full(); ++i) {
    const std::string target =
        targets[i].kind + "/" + targets[i].name + "/" + targets[i].sectionName;
    if (targets[i].name.empty()) causes.required(at(at(path, i), "name"));
    if (!known.insert(target).second) causes.duplicate(at(path, i), shown(target));
  }
}

// `there` exactly where `type` asks for it.
void validate_union(const std::string& path, const char* field, bool there, const std::string& type,
                    const char* wanted_by, Causes& causes) {
  if (type == wanted_by && !there) causes.required(at(path, field));
  if (type != wanted_by && there) {
    causes.forbidden(at(path, field), "may not be used when `type` is '" + type + "'");
  }
}

void validate_load_balancer(const api::PolicyLoadBalancer& lb, Causes& causes) {
  const std::string path = "spec.loadBalancer";
  validate_union(path, "consistentHash", bool(lb.consistentHash), lb.type, "ConsistentHash",
                 causes);
  if (lb.slowStart) {
    validate_span(at(at(path, "slowStart"), "window"), lb.slowStart->window, causes);
    if (lb.type != "RoundRobin") {
      causes.forbidden(at(path, "slowStart"), "may not be used when `type` is '" + lb.type + "'");
    }
  }
  if (!lb.consistentHash) return;
  const std::string where = at(path, "consistentHash");
  const api::PolicyConsistentHash& hash = *lb.consistentHash;
  validate_union(where, "header", bool(hash.header), hash.type, "Header", causes);
  validate_union(where, "cookie", bool(hash.cookie), hash.type, "Cookie", causes);
  if (hash.header) {
    causes.check(at(at(where, "header"), "name"), hash.header->name,
                 header_name_problem(hash.header->name));
  }
  if (!hash.cookie) return;
  causes.check(at(at(where, "cookie"), "name"), hash.cookie->name,
               header_name_problem(hash.cookie->name));
  validate_duration(at(at(where, "cookie"), "ttl"), hash.cookie->ttl, causes);
}

void validate_fault(const api::PolicyFaultInjection& fault, Causes& causes) {
  const std::string path = "spec.faultInjection";
  if (fault.delay) {
    validate_span(at(at(path, "delay"), "fixedDelay"), fault.delay->fixedDelay, causes);
    validate_percentage(at(at(path, "delay"), "percentage"), fault.delay->percentage, causes);
  }
  if (!fault.abort) return;
  validate_percentage(at(at(path, "abort"), "percentage"), fault.abort->percentage, causes);
}

// Gateway API: what a group is for a kind is not for another.
void validate_groups(const std::vector<api::ClientTargetReference>& targets, Causes& causes) {
  for (std::size_t i = 0; i < targets.size() && !causes.full(); ++i) {
    const std::string wanted = targets[i].kind == "Gateway" ? "gateway.networking.k8s.io" : "";
    if (targets[i].group == wanted) continue;
    causes.invalid(at(at("spec.targetRefs", i), "group"), shown(targets[i].group),
                   "must be " + shown(wanted) + " for a " + targets[i].kind);
  }
}

void validate_forwarded_for(const api::PolicyXForwardedFor& from, Causes& causes) {
  const std::string path = "spec.clientIPDetection.xForwardedFor";
  if (from.numTrustedHops.has_value() != from.trustedCIDRs.empty()) {
    causes.invalid(path, "", "must have one of numTrustedHops and trustedCIDRs");
  }
  for (std::size_t i = 0; i < from.trustedCIDRs.size() && !causes.full(); ++i) {
    if (Cidr::parse(from.trustedCIDRs[i])) continue;
    causes.invalid(at(at(path, "trustedCIDRs"), i), shown(from.trustedCIDRs[i]),
                   "must be an address or a block of them, such as 10.0.0.0/8");
  }
}

}  // namespace

void validate_traffic_policy(const api::ClientTrafficPolicySpec& spec, Causes& causes) {
  validate_targets(spec.targetRefs, causes);
  validate_groups(spec.targetRefs, causes);
  if (spec.accessLog) {
    validate_percentage("spec.accessLog.samplingRate", spec.accessLog->samplingRate, causes);
  }
  if (spec.body && quantity_value(spec.body->maxSize).value_or(0) < 1) {
    causes.invalid("spec.body.maxSize", shown(spec.body->maxSize),
                   "must be a quantity such as 10Mi, and not 0");
  }
  if (spec.clientIPDetection && spec.clientIPDetection->xForwardedFor) {
    validate_forwarded_for(*spec.clientIPDetection->xForwardedFor, causes);
  }
  if (!spec.timeout || !spec.timeout->http) return;
  const api::PolicyClientHttpTimeout& http = *spec.timeout->http;
  const std::string path = "spec.timeout.http";
  if (!http.idleTimeout.empty()) validate_span(at(path, "idleTimeout"), http.idleTimeout, causes);
  if (http.requestReceivedTimeout.empty()) return;
  validate_span(at(path, "requestReceivedTimeout"), http.requestReceivedTimeout, causes);
}

void validate_traffic_policy(const api::BackendTrafficPolicySpec& spec, Causes& causes) {
  validate_targets(spec.targetRefs, causes);
  if (spec.faultInjection) validate_fault(*spec.faultInjection, causes);
  if (spec.loadBalancer) validate_load_balancer(*spec.loadBalancer, causes);
  if (spec.pause) validate_span("spec.pause.timeout", spec.pause->timeout, causes);
  if (spec.healthCheck && spec.healthCheck->passive) {
    const api::PolicyPassiveHealthCheck& passive = *spec.healthCheck->passive;
    const std::string path = "spec.healthCheck.passive";
    validate_span(at(path, "baseEjectionTime"), passive.baseEjectionTime, causes);
    validate_span(at(path, "interval"), passive.interval, causes);
  }
  if (!spec.retryConstraint) return;
  const std::string path = "spec.retryConstraint";
  validate_span(at(at(path, "budget"), "interval"), spec.retryConstraint->budget.interval, causes);
  validate_span(at(at(path, "minRetryRate"), "interval"),
                spec.retryConstraint->minRetryRate.interval, causes);
}

void validate_session(const std::string& path, const api::SessionPersistence& session,
                      Causes& causes) {
  causes.check(at(path, "sessionName"), session.sessionName,
               header_name_problem(session.sessionName));
  if (session.type == "Header" &&
      (frames(session.sessionName) || lower(session.sessionName) == "set-cookie")) {
    causes.invalid(at(path, "sessionName"), shown(session.sessionName),
                   "is the gateway's own: it says where a message ends, or who its client is");
  }
  if (session.type == "Header" && session.cookieConfig) {
    causes.forbidden(at(path, "cookieConfig"), "may not be used when `type` is 'Header'");
  }
  validate_duration(at(path, "absoluteTimeout"), session.absoluteTimeout, causes);
  const bool permanent = session.cookieConfig && session.cookieConfig->lifetimeType == "Permanent";
  if (permanent && session.absoluteTimeout.empty()) causes.required(at(path, "absoluteTimeout"));
  if (!permanent && !session.absoluteTimeout.empty()) {
    causes.forbidden(at(path, "absoluteTimeout"),
                     "has an effect only on a cookie whose `lifetimeType` is 'Permanent'");
  }
}

}  // namespace weir
