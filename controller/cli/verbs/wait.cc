// weir wait: until a condition holds on each of the objects.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/cli/client/follow.h"
#include "controller/cli/text/fields.h"
#include "controller/cli/text/wait_condition.h"
#include "controller/cli/verbs/targets.h"
#include "controller/cli/verbs/verbs.h"

namespace weir::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::hours kAWeek{7 * 24};

Result<bool> wait_for(Session& session, const Target& target, const WaitCondition& condition,
                      SteadyClock::time_point deadline) {
  const bool absence_counts = condition.kind == WaitCondition::Kind::deleted ||
                              condition.kind == WaitCondition::Kind::created;
  if (!absence_counts) {
    TRY_VOID(session.client.get(target.path()));
  }
  std::string uid;
  bool gone = false;
  const auto see = [&](const json& object) {
    if (!absence_counts && object.is_null()) {
      gone = true;
      return true;
    }
    if (uid.empty()) uid = text(object, {"metadata", "uid"});
    return condition_met(condition, object, uid);
  };
  const auto left =
      std::max(std::chrono::ceil<Duration>(deadline - SteadyClock::now()), Duration{0});
  TRY(const Followed end, follow(session.client, target.resource, target.namespace_name,
                                 target.name, left, {.see = see}));
  if (gone) {
    return fail(Code::not_found, "error: " + target.resource.plural + "/" + target.name +
                                     " was deleted while waiting for it");
  }
  if (end == Followed::timed_out) {
    return fail(Code::timed_out, "error: timed out waiting for the condition on " +
                                     target.resource.plural + "/" + target.name);
  }
  session.io.out << target.resource.singular_name() << "/" << target.name << " condition met"
                 << std::endl;
  return true;
}

}  // namespace

Result<int> wait(Session& session, const WaitOptions& options) {
  TRY(const WaitCondition condition, parse_wait_condition(options.condition));
  Outcome outcome(session.io.err);
  std::vector<Target> targets;
  if (!options.manifests.empty()) {
    targets = targets_of(session, options.manifests, outcome);
  } else {
    TRY(targets, targets_of(session, {options.what, options.all_namespaces}));
    TRY(targets, expand_lists(session, std::move(targets),
                              {.selector = options.selector,
                               .field_selector = options.field_selector,
                               .all = options.all}));
  }
  if (targets.empty() && outcome.exit_code() == 0) {
    // Nothing to wait for the end of is what was wanted.
    if (condition.kind == WaitCondition::Kind::deleted) return 0;
    return fail(Code::not_found, "error: no matching resources found");
  }
  const Duration timeout = options.timeout < Duration{0} ? Duration{kAWeek} : options.timeout;
  const auto deadline = SteadyClock::now() + timeout;
  for (const Target& target : targets) {
    const auto met = wait_for(session, target, condition, deadline);
    if (!met && met.error().message == kInterrupted) return tl::unexpected(met.error());
    outcome.ok(met);
  }
  return outcome.exit_code();
}

}  // namespace weir::cli
