// weir scale and weir set image: small changes to one field.

#include <nlohmann/json.hpp>

#include "controller/cli/text/fields.h"
#include "controller/cli/verbs/targets.h"
#include "controller/cli/verbs/verbs.h"

namespace weir::cli {
namespace {

Result<bool> scale_one(Session& session, const Target& target, const ScaleOptions& options) {
  const std::string path = target.path() + "/scale";
  json patch{{"spec", {{"replicas", options.replicas}}}};
  if (options.current_replicas >= 0) {
    TRY(const json scale, session.client.get(path));
    const long current = number(scale, {"spec", "replicas"});
    if (current != options.current_replicas) {
      return fail(Code::conflict, "error: Expected replicas to be " +
                                      std::to_string(options.current_replicas) + ", was " +
                                      std::to_string(current));
    }
    // The count that was checked must still be the count when the patch is made.
    patch["metadata"]["resourceVersion"] = at(scale, {"metadata", "resourceVersion"});
  }
  TRY_VOID(session.client.call({.method = "PATCH",
                                .path = path,
                                .query = {{"fieldManager", kFieldManager}},
                                .body = serialized(patch),
                                .content_type = kMergePatch}));
  session.io.out << target.resource.singular_name() << "/" << target.name << " scaled" << std::endl;
  return true;
}

// The containers of a workload; a Pod has them in its own spec.
const json& containers_of(const json& object, const char* list) {
  const json& template_ = at(object, {"spec", "template", "spec", list});
  return template_.is_null() ? at(object, {"spec", list}) : template_;
}

Result<json> image_patch(const json& object, const std::vector<std::string>& settings) {
  const bool is_pod = text(object, {"kind"}) == "Pod";
  json pod_spec = json::object();
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    const std::string name = setting.substr(0, equals), image = setting.substr(equals + 1);
    bool found = false;
    for (const char* list : {"containers", "initContainers"}) {
      for (const json& container : items(containers_of(object, list))) {
        const std::string own = text(container, {"name"});
        if (name != "*" && own != name) continue;
        pod_spec[list].push_back({{"name", own}, {"image", image}});
        found = true;
      }
    }
    if (!found) {
      return fail(Code::not_found, "error: unable to find container named \"" + name + "\"");
    }
  }
  if (is_pod) return json{{"spec", std::move(pod_spec)}};
  return json{{"spec", {{"template", {{"spec", std::move(pod_spec)}}}}}};
}

}  // namespace

Result<int> scale(Session& session, const ScaleOptions& options) {
  if (options.replicas < 0) {
    return fail(Code::bad_request,
                "The --replicas=COUNT flag is required, and COUNT must be "
                "greater than or equal to 0");
  }
  Outcome outcome(session.io.err);
  std::vector<Target> targets;
  if (!options.manifests.empty()) {
    targets = targets_of(session, options.manifests, outcome);
  } else {
    TRY(targets, targets_of(session, {.what = options.what}));
    TRY(targets, expand_lists(session, std::move(targets),
                              {.selector = options.selector, .all = options.all}));
  }
  if (targets.empty() && outcome.exit_code() == 0) {
    return fail(Code::not_found, "error: no objects passed to scale");
  }
  for (const Target& target : targets) outcome.ok(scale_one(session, target, options));
  return outcome.exit_code();
}

Result<int> set_image(Session& session, const SetImageOptions& options) {
  std::vector<std::string> what, settings;
  for (const std::string& word : options.what) {
    (word.find('=') == std::string::npos ? what : settings).push_back(word);
  }
  if (settings.empty()) {
    return fail(Code::bad_request, "at least one image update is required: CONTAINER=IMAGE");
  }
  TRY(const std::vector<Target> targets, targets_of(session, {.what = what}));
  Outcome outcome(session.io.err);
  const auto set_one = [&](const Target& target) -> Result<bool> {
    if (target.name.empty()) return fail(Code::bad_request, "name the object, as in deploy/web");
    TRY(const json before, session.client.get(target.path()));
    TRY(json patch, image_patch(before, settings));
    TRY(const json after, session.client.call({.method = "PATCH",
                                               .path = target.path(),
                                               .query = {{"fieldManager", kFieldManager}},
                                               .body = serialized(patch),
                                               .content_type = kStrategicPatch}));
    if (text(before, {"metadata", "resourceVersion"}) !=
        text(after, {"metadata", "resourceVersion"})) {
      session.io.out << target.resource.singular_name() << "/" << target.name << " image updated"
                     << std::endl;
    }
    return true;
  };
  for (const Target& target : targets) outcome.ok(set_one(target));
  return outcome.exit_code();
}

}  // namespace weir::cli
