#include "tests/support/plan_text.h"

#include <sstream>

#include "reconcilers/conditions.h"
#include "reconcilers/labels.h"
#include "reconcilers/object_text.h"

namespace weir::test {

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  if (from.empty()) return text;
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
  return text;
}

std::string name_of(const Key& key) { return std::string(info(key.kind).name) + " " + key.name; }

std::string shortened(std::string line) {
  line = replaced(line, "metadata.annotations.deployment.kubernetes.io/", "@");
  line = replaced(line, "metadata.annotations.weir.dev/", "@");
  line = replaced(line, "metadata.annotations.", "@");
  return line.starts_with("status.") ? line.substr(7) : line;
}

template <class T>
std::string condition_changes(const T& before, const T& after) {
  std::string out;
  for (const auto& condition : after.status.conditions) {
    const auto* old = find_condition(before.status.conditions, condition.type);
    if (old && *old == condition) continue;
    out += "; " + condition.type + " " + condition.status + " " + condition.reason;
  }
  for (const auto& condition : before.status.conditions) {
    if (!find_condition(after.status.conditions, condition.type)) out += "; -" + condition.type;
  }
  return out;
}

// Conditions are told by type, the rest field by field.
std::string differences(const Object* before, Object after) {
  if (!before) return " (gone)";
  std::string conditions;
  Object same = *before;
  std::visit(
      [&](auto& x) {
        if constexpr (requires { find_condition(x.status.conditions, ""); }) {
          auto& y = std::get<std::remove_cvref_t<decltype(x)>>(same);
          conditions = condition_changes(y, x);
          x.status.conditions = y.status.conditions;
        }
      },
      after);
  std::string out;
  for (const std::string& line : diff(same, after)) out += "; " + shortened(line);
  out += conditions;
  return out.empty() ? " nothing" : out.substr(1);
}

std::string created(const Object& object) {
  std::string out = "create " + name_of(key_of(object));
  if (const auto* set = std::get_if<api::ReplicaSet>(&object)) {
    const auto& annotations = set->metadata.annotations;
    out += ": size " + std::to_string(set->spec.replicas) + ", revision " +
           text_at(annotations, annotation::kRevision) + ", desired " +
           text_at(annotations, annotation::kDesiredReplicas) + ", max " +
           text_at(annotations, annotation::kMaxReplicas);
  }
  return out;
}

std::string line_of(const Change& change, const World& world) {
  if (const auto* c = std::get_if<CreateObject>(&change)) return created(c->object);
  if (const auto* c = std::get_if<UpdateObject>(&change)) {
    const Key key = key_of(c->object);
    return "update " + name_of(key) + ":" + differences(world.find(key), c->object);
  }
  if (const auto* c = std::get_if<UpdateStatus>(&change)) {
    const Key key = key_of(c->object);
    return "status " + name_of(key) + ":" + differences(world.find(key), c->object);
  }
  if (const auto* c = std::get_if<DeleteObject>(&change)) return "delete " + name_of(c->key);
  return "finish " + name_of(std::get<FinishDelete>(change).key);
}

std::string new_hash(const Plan& plan) {
  for (const Change& change : plan.changes) {
    const auto* create = std::get_if<CreateObject>(&change);
    const auto* set = create ? std::get_if<api::ReplicaSet>(&create->object) : nullptr;
    if (set) return text_at(set->metadata.labels, kPodTemplateHash);
  }
  return {};
}

std::string seconds_from(Time now, Time at) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(at - now).count()) + "s";
}

std::string lines(const Plan& plan, const World& world, Time now, bool all) {
  std::string out;
  for (const Change& change : plan.changes) {
    if (!all && std::holds_alternative<UpdateStatus>(change)) continue;
    out += line_of(change, world) + "\n";
  }
  for (const EventNote& event : plan.events) {
    out += std::string("event ") + (event.warning ? "Warning " : "Normal ") + event.reason + ": " +
           event.message + "\n";
  }
  if (all && plan.wake_at) out += "wake in " + seconds_from(now, *plan.wake_at) + "\n";
  return replaced(out, new_hash(plan), "HASH");
}

}  // namespace

std::string brief(const Plan& plan, const World& world, Time now) {
  return lines(plan, world, now, true);
}

std::string deeds(const Plan& plan, const World& world, Time now) {
  return lines(plan, world, now, false);
}

std::string text(const std::vector<api::DeploymentCondition>& conditions, Time now) {
  std::string out;
  for (const auto& c : conditions) {
    const auto moment = [&](const std::optional<std::chrono::sys_seconds>& at) {
      return at ? seconds_from(now, *at) : "never";
    };
    out += c.type + " " + c.status + " " + c.reason + " updated " + moment(c.lastUpdateTime) +
           " since " + moment(c.lastTransitionTime) + ": " + c.message + "\n";
  }
  return out;
}

}  // namespace weir::test
