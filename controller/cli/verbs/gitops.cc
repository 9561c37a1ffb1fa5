// weir gitops: Flux's verbs for GitRepositories and Kustomizations, and what weir adds: desired,
// applied and good revisions apart, and the release of one that went back by itself.

#include <nlohmann/json.hpp>

#include "controller/cli/client/follow.h"
#include "controller/cli/text/fields.h"
#include "controller/cli/text/tab_writer.h"
#include "controller/cli/verbs/difference.h"
#include "controller/cli/verbs/rollout_targets.h"
#include "controller/cli/verbs/verbs.h"
#include "reconcilers/flux.h"
#include "reconcilers/object_text.h"

namespace weir::cli {
namespace {

constexpr char kNone[] = "<none>";
constexpr std::size_t kShortCommit = 8;

// "main@sha1:4f1c…" → "main@sha1:4f1c2d3e", as Flux shows it.
std::string short_revision(const std::string& revision) {
  const std::size_t colon = revision.rfind(':');
  if (revision.empty()) return kNone;
  return colon == revision.npos ? revision : revision.substr(0, colon + 1 + kShortCommit);
}

const json& condition(const json& object, const std::string& type) {
  static const json kAbsent;
  for (const json& one : items(at(object, {"status", "conditions"}))) {
    if (text(one, {"type"}) == type) return one;
  }
  return kAbsent;
}

Result<std::vector<Target>> named(Session& session, const GitopsOptions& options) {
  if (options.what.empty()) return fail(Code::bad_request, "name a Kustomization");
  TRY(std::vector<Target> targets,
      targets_of(session, {.what = options.what, .default_kind = "kustomization"}));
  for (const Target& target : targets) {
    const std::string& kind = target.resource.kind;
    if (target.name.empty() || (kind != "Kustomization" && kind != "GitRepository")) {
      return fail(Code::bad_request, "name a Kustomization, or gitrepository/NAME");
    }
  }
  return targets;
}

Result<Target> one_kustomization(Session& session, const std::vector<std::string>& what) {
  TRY(const std::vector<Target> targets,
      targets_of(session, {.what = what, .default_kind = "kustomization"}));
  if (targets.size() != 1 || targets.front().name.empty() ||
      targets.front().resource.kind != "Kustomization") {
    return fail(Code::bad_request, "name one Kustomization");
  }
  return targets.front();
}

Result<Target> source_of(Session& session, const Target& kustomization, const json& object) {
  const json& ref = at(object, {"spec", "sourceRef"});
  const std::vector<std::string> what{"gitrepository/" + text(ref, {"name"})};
  TRY(std::vector<Target> targets, targets_of(session, {.what = what}));
  Target source = targets.front();
  source.namespace_name = text(ref, {"namespace"});
  if (source.namespace_name.empty()) source.namespace_name = kustomization.namespace_name;
  return source;
}

Result<bool> annotate(Session& session, const Target& target, const char* name,
                      const std::string& value) {
  return patch(session, target, kMergePatch, {{"metadata", {{"annotations", {{name, value}}}}}});
}

std::string now_text(Session& session) {
  return std::to_string(session.io.now().time_since_epoch().count());
}

// --- sync ----------------------------------------------------------------------------------------

// Until it has answered, and come to a verdict. An Error when that is none of success.
Result<bool> await(Session& session, const Target& target, const std::string& asked,
                   Duration timeout) {
  json last;
  TRY(const Followed end,
      follow(session.client, target.resource, target.namespace_name, target.name, timeout,
             {.see = [&](const json& object) {
               last = object;
               const std::string status = text(condition(object, "Ready"), {"status"});
               return object.is_null() ||
                      (text(object, {"status", "lastHandledReconcileAt"}) == asked &&
                       (status == "True" || status == "False"));
             }}));
  if (last.is_null()) return fail(Code::not_found, target.name + " was deleted");
  const json& ready = condition(last, "Ready");
  const std::string message = text(ready, {"message"});
  if (end == Followed::timed_out) {
    return fail(Code::timed_out, "not in time: " + (message.empty() ? "no answer yet" : message));
  }
  if (text(ready, {"status"}) != "True") {
    return fail(Code::unavailable, text(ready, {"reason"}) + ": " + message);
  }
  say(session, target, "synced: " + message);
  return true;
}

Result<bool> sync_one(Session& session, const Target& target, const GitopsOptions& options) {
  TRY(const json object, session.client.get(target.path()));
  if (flag(object, {"spec", "suspend"})) {
    return fail(Code::unavailable,
                target.name + " is suspended: weir gitops resume " + target.name);
  }
  const std::string asked = now_text(session);
  if (target.resource.kind == "Kustomization" && options.with_source) {
    TRY(const Target source, source_of(session, target, object));
    TRY_VOID(annotate(session, source, flux::kRequestedAt, asked));
    if (options.wait) {
      TRY_VOID(await(session, source, asked, options.timeout));
    }
  }
  TRY_VOID(annotate(session, target, flux::kRequestedAt, asked));
  if (options.wait) return await(session, target, asked, options.timeout);
  say(session, target, "asked to sync");
  return true;
}

Result<int> for_each(Session& session, const GitopsOptions& options,
                     const std::function<Result<bool>(const Target&)>& one) {
  TRY(const std::vector<Target> targets, named(session, options));
  Outcome outcome(session.io.err);
  for (const Target& target : targets) outcome.ok(one(target));
  return outcome.exit_code();
}

Result<int> set_suspended(Session& session, const GitopsOptions& options, bool suspended) {
  return for_each(session, options, [&](const Target& target) -> Result<bool> {
    TRY_VOID(patch(session, target, kMergePatch, {{"spec", {{"suspend", suspended}}}}));
    say(session, target, suspended ? "suspended" : "resumed");
    return true;
  });
}

// --- status --------------------------------------------------------------------------------------

// One line of the table; all of it is in the objects' status.
std::string status_line(const json& object, const std::map<std::string, json>& sources,
                        bool namespaces) {
  const json& status = at(object, {"status"});
  const json& ref = at(object, {"spec", "sourceRef"});
  std::string ns = text(ref, {"namespace"});
  if (ns.empty()) ns = namespace_of(object);
  const auto source = sources.find(ns + "/" + text(ref, {"name"}));
  const std::string desired =
      source == sources.end() ? "" : text(source->second, {"status", "artifact", "revision"});
  const json& ready = condition(object, "Ready");
  const bool suspended = flag(object, {"spec", "suspend"});
  std::string line = namespaces ? namespace_of(object) + "\t" : "";
  line += name_of(object) + "\t" + short_revision(desired) + "\t" +
          short_revision(text(status, {"lastAppliedRevision"})) + "\t" +
          short_revision(text(status, {"lastGoodRevision"})) + "\t";
  const std::string reason = text(ready, {"reason"});
  line += (suspended ? "Suspended" : reason.empty() ? "Unknown" : reason) + "\t";
  std::string message = text(ready, {"message"});
  for (char& c : message) {
    if (c == '\n' || c == '\t') c = ' ';
  }
  return line + message + "\n";
}

}  // namespace

Result<int> gitops_status(Session& session, const GitopsOptions& options) {
  const std::string ns = options.all_namespaces ? "" : "/namespaces/" + escape(session.namespace_);
  TRY(const json all,
      session.client.get("/apis/kustomize.toolkit.fluxcd.io/v1" + ns + "/kustomizations"));
  TRY(const json repositories,
      session.client.get("/apis/source.toolkit.fluxcd.io/v1/gitrepositories"));
  std::map<std::string, json> sources;
  for (const json& one : items(at(repositories, {"items"}))) {
    sources[namespace_of(one) + "/" + name_of(one)] = one;
  }
  std::string table = options.all_namespaces ? "NAMESPACE\t" : "";
  table += "NAME\tDESIRED\tAPPLIED\tLAST GOOD\tSTATUS\tMESSAGE\n";
  std::size_t shown = 0;
  for (const json& one : items(at(all, {"items"}))) {
    const bool is_meant =
        options.what.empty() ||
        std::find(options.what.begin(), options.what.end(), name_of(one)) != options.what.end();
    if (!is_meant) continue;
    table += status_line(one, sources, options.all_namespaces);
    ++shown;
  }
  if (shown == 0) {
    session.io.err << "No Kustomizations found"
                   << (options.all_namespaces ? "." : " in " + session.namespace_ + " namespace.")
                   << std::endl;
    return options.what.empty() ? 0 : 1;
  }
  session.io.out << align_tabs(table, kTableStyle);
  return 0;
}

Result<int> gitops_sync(Session& session, const GitopsOptions& options) {
  return for_each(session, options,
                  [&](const Target& target) { return sync_one(session, target, options); });
}

Result<int> gitops_suspend(Session& session, const GitopsOptions& options) {
  return set_suspended(session, options, true);
}

Result<int> gitops_resume(Session& session, const GitopsOptions& options) {
  return set_suspended(session, options, false);
}

Result<int> gitops_diff(Session& session, const GitopsOptions& options) {
  TRY(const Target target, one_kustomization(session, options.what));
  TRY(const json found,
      session.client.get("/weir/v1/manifests",
                         {{"namespace", target.namespace_name}, {"name", target.name}}));
  Manifests manifests;
  for (const json& document : items(at(found, {"items"}))) {
    manifests.documents.push_back({.document = std::make_shared<const json>(document),
                                   .source = "kustomization/" + target.name});
  }
  return show_differences(
      session, manifests,
      {.dry_run = true, .force = true, .field_manager = "kustomize-controller"});
}

Result<int> gitops_history(Session& session, const GitopsOptions& options) {
  TRY(const Target target, one_kustomization(session, options.what));
  TRY(const json object, session.client.get(target.path()));
  std::string table = "REVISION\tFIRST\tLAST\tTIMES\tSTATUS\n";
  for (const json& one : items(at(object, {"status", "history"}))) {
    table += short_revision(text(one, {"metadata", "revision"})) + "\t" +
             text(one, {"firstReconciled"}) + "\t" + text(one, {"lastReconciled"}) + "\t" +
             std::to_string(number(one, {"totalReconciliations"})) + "\t" +
             text(one, {"lastReconciledStatus"}) + "\n";
  }
  session.io.out << align_tabs(table, kTableStyle);
  for (const json& one : items(at(object, {"status", "quarantine"}))) {
    session.io.out << "quarantined: " << short_revision(text(one, {"revision"})) << " since "
                   << text(one, {"since"}) << ": " << text(one, {"message"}) << std::endl;
  }
  return 0;
}

Result<int> gitops_release(Session& session, const GitopsOptions& options) {
  if (options.what.empty() || options.what.size() > 2) {
    return fail(Code::bad_request, "name one Kustomization, and perhaps the revision");
  }
  TRY(const Target target, one_kustomization(session, {options.what.front()}));
  TRY(const json object, session.client.get(target.path()));
  std::string revision;
  for (const json& one : items(at(object, {"status", "quarantine"}))) {
    const std::string known = text(one, {"revision"});
    const bool is_meant =
        options.what.size() == 1 || known.find(options.what.back()) != std::string::npos;
    if (is_meant) revision = known;
  }
  if (revision.empty()) {
    return fail(Code::not_found,
                "kustomization " + target.name + " has no such revision in quarantine");
  }
  const std::string now = time_text(to_seconds(session.io.now()));
  TRY_VOID(annotate(session, target, flux::kRelease, revision + " " + now));
  say(session, target, "released " + short_revision(revision));
  return 0;
}

}  // namespace weir::cli
