// weir why: the steps of an object's last plan, and what stopped it. weir plan: what applying a
// manifest would do. Both ask the server, which has the World.

#include <nlohmann/json.hpp>

#include "controller/cli/text/fields.h"
#include "controller/cli/text/output.h"
#include "controller/cli/verbs/targets.h"
#include "controller/cli/verbs/verbs.h"

namespace weir::cli {

Result<int> why(Session& session, const WhyOptions& options) {
  TRY(const Output output, parse_output(options.output));
  TRY(const Target target, one_target(session, options.what));
  TRY(const json answer, session.client.get("/weir/v1/why", {{"kind", target.resource.kind},
                                                             {"namespace", target.namespace_name},
                                                             {"name", target.name}}));
  session.io.out << (output.is_table() ? text(answer, {"text"}) : print_document(output, answer));
  return 0;
}

Result<int> plan(Session& session, const PlanOptions& options) {
  const Manifests manifests = read_manifests(options.manifests, session.io.in, session.io.err);
  Outcome outcome(session.io.err);
  for (const Error& error : manifests.errors) outcome.fail(error);
  json documents = json::array();
  for (const Manifest& manifest : manifests.documents) {
    auto target = target_of(session, manifest);
    if (!outcome.ok(target)) continue;
    json document = *manifest.document;
    if (target->resource.namespaced) document["metadata"]["namespace"] = target->namespace_name;
    documents.push_back(std::move(document));
  }
  // A plan of a part of the files would mislead.
  if (outcome.exit_code() != 0) return outcome.exit_code();
  const json list{{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(documents)}};
  TRY(const json answer,
      session.client.call({.method = "POST", .path = "/weir/v1/plan", .body = serialized(list)}));
  for (const json& warning : items(at(answer, {"warnings"}))) {
    if (warning.is_string())
      session.io.err << "Warning: " << warning.get<std::string>() << std::endl;
  }
  session.io.out << text(answer, {"text"});
  return 0;
}

}  // namespace weir::cli
