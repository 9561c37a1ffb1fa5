#include "controller/api/scale.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "controller/api/cells.h"
#include "controller/api/crd.h"
#include "controller/api/status.h"
#include "controller/api/words.h"
#include "controller/apply/json_patch.h"
#include "controller/apply/merge_patch.h"

namespace weir::rest {
namespace {

using nlohmann::json;

// Where the numbers are: subresources.scale of the CRD document.
struct Paths {
  json::json_pointer spec = json::json_pointer();
  json::json_pointer status = json::json_pointer();
};

json::json_pointer pointer(std::string path) {  // ".spec.replicas"
  std::replace(path.begin(), path.end(), '.', '/');
  return json::json_pointer(path);
}

Paths paths_of(Kind kind) {
  const json& scale = crd_version(kind).at("subresources").at("scale");
  return {.spec = pointer(scale.at("specReplicasPath")),
          .status = pointer(scale.at("statusReplicasPath"))};
}

std::string selector_text(const Object& object) {
  const Cell cell = weir::rest::cell("selector", object, {});
  const auto* text = std::get_if<std::string>(&cell);
  return text && !text->starts_with('<') ? *text : "";
}

json scale_of(const json& document, const Object& object) {
  const Paths paths = paths_of(kind_of(object));
  json metadata = json::object();
  for (const char* name : {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"}) {
    const json& from = document.at("metadata");
    if (from.contains(name)) metadata[name] = from[name];
  }
  return {{"kind", "Scale"},
          {"apiVersion", "autoscaling/v1"},
          {"metadata", std::move(metadata)},
          {"spec", {{"replicas", document.value(paths.spec, 0)}}},
          {"status",
           {{"replicas", document.value(paths.status, 0)}, {"selector", selector_text(object)}}}};
}

tl::unexpected<Error> refused(const std::string& name, const char* reason,
                              const std::string& problem) {
  return tl::unexpected(
      Error{.code = Code::invalid,
            .message = "Scale.autoscaling \"" + name + "\" is invalid: spec.replicas: " + problem,
            .causes = {{.reason = reason, .field = "spec.replicas", .message = problem}}});
}

Result<std::int64_t> wanted_replicas(const std::string& name, const json& scale) {
  const auto spec = scale.find("spec");
  // Kubernetes would take a missing number for 0 and stop everything.
  if (spec == scale.end() || !spec->is_object() || !spec->contains("replicas")) {
    return refused(name, "FieldValueRequired", "Required value");
  }
  const json& replicas = spec->at("replicas");
  const std::string shown = "Invalid value: " + replicas.dump() + ": ";
  if (!replicas.is_number_integer()) {
    return refused(name, "FieldValueInvalid", shown + "must be an integer");
  }
  const auto number = replicas.get<std::int64_t>();
  if (number < 0) {
    return refused(name, "FieldValueInvalid", shown + "must be greater than or equal to 0");
  }
  if (number > std::numeric_limits<std::int32_t>::max()) {
    return refused(name, "FieldValueInvalid", shown + "must be a 32-bit integer");
  }
  return number;
}

using ChangeScale = std::function<Result<json>(json)>;

// The object with the replicas that its Scale has after `change`.
Result<Response> write_scale(const Call& call, const std::string& options_name,
                             const ChangeScale& change) {
  TRY(const WriteOptions options, write_options(call, options_name));
  const Paths paths = paths_of(call.route.kind);
  const StoredPtr stored = call.store.get(call.key());
  if (!stored) return tl::unexpected(not_found(call.kind(), call.route.name));
  const auto rescaled = [&](const json& before) -> Result<json> {
    TRY(const json scale, change(scale_of(before, *stored->typed)));
    if (!scale.is_object()) return fail(Code::bad_request, "Scale: not a JSON object");
    TRY(const std::int64_t replicas, wanted_replicas(call.route.name, scale));
    json after = before;
    after[paths.spec] = replicas;
    const json metadata = scale.value("metadata", json::object());
    for (const char* name : {"resourceVersion", "uid"}) {  // preconditions, when they are given
      if (metadata.is_object() && metadata.contains(name)) after["metadata"][name] = metadata[name];
    }
    return after;
  };
  TRY(const Written written, call.writer.change(call.key(), rescaled, options));
  return json_response(scale_of(*written.document, *written.object));
}

}  // namespace

Result<Response> get_scale(const Call& call) {
  const StoredPtr stored = call.store.get(call.key());
  if (!stored) return tl::unexpected(not_found(call.kind(), call.route.name));
  return json_response(scale_of(json::parse(stored->json), *stored->typed));
}

Result<Response> update_scale(const Call& call) {
  TRY(const json document, body_document(call.request));
  return write_scale(call, "UpdateOptions", [&](const json&) { return Result<json>(document); });
}

Result<Response> patch_scale(const Call& call) {
  TRY(const PatchType type, patch_type(call.request));
  TRY(const json document, body_document(call.request));
  return write_scale(call, "PatchOptions", [&](json scale) -> Result<json> {
    if (type == PatchType::json) return json_patch(std::move(scale), document);
    // A Scale has no lists: all other patch types mean the same to it.
    return merge_patch(std::move(scale), document);
  });
}

}  // namespace weir::rest
