#include "controller/cli/verbs/server_apply.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/cli/text/fields.h"

namespace weir::cli {
namespace {

// True when every field in conflict was set by this very client in another way (set image, scale,
// rollout undo): the file is then what its user wants now.
bool only_with_ourselves(const Error& error, const std::string& field_manager) {
  const std::string with_us = "conflict with \"" + field_manager + "\"";
  return error.code == Code::conflict && !error.causes.empty() &&
         std::all_of(error.causes.begin(), error.causes.end(),
                     [&](const Cause& cause) { return cause.message.starts_with(with_us); });
}

// A conflict's message, and the ways out of it.
Error with_advice(Error error) {
  if (error.code != Code::conflict) return error;
  error.message +=
      "\nThe fields above have other managers. Either take them over with --force-conflicts, or "
      "remove\nthem from the manifest so that the other managers keep them.";
  return error;
}

}  // namespace

Result<json> server_apply(Session& session, const Target& target, const Manifest& manifest,
                          const ServerApply& how) {
  Query query{{"fieldManager", how.field_manager}, {"fieldValidation", "Strict"}};
  if (how.force) query.emplace_back("force", "true");
  if (how.dry_run) query.emplace_back("dryRun", "All");
  json document = *manifest.document;
  if (target.resource.namespaced) document["metadata"]["namespace"] = target.namespace_name;
  auto answer =
      session.client.call({.method = "PATCH",
                           .path = target.path(),
                           .query = std::move(query),
                           .body = serialized(document),
                           .content_type = kApplyPatch,
                           .doing = "error when applying \"" + manifest.source + "\" (" +
                                    target.resource.singular_name() + "/" + target.name + ")"});
  if (answer) return answer;
  if (!how.force && only_with_ourselves(answer.error(), how.field_manager)) {
    return server_apply(
        session, target, manifest,
        {.dry_run = how.dry_run, .force = true, .field_manager = how.field_manager});
  }
  return tl::unexpected(with_advice(std::move(answer).error()));
}

json comparable(json object) {
  if (const auto it = object.find("metadata"); it != object.end() && it->is_object()) {
    for (const char* written_by_server : {"managedFields", "resourceVersion", "generation"}) {
      it->erase(written_by_server);
    }
  }
  return object;
}

}  // namespace weir::cli
