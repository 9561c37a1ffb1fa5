#include "controller/admission/admission.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "controller/admission/codec.h"
#include "controller/admission/defaults.h"
#include "controller/admission/schema.h"
#include "controller/admission/validate.h"
#include "controller/admission/validate_structure.h"
#include "reconcilers/labels.h"

namespace weir::admission {

using nlohmann::json;

namespace {

// Kubernetes cuts generateName so that name and suffix fit into a host name.
constexpr std::size_t kGeneratedPrefixMax = 58;

// What the server writes into metadata and nobody else.
constexpr const char* kServerOwned[] = {"uid",
                                        "resourceVersion",
                                        "generation",
                                        "creationTimestamp",
                                        "deletionTimestamp",
                                        "deletionGracePeriodSeconds",
                                        "selfLink"};

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

const json& metadata_of(const json& document) {
  static const json kEmpty = json::object();
  const auto found = document.find("metadata");
  return found != document.end() && found->is_object() ? *found : kEmpty;
}

// "Deployment.apps", "Pod": how messages name a kind.
std::string qualified(const KindInfo& kind) {
  const std::string name(kind.name);
  return kind.group.empty() ? name : name + "." + std::string(kind.group);
}

// --- Fields that have no effect beside others ----------------------------------------------------

void add_service_effects(const json& spec, std::vector<std::string>& all) {
  const bool external = spec.value("type", "") == "ExternalName";
  if (external && spec.value("ports", json::array()).empty()) {
    all.push_back(
        "spec.externalName: has no effect without spec.ports: Docker's DNS has no aliases "
        "of other hosts, so the gateway must know which ports to take connections on");
  }
}

void add_rollout_effects(const json& spec, std::vector<std::string>& all) {
  const json canary = spec.value("/strategy/canary"_json_pointer, json::object());
  const std::string path = "spec.strategy.canary.";
  if (!canary.contains("trafficRouting")) {
    for (const char* field : {"abortScaleDownDelaySeconds", "minPodsPerReplicaSet", "pingPong",
                              "scaleDownDelayRevisionLimit"}) {
      if (canary.contains(field)) {
        all.push_back(path + field + ": has no effect without trafficRouting");
      }
    }
    return;
  }
  if (canary.contains("maxUnavailable")) {
    all.push_back(path + "maxUnavailable: has no effect with trafficRouting");
  }
  const json plugins = canary.value("/trafficRouting/plugins"_json_pointer, json::object());
  for (const auto& [name, settings] : plugins.items()) {
    if (name == "weir.dev/gateway" && settings.empty()) continue;
    all.push_back(path + "trafficRouting.plugins." + name +
                  ": has no effect: weir's own gateway divides the requests");
  }
}

// Of one that is rolled out by weights.
void add_strategy_effects(const json& document, std::vector<std::string>& all) {
  const json annotations = document.value("/metadata/annotations"_json_pointer, json::object());
  if (!annotations.contains(annotation::kStrategy)) return;
  if (annotations.value(annotation::kAutoRollback, "") == "true") {
    all.push_back(at_key("metadata.annotations", annotation::kAutoRollback) +
                  ": has no effect: what is rolled out by weights goes back by itself");
  }
  const json surge = document.value("/spec/strategy/rollingUpdate/maxSurge"_json_pointer, json());
  const bool canary = annotations.value(annotation::kStrategy, "") == "canary";
  if (!canary) {
    all.push_back(at_key("metadata.annotations", annotation::kStrategy) +
                  ": all pods of both versions run beside each other, whatever maxSurge says");
  } else if (surge == 0 || surge == "0%") {
    all.push_back("spec.strategy.rollingUpdate.maxSurge: is 1 for a canary: it needs a pod");
  }
}

// Argo's documents say Inconclusive, its code says Successful: so does weir.
void add_analysis_effects(const json& spec, std::vector<std::string>& all) {
  const json metrics = spec.value("metrics", json::array());
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const bool judged = metrics[i].contains("successCondition") ||
                        metrics[i].contains("failureCondition") ||
                        metrics[i].contains("/provider/job"_json_pointer);
    if (judged) continue;
    all.push_back(at("spec.metrics", i) +
                  ": has no condition, so each of its measurements is Successful");
  }
}

// One document on its way through the door; each step returns early with what is wrong.
class Passage {
 public:
  Passage(Kind kind, json document, const Options& options)
      : kind_(kind), options_(options), document_(std::move(document)) {}

  // Unknown fields, and where the object is.
  Result<void> read() {
    const std::vector<std::string> unknown = unknown_fields(root(), document_);
    TRY_VOID(report_unknown(unknown));
    prune(root(), document_);
    return place();
  }

  void begin_as_new() {
    if (!document_["metadata"].is_object()) return;  // the structure check says so
    json& metadata = document_["metadata"];
    for (const char* field : kServerOwned) metadata.erase(field);
    if (root().properties.contains("spec")) metadata["generation"] = 1;
    if (info(kind_).status_subresource) document_.erase("status");
    const std::string prefix = text_at(metadata, "generateName");
    if (text_at(metadata, "name").empty() && !prefix.empty() && !options_.name_suffix.empty()) {
      metadata["name"] = prefix.substr(0, kGeneratedPrefixMax) + options_.name_suffix;
    }
  }

