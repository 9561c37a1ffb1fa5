// weir delete: asks for deletion, says so, and waits until the objects are gone.

#include <nlohmann/json.hpp>

#include "controller/cli/client/follow.h"
#include "controller/cli/text/fields.h"
#include "controller/cli/verbs/targets.h"
#include "controller/cli/verbs/verbs.h"

namespace weir::cli {
namespace {

struct Deleting {
  Target target;
  std::string uid;
};

Result<const char*> propagation(const std::string& cascade) {
  if (cascade == "background" || cascade == "true") return "Background";
  if (cascade == "foreground") return "Foreground";
  if (cascade == "orphan" || cascade == "false") return "Orphan";
  return fail(Code::bad_request, "invalid cascade value (" + cascade +
                                     "). Must be \"background\", \"foreground\", or \"orphan\"");
}

class Deleter {
 public:
  Deleter(Session& session, const DeleteOptions& options, const char* propagation)
      : session_(session), options_(options), propagation_(propagation), outcome_(session.io.err) {}

  Result<int> run() {
    std::vector<Target> targets;
    if (!options_.manifests.empty()) {
      targets = targets_of(session_, options_.manifests, outcome_);
      // A Namespace takes its objects with it: they go first, so that each is found.
      std::stable_partition(targets.begin(), targets.end(), [](const Target& target) {
        return target.resource.kind != "Namespace";
      });
    } else {
      TRY(targets, targets_of(session_, {options_.what, options_.all_namespaces}));
      TRY(targets, expand_lists(session_, std::move(targets),
                                {.selector = options_.selector,
                                 .field_selector = options_.field_selector,
                                 .all = options_.all}));
      if (targets.empty()) {
        session_.io.out << "No resources found" << std::endl;
        return 0;
      }
    }
    if (grace_period() == 0 && options_.force) {
      session_.io.err << "Warning: Immediate deletion does not wait for confirmation that the "
                         "running resource has been terminated. The resource may continue to run "
                         "on the cluster indefinitely."
                      << std::endl;
    }
    for (const Target& target : targets) outcome_.ok(delete_one(target));
    if (options_.wait && options_.dry_run == "none") {
      for (const Deleting& deleting : deleting_) {
        TRY_VOID(wait_until_gone(deleting));
      }
    }
    return outcome_.exit_code();
  }

 private:
  std::int64_t grace_period() const {
    if (options_.now) return 1;
    if (options_.force && options_.grace_period < 0) return 0;
    return options_.grace_period;
  }

  Result<bool> delete_one(const Target& target) {
    json body{{"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"propagationPolicy", propagation_}};
    if (grace_period() >= 0) body["gracePeriodSeconds"] = grace_period();
    if (options_.dry_run == "server") body["dryRun"] = json::array({"All"});
    std::string uid;
    if (options_.dry_run == "client") {
      TRY_VOID(session_.client.get(target.path()));
    } else {
      auto answer = session_.client.call(
          {.method = "DELETE", .path = target.path(), .body = serialized(body)});
      if (!answer && answer.error().code == Code::not_found && options_.ignore_not_found) {
        return true;
      }
      if (!answer) return tl::unexpected(answer.error());
      // A Status names the uid in its details, an object that is still there in its metadata.
      uid = text(*answer, {"details", "uid"});
      if (uid.empty()) uid = text(*answer, {"metadata", "uid"});
    }
    report(target);
    deleting_.push_back({.target = target, .uid = uid});
    return true;
  }

  void report(const Target& target) {
    if (options_.output == "name") {
      session_.io.out << target.resource.singular_name() << "/" << target.name << std::endl;
      return;
    }
    const bool forced = grace_period() == 0;
    const std::string suffix = options_.dry_run == "server"   ? " (server dry run)"
                               : options_.dry_run == "client" ? " (dry run)"
                                                              : "";
    session_.io.out << target.resource.singular_name() << " \"" << target.name << "\" "
                    << (forced ? "force deleted" : "deleted") << suffix << std::endl;
  }

  // Gone: there is none of that name, or it is another one.
  Result<bool> wait_until_gone(const Deleting& deleting) {
    const auto gone = [&](const json& object) {
      return object.is_null() ||
             (!deleting.uid.empty() && text(object, {"metadata", "uid"}) != deleting.uid);
    };
    const bool bounded = options_.timeout > Duration{0};
    TRY(const Followed end,
        follow(session_.client, deleting.target.resource, deleting.target.namespace_name,
               deleting.target.name, bounded ? std::optional(options_.timeout) : std::nullopt,
               {.see = gone}));
    if (end == Followed::stopped) return true;
    return fail(Code::timed_out, "error: timed out waiting for the condition on " +
                                     deleting.target.resource.plural + "/" + deleting.target.name);
  }

  Session& session_;
  const DeleteOptions& options_;
  const char* propagation_;
  Outcome outcome_;
  std::vector<Deleting> deleting_ = {};
};

}  // namespace

Result<int> delete_objects(Session& session, const DeleteOptions& options) {
  TRY(const char* policy, propagation(options.cascade));
  if (options.now && options.grace_period >= 0) {
    return fail(Code::bad_request, "--now and --grace-period cannot be specified together");
  }
  if (options.grace_period == 0 && !options.force) {
    // Without --force it means: as fast as a clean end allows.
    DeleteOptions soft = options;
    soft.grace_period = 1;
    return Deleter(session, soft, policy).run();
  }
  return Deleter(session, options, policy).run();
}

}  // namespace weir::cli
