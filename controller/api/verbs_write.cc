#include <nlohmann/json.hpp>

#include "controller/admission/manifest.h"
#include "controller/api/protobuf.h"
#include "controller/api/selection.h"
#include "controller/api/status.h"
#include "controller/api/verbs.h"
#include "controller/api/words.h"
#include "controller/apply/managed_fields/server_side_apply.h"

namespace weir::rest {
namespace {

using nlohmann::json;

// "application/json; charset=utf-8" → "application/json".
std::string_view media_type(const Request& request) {
  const std::string_view whole = request.content_type;
  return whole.substr(0, whole.find_first_of("; "));
}

tl::unexpected<Error> unknown_format(const char* accepted) {
  return fail(Code::unsupported,
              std::string("the body of the request was in an unknown format - accepted media types "
                          "include: ") +
                  accepted);
}

Result<json> parse_body(const std::string& body, bool yaml) {
  if (!yaml) return parse_json(body);
  TRY(std::vector<json> documents, parse_manifest(body));
  if (documents.size() != 1) {
    return fail(Code::bad_request,
                "the body holds " + std::to_string(documents.size()) + " documents, want one");
  }
  return std::move(documents.front());
}

// The text member of an object, "" when it is absent or something else.
std::string text_at(const json& object, const char* member) {
  const auto found = object.find(member);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// The document is what the URL says, or says nothing of it.
Result<void> check_identity(const Call& call, json& document) {
  const KindInfo& kind = call.kind();
  if (!document.is_object()) return fail(Code::bad_request, "the body is not a JSON object");
  if (!document.contains("kind")) document["kind"] = kind.name;
  if (!document.contains("apiVersion")) document["apiVersion"] = kind.api_version;
  const std::string api_version = text_at(document, "apiVersion");
  if (api_version != kind.api_version) {
    return fail(Code::bad_request, "the API version in the data (" + api_version +
                                       ") does not match the expected API version (" +
                                       std::string(kind.api_version) + ")");
  }
  if (text_at(document, "kind") != kind.name) {
    return fail(Code::bad_request, text_at(document, "kind") + " in version \"" +
                                       std::string(kind.version) + "\" cannot be handled as a " +
                                       std::string(kind.name));
  }
  const json metadata = document.value("metadata", json::object());
  if (!metadata.is_object()) return {};  // admission says so
  const std::string name = text_at(metadata, "name");
  if (!call.route.name.empty() && !name.empty() && name != call.route.name) {
    return fail(Code::bad_request, "the name of the object (" + name +
                                       ") does not match the name on the URL (" + call.route.name +
                                       ")");
  }
  const std::string ns = text_at(metadata, "namespace");
  if (kind.namespaced && !ns.empty() && ns != call.route.ns) {
    return fail(Code::bad_request,
                "the namespace of the provided object does not match the namespace sent on the "
                "request");
  }
  return {};
}

Result<admission::FieldValidation> field_validation(const Request& request) {
  const std::string_view given = request.parameter("fieldValidation");
  if (given.empty() || given == "Warn") return admission::FieldValidation::warn;
  if (given == "Strict") return admission::FieldValidation::strict;
  if (given == "Ignore") return admission::FieldValidation::ignore;
  return fail(Code::bad_request,
              "fieldValidation: want Ignore, Warn or Strict, got \"" + std::string(given) + "\"");
}

Result<bool> dry_run(std::string_view given) {
  if (given.empty()) return false;
  if (given == "All") return true;
  return fail(Code::bad_request, "dryRun: want All, got \"" + std::string(given) + "\"");
}

// Who writes, when the client does not say: its program, as User-Agent begins.
std::string manager_name(const Request& request) {
  if (request.has("fieldManager")) return std::string(request.parameter("fieldManager"));
  const std::string agent = request.user_agent.substr(0, request.user_agent.find('/'));
  return agent.empty() ? "unknown" : agent.substr(0, kMaxManagerName);
}

// --- Deleting ------------------------------------------------------------------------------------

Result<Propagation> propagation(const std::string& given) {
  if (given.empty() || given == "Background") return Propagation::background;
  if (given == "Foreground") return Propagation::foreground;
  if (given == "Orphan") return Propagation::orphan;
  return fail(Code::bad_request,
              "propagationPolicy: want Background, Foreground or Orphan, got \"" + given + "\"");
}

// DeleteOptions come in the body, and some of them in the query.
Result<RemoveOptions> remove_options(const Call& call) {
  const Request& request = call.request;
  json body = json::object();
  if (!request.body.empty()) {
    TRY(body, body_document(request));
    if (!body.is_object()) return fail(Code::bad_request, "DeleteOptions: not a JSON object");
  }
  for (const char* name : {"propagationPolicy", "dryRun"}) {
    if (request.has(name)) body[name] = request.parameter(name);
  }
  RemoveOptions out;
  TRY(const auto grace, request.number("gracePeriodSeconds"));
  out.how.grace_seconds = grace;
  if (const auto found = body.find("gracePeriodSeconds");
      found != body.end() && !found->is_null()) {
    if (!found->is_number_integer()) {
      return fail(Code::bad_request, "DeleteOptions: gracePeriodSeconds: want a number");
    }
    out.how.grace_seconds = found->get<std::int64_t>();
  }
  if (out.how.grace_seconds && *out.how.grace_seconds < 0) {
    return fail(Code::bad_request, "gracePeriodSeconds: must not be negative");
  }
  TRY(out.how.propagation, propagation(text_at(body, "propagationPolicy")));
  if (body.contains("orphanDependents") && body["orphanDependents"] == true) {
    out.how.propagation = Propagation::orphan;
  }
  const json given = body.value("dryRun", json());
  TRY(out.dry_run, dry_run(given.is_array() && !given.empty() ? text_at({{"v", given[0]}}, "v")
                                                              : text_at(body, "dryRun")));
  const json preconditions = body.value("preconditions", json::object());
  if (preconditions.is_object()) {
    out.uid = text_at(preconditions, "uid");
    const std::string version = text_at(preconditions, "resourceVersion");
    if (!version.empty()) out.version = std::strtoull(version.c_str(), nullptr, 10);
  }
  return out;
}

// What Kubernetes' own components live in; everything else assumes that they exist.
bool is_immortal(const Key& key) {
  return key.kind == Kind::Namespace &&
         (key.name == "default" || key.name == "kube-system" || key.name == "kube-public");
}

json success(const KindInfo& kind, const Stored& removed) {
  json details = {{"name", removed.key.name}, {"kind", kind.plural}, {"uid", removed.uid}};
  if (!kind.group.empty()) details["group"] = kind.group;
  return {{"kind", "Status"},
          {"apiVersion", "v1"},
          {"metadata", json::object()},
          {"status", "Success"},
          {"details", std::move(details)}};
}

}  // namespace

Result<json> body_document(const Request& request) {
  const std::string_view type = media_type(request);
  if (type == kProtobuf) return protobuf_document(request.body);
  const bool yaml = type.ends_with("/yaml") || type.ends_with("+yaml");
  if (!yaml && !type.empty() && type != "application/json" && type != "text/json" &&
      !type.ends_with("+json")) {
    return unknown_format(
        "application/json, application/yaml, application/vnd.kubernetes.protobuf");
  }
  return parse_body(request.body, yaml);
}

Result<PatchType> patch_type(const Request& request) {
  const std::string_view type = media_type(request);
  if (type == "application/json-patch+json") return PatchType::json;
  if (type == "application/merge-patch+json") return PatchType::merge;
  if (type == "application/strategic-merge-patch+json") return PatchType::strategic;
  if (type == "application/apply-patch+yaml") return PatchType::apply;
  return unknown_format(
      "application/json-patch+json, application/merge-patch+json, "
      "application/strategic-merge-patch+json, application/apply-patch+yaml");
}

Result<WriteOptions> write_options(const Call& call, const std::string& options_name) {
  const Request& request = call.request;
  WriteOptions out = {.manager = manager_name(request), .subresource = call.route.subresource};
  TRY_VOID(check_field_manager(out.manager, options_name));
  TRY(out.validation, field_validation(request));
  TRY(out.dry_run, dry_run(request.parameter("dryRun")));
  return out;
}

std::string name_in_body(const Request& request) {
  const auto document = body_document(request);
  if (!document || !document->is_object()) return "";
  const auto metadata = document->find("metadata");
  return metadata != document->end() && metadata->is_object() ? text_at(*metadata, "name") : "";
}

Result<Response> create(const Call& call) {
  TRY(const WriteOptions options, write_options(call, "CreateOptions"));
  TRY(json document, body_document(call.request));
  TRY_VOID(check_identity(call, document));
  TRY(const Written written,
      call.writer.create(call.route.kind, call.route.ns, std::move(document), options));
  return render(call.view(), written);
}

Result<Response> update(const Call& call) {
  TRY(const WriteOptions options, write_options(call, "UpdateOptions"));
  TRY(json document, body_document(call.request));
  TRY_VOID(check_identity(call, document));
  TRY(const Written written, call.writer.update(call.key(), document, options));
  return render(call.view(), written);
}

Result<Response> patch(const Call& call) {
  TRY(const PatchType type, patch_type(call.request));
  TRY(const WriteOptions options, write_options(call, "PatchOptions"));
  TRY(const bool force, call.request.flag("force"));
  TRY(json document, body_document(call.request));
  if (type == PatchType::apply) {
    if (!call.request.has("fieldManager")) {
      return fail(Code::bad_request,
                  "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: "
                  "Required value: is required for apply patch");
    }
    TRY_VOID(check_identity(call, document));
  }
  TRY(const Written written, call.writer.patch(call.key(), type, document, force, options));
  return render(call.view(), written);
}

Result<Response> remove(const Call& call) {
  TRY(const RemoveOptions options, remove_options(call));
  if (is_immortal(call.key())) {
    return tl::unexpected(
        forbidden(call.kind(), call.route.name, "this namespace may not be deleted"));
  }
  TRY(const Removed removed, call.writer.remove(call.key(), options));
  if (removed.gone) return json_response(success(call.kind(), *removed.object));
  return render(call.view(), *removed.object);
}

Result<Response> remove_collection(const Call& call) {
  TRY(const RemoveOptions options, remove_options(call));
  TRY(const Selection selection, Selection::of(call.route, call.request));
  Store::Listing listing = selection.list(call.store);
  for (const StoredPtr& object : listing.objects) {
    if (is_immortal(object->key)) continue;
    const auto removed = call.writer.remove(object->key, options);
    if (!removed && removed.error().code != Code::not_found) {
      return tl::unexpected(removed.error());
    }
  }
  return render(call.view(), listing);
}

}  // namespace weir::rest
