#include "controller/cli/text/rollout_status.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "controller/cli/text/fields.h"

namespace weir::cli {
namespace {

RolloutStatus waiting(const std::string& name, const std::string& what) {
  return {.message = "Waiting for deployment \"" + name + "\" rollout to finish: " + what + "..."};
}

// A field of its condition Progressing.
std::string progressing(const json& deployment, const char* field) {
  for (const json& condition : items(at(deployment, {"status", "conditions"}))) {
    if (text(condition, {"type"}) == "Progressing") return text(condition, {field});
  }
  return "";
}

// Of a Rollout, which says itself where it stands (Argo's words).
Result<RolloutStatus> phase_status(const json& rollout) {
  const json& status = at(rollout, {"status"});
  const std::string generation = std::to_string(number(rollout, {"metadata", "generation"}));
  if (text(status, {"observedGeneration"}) != generation) {
    return RolloutStatus{.message = "Progressing - waiting for rollout spec update to be observed"};
  }
  const std::string phase = text(status, {"phase"}), message = text(status, {"message"});
  if (phase == "Degraded") {
    return fail(Code::timed_out,
                "error: The rollout is in a degraded state with message: " + message);
  }
  return RolloutStatus{.message = phase + (message.empty() ? "" : " - " + message),
                       .done = phase == "Healthy"};
}

}  // namespace

std::int64_t revision_of(const json& object) {
  std::string digits =
      text(object, {"metadata", "annotations", "deployment.kubernetes.io/revision"});
  if (digits.empty()) {
    digits = text(object, {"metadata", "annotations", "rollout.argoproj.io/revision"});
  }
  std::int64_t revision = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), revision);
  return result.ec == std::errc{} ? revision : 0;
}

Result<RolloutStatus> rollout_status(const json& deployment, std::int64_t revision) {
  if (text(deployment, {"kind"}) == "Rollout") return phase_status(deployment);
  const std::string name = name_of(deployment);
  if (revision > 0 && revision != revision_of(deployment)) {
    return fail(Code::conflict, "error: desired revision (" + std::to_string(revision) +
                                    ") is different from the running revision (" +
                                    std::to_string(revision_of(deployment)) + ")");
  }
  const json& status = at(deployment, {"status"});
  if (number(deployment, {"metadata", "generation"}) > number(status, {"observedGeneration"})) {
    return RolloutStatus{.message = "Waiting for deployment spec update to be observed..."};
  }
  if (progressing(deployment, "reason") == "ProgressDeadlineExceeded") {
    // kubectl's words; of one that is rolled out by weights, also why.
    const bool weighed =
        !text(deployment, {"metadata", "annotations", "weir.dev/strategy"}).empty();
    return fail(Code::timed_out, "error: deployment \"" + name +
                                     "\" exceeded its progress deadline" +
                                     (weighed ? ": " + progressing(deployment, "message") : ""));
  }
  const long desired = number(deployment, {"spec", "replicas"}, 1);
  const long total = number(status, {"replicas"});
  const long updated = number(status, {"updatedReplicas"});
  const long available = number(status, {"availableReplicas"});
  if (updated < desired) {
    return waiting(name, std::to_string(updated) + " out of " + std::to_string(desired) +
                             " new replicas have been updated");
  }
  if (total > updated) {
    return waiting(name, std::to_string(total - updated) + " old replicas are pending termination");
  }
  if (available < updated) {
    return waiting(name, std::to_string(available) + " of " + std::to_string(updated) +
                             " updated replicas are available");
  }
  return RolloutStatus{.message = "deployment \"" + name + "\" successfully rolled out",
                       .done = true};
}

}  // namespace weir::cli