  Result<void> continue_from(const json& before) {
    const json& old = metadata_of(before);
    if (!document_["metadata"].is_object()) return {};  // the structure check says so
    json& metadata = document_["metadata"];
    TRY_VOID(check_same(metadata, old));
    for (const char* field : kServerOwned) {
      if (std::string_view(field) == "resourceVersion") continue;
      metadata.erase(field);
      if (old.contains(field)) metadata[field] = old.at(field);
    }
    if (!info(kind_).status_subresource) return {};
    document_.erase("status");
    if (before.contains("status")) document_["status"] = before.at("status");
    return {};
  }

  void take_status_only(const json& before) {
    json status = document_.value("status", json::object());
    document_ = before;
    document_["status"] = std::move(status);
  }

  Result<void> complete() {
    given_ = document_;
    apply_defaults(root(), document_);
    Causes causes;
    check_structure(root(), document_, causes);
    TRY_VOID(end(causes.take()));
    apply_coded_defaults(kind_, document_);
    apply_defaults(root(), document_);
    return {};
  }

  // Of a complete document, so that every type is right; of what was given, not of the defaults.
  void warn_of_effects(const json* before) {
    std::vector<std::string> known;
    if (before) known = effects_of(*before);
    for (std::string& one : effects_of(given_)) {
      if (std::ranges::find(known, one) == known.end()) warnings_.push_back(std::move(one));
    }
  }

  json& document() { return document_; }

  Result<Admitted> leave(std::vector<Cause> (*rules)(const Object&, const Object*),
                         const Object* before) {
    TRY(Object object, decode(kind_, document_));
    std::vector<Cause> causes = rules(object, before);
    check_linked_host_paths(object, causes);
    TRY_VOID(end(std::move(causes)));
    // What is stored is what the structs say: no empty texts, quantities as texts. A controller
    // that writes the object back writes the same bytes.
    json document = encode_over(object, document_);
    Key key = key_of(object);
    return Admitted{.key = std::move(key),
                    .document = std::move(document),
                    .object = std::move(object),
                    .warnings = std::move(warnings_)};
  }

 private:
  // What has none, by its schema or by what stands beside it.
  std::vector<std::string> effects_of(const json& document) const {
    std::vector<std::string> all = effects(root(), document);
    const json spec = document.value("spec", json::object());
    if (kind_ == Kind::Service) add_service_effects(spec, all);
    if (kind_ == Kind::Deployment) add_strategy_effects(document, all);
    if (kind_ == Kind::Rollout) add_rollout_effects(spec, all);
    if (kind_ == Kind::AnalysisTemplate || kind_ == Kind::ClusterAnalysisTemplate ||
        kind_ == Kind::AnalysisRun) {
      add_analysis_effects(spec, all);
    }
    return all;
  }

  const SchemaNode& root() const { return Schema::get().root(kind_); }

  Result<void> report_unknown(const std::vector<std::string>& fields) {
    if (fields.empty()) return {};
    std::string list;
    for (const std::string& field : fields) {
      const std::string one = "unknown field " + shown(field);
      list += (list.empty() ? "" : ", ") + one;
      if (options_.field_validation == FieldValidation::warn) warnings_.push_back(one);
    }
    if (options_.field_validation != FieldValidation::strict) return {};
    const KindInfo& kind = info(kind_);
    return fail(Code::bad_request, std::string(kind.name) + " in version " + shown(kind.version) +
                                       " cannot be handled as a " + std::string(kind.name) +
                                       ": strict decoding error: " + list);
  }

  Result<void> place() {
    if (!document_.contains("metadata")) document_["metadata"] = json::object();
    if (!document_["metadata"].is_object() || !info(kind_).namespaced) return {};
    const std::string ns = text_at(document_["metadata"], "namespace");
    if (!options_.ns.empty() && !ns.empty() && ns != options_.ns) {
      return fail(Code::bad_request,
                  "the namespace of the provided object does not match the namespace sent on the "
                  "request");
    }
    if (ns.empty()) {
      document_["metadata"]["namespace"] = options_.ns.empty() ? "default" : options_.ns;
    }
    return {};
  }

  Result<void> check_same(const json& metadata, const json& old) {
    const std::string name = text_at(metadata, "name"), old_name = text_at(old, "name");
    if (name != old_name || text_at(metadata, "namespace") != text_at(old, "namespace")) {
      return fail(Code::bad_request, "the name of the object (" + name +
                                         ") does not match the name on the URL (" + old_name + ")");
    }
    const std::string uid = text_at(metadata, "uid"), old_uid = text_at(old, "uid");
    if (uid.empty() || uid == old_uid) return {};
    return fail(Code::conflict, "Precondition failed: UID in precondition: " + uid +
                                    ", UID in object meta: " + old_uid);
  }

