#include "controller/admission/deletion.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "reconcilers/object_text.h"

namespace weir {

namespace {

using nlohmann::json;

constexpr std::int64_t kDefaultGraceSeconds = 30;

void add_finalizer(json& metadata, const char* finalizer) {
  json& finalizers = metadata["finalizers"];
  if (!finalizers.is_array()) finalizers = json::array();
  if (std::find(finalizers.begin(), finalizers.end(), finalizer) == finalizers.end()) {
    finalizers.push_back(finalizer);
  }
}

void mark(json& metadata, std::int64_t grace_seconds, Time now) {
  // In whole seconds, as Kubernetes writes it, and never before the grace is over.
  const auto from =
      grace_seconds > 0 ? std::chrono::ceil<std::chrono::seconds>(now) : to_seconds(now);
  const auto at = from + std::chrono::seconds(grace_seconds);
  metadata["deletionTimestamp"] = time_text(at);
  metadata["deletionGracePeriodSeconds"] = grace_seconds;
}

json mark_pod(json document, const DeleteOptions& options, Time now) {
  json& metadata = document["metadata"];
  const std::int64_t own =
      document["spec"].value("terminationGracePeriodSeconds", kDefaultGraceSeconds);
  const std::int64_t grace = std::max<std::int64_t>(0, options.grace_seconds.value_or(own));
  const bool marked = metadata.contains("deletionTimestamp");
  const bool shortens =
      options.grace_seconds && grace < metadata.value("deletionGracePeriodSeconds", own);
  if (!marked || shortens) mark(metadata, grace, now);
  return document;
}

}  // namespace

std::optional<json> mark_deleted(Kind kind, json document, const DeleteOptions& options, Time now) {
  json& metadata = document["metadata"];
  if (options.propagation == Propagation::foreground) add_finalizer(metadata, "foregroundDeletion");
  if (options.propagation == Propagation::orphan) add_finalizer(metadata, "orphan");
  if (kind == Kind::Pod) return mark_pod(std::move(document), options, now);
  const bool marked = metadata.contains("deletionTimestamp");
  const bool finalizers = metadata.contains("finalizers") && !metadata["finalizers"].empty();
  const bool is_namespace = kind == Kind::Namespace;
  if (!finalizers && !is_namespace) return std::nullopt;
  if (!marked) mark(metadata, 0, now);
  if (is_namespace) document["status"]["phase"] = "Terminating";
  return document;
}

}  // namespace weir
