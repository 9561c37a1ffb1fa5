#include "controller/cli/verbs/server_apply.h"

#include <nlohmann/json.hpp>

#include "controller/cli/text/fields.h"

namespace weir::cli {
namespace {

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
  if (!answer) return tl::unexpected(with_advice(std::move(answer).error()));
  return answer;
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