  // Where a host path leads by its symbolic links, and whether that may be mounted.
  std::string linked_path_problem(const std::string& path) const {
    std::error_code error;
    const auto real = std::filesystem::weakly_canonical(path, error);
    if (!error) return host_path_problem(real.string(), options_.engine_socket);
    return "'" + path + "' cannot be followed to its end (" + error.message() +
           "), so weir cannot tell that it does not lead to the Docker socket";
  }

  void check_linked_host_paths(const Object& object, std::vector<Cause>& causes) const {
    const auto check = [&](const api::PodSpec& spec, const std::string& path) {
      for (std::size_t i = 0; i < spec.volumes.size(); ++i) {
        const auto& source = spec.volumes[i].hostPath;
        // Paths that are wrong as they are written have their cause already.
        if (!source || !source->path.starts_with('/')) continue;
        if (!host_path_problem(source->path).empty()) continue;
        const std::string problem = linked_path_problem(source->path);
        if (problem.empty()) continue;
        causes.push_back({.reason = "FieldValueForbidden",
                          .field = at(at(path, "volumes"), i) + ".hostPath.path",
                          .message = "Forbidden: " + problem});
      }
    };
    // Whatever kind it is that has pods made.
    std::visit(
        [&](const auto& x) {
          if constexpr (requires { x.spec.template_.spec.volumes; }) {
            check(x.spec.template_.spec, "spec.template.spec");
          } else if constexpr (requires { x.spec.volumes; }) {
            check(x.spec, "spec");
          } else if constexpr (requires { x.spec.metrics; }) {
            for (std::size_t i = 0; i < x.spec.metrics.size(); ++i) {
              const auto& job = x.spec.metrics[i].provider.job;
              const std::string path = at("spec.metrics", i) + ".provider.job.spec.template.spec";
              if (job) check(job->spec.template_.spec, path);
            }
          } else if constexpr (requires { x.spec.templates.front().template_.spec; }) {
            for (std::size_t i = 0; i < x.spec.templates.size(); ++i) {
              check(x.spec.templates[i].template_.spec, at("spec.templates", i) + ".template.spec");
            }
          }
        },
        object);
  }

  Result<void> end(std::vector<Cause> causes) const {
    if (causes.empty()) return {};
    return tl::unexpected(invalid_object(
        qualified(info(kind_)), text_at(metadata_of(document_), "name"), std::move(causes)));
  }

  const Kind kind_;
  const Options& options_;
  json document_;
  json given_;  // as it was before the defaults
  std::vector<std::string> warnings_;
};

std::vector<Cause> rules_for_new(const Object& object, const Object*) { return validate(object); }
std::vector<Cause> rules_for_update(const Object& object, const Object* before) {
  return validate_update(*before, object);
}
std::vector<Cause> no_rules(const Object&, const Object*) { return {}; }

}  // namespace

Result<Kind> kind_of_document(const json& document) {
  if (!document.is_object()) return fail(Code::bad_request, "a document must be an object");
  const std::string version = text_at(document, "apiVersion"), kind = text_at(document, "kind");
  if (kind.empty()) return fail(Code::bad_request, "the document has no kind");
  if (version.empty()) return fail(Code::bad_request, kind + " without apiVersion");
  if (const auto found = kind_named(version, kind)) return *found;
  std::string message = "no matches for kind " + shown(kind) + " in version " + shown(version);
  for (const KindInfo& row : kinds()) {
    if (row.name == kind) message += "; weir serves it as " + std::string(row.api_version);
  }
  return fail(Code::bad_request, message);
}

Result<Admitted> create(json document, const Options& options) {
  TRY(const Kind kind, kind_of_document(document));
  Passage passage(kind, std::move(document), options);
  TRY_VOID(passage.read());
  passage.begin_as_new();
  TRY_VOID(passage.complete());
  passage.warn_of_effects(nullptr);
  apply_initial_state(kind, passage.document());
  return passage.leave(rules_for_new, nullptr);
}

Result<Admitted> update(const json& before, json document, const Options& options) {
  TRY(const Kind kind, kind_of_document(document));
  TRY(const Object old, decode(kind, before));
  Passage passage(kind, std::move(document), options);
  TRY_VOID(passage.read());
  TRY_VOID(passage.continue_from(before));
  TRY_VOID(passage.complete());
  passage.warn_of_effects(&before);
  TRY(Admitted admitted, passage.leave(rules_for_update, &old));
  const json spec = admitted.document.value("spec", json());
  if (!spec.is_null() && spec != encode(old).value("spec", json())) {
    const std::int64_t generation = meta(old).generation + 1;
    meta(admitted.object).generation = generation;
    admitted.document["metadata"]["generation"] = generation;
  }
  return admitted;
}

Result<Admitted> update_status(const json& before, json document, const Options& options) {
  TRY(const Kind kind, kind_of_document(document));
  Passage passage(kind, std::move(document), options);
  TRY_VOID(passage.read());
  passage.take_status_only(before);
  TRY_VOID(passage.complete());
  return passage.leave(no_rules, nullptr);
}

}  // namespace weir::admission
