#include "controller/kustomization/apply.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "controller/gitops/digest.h"
#include "controller/kustomization/render.h"
#include "reconcilers/flux.h"
#include "reconcilers/inventory.h"

namespace weir::kustomization {

using nlohmann::json;

namespace {

constexpr char kManager[] = "kustomize-controller";  // Flux's
constexpr char kForce[] = "kustomize.toolkit.fluxcd.io/force";
constexpr char kApplied[] = "kustomize.toolkit.fluxcd.io/ssa";
constexpr char kReconcile[] = "kustomize.toolkit.fluxcd.io/reconcile";

struct Document {
  Key key;
  json text;
};

std::string annotation(const json& document, const char* name) {
  return document.at("metadata").value("annotations", json::object()).value(name, "");
}

Result<Document> read(const ApplySource& what, json text) {
  TRY(const Kind kind, admission::kind_of_document(text));
  if (!text.contains("metadata") || !text.at("metadata").is_object()) {
    return fail(Code::invalid, std::string(info(kind).name) + ": it has no metadata");
  }
  json& metadata = text["metadata"];
  for (const char* field : {"name", "namespace"}) {
    const auto found = metadata.find(field);
    if (found != metadata.end() && !found->is_string()) {
      return fail(Code::invalid, std::string(info(kind).name) + ": metadata." + field +
                                     " must be a text, not " + found->dump());
    }
  }
  const std::string name = metadata.value("name", "");
  if (name.empty()) {
    return fail(Code::invalid,
                std::string(info(kind).name) +
                    ": metadata.name: Required value: generateName cannot be applied");
  }
  std::string ns = metadata.value("namespace", "");
  if (!info(kind).namespaced) {
    ns.clear();
    metadata.erase("namespace");
  } else if (ns.empty()) {
    ns = what.spec.targetNamespace.empty() ? what.kustomization.ns : what.spec.targetNamespace;
    metadata["namespace"] = ns;
  }
  return Document{.key = {.kind = kind, .ns = ns, .name = name}, .text = std::move(text)};
}

// Namespaces before what lives in them; otherwise as they were built.
Result<std::vector<Document>> documents_of(const ApplySource& what) {
  TRY(std::vector<json> texts, render(what));
  std::vector<Document> documents;
  std::set<Key> seen;
  for (json& text : texts) {
    TRY(Document document, read(what, std::move(text)));
    if (!seen.insert(document.key).second) {
      return fail(Code::invalid, subject(document.key) + " is there twice");
    }
    documents.push_back(std::move(document));
  }
  std::stable_partition(documents.begin(), documents.end(), [](const Document& document) {
    return document.key.kind == Kind::Namespace;
  });
  return documents;
}

std::string digest_of(const std::vector<Document>& documents) {
  SourceFiles all;
  for (const Document& document : documents) all[subject(document.key)] = document.text.dump();
  return gitops::digest_of(all);
}

class Application {
 public:
  Application(const ApplySource& what, const Writer& writer, const Store& store)
      : what_(what), writer_(writer), store_(store) {}

  Result<void> try_all(const std::vector<Document>& documents) const {
    for (const Document& document : documents) {
      // In a namespace that comes with them there is nothing yet.
      if (makes_namespace(documents, document.key.ns) || is_left_alone(document)) continue;
      const auto tried = write(document, true, true);
      if (tried || (is_forced(document) && is_immutable(tried.error()))) continue;
      return fail(tried.error().code,
                  subject(document.key) + " dry-run failed: " + tried.error().message);
    }
    return {};
  }

  Result<void> apply(const Document& document, Applied& applied) const {
    applied.inventory.push_back(entry_of(document.key));
    if (is_left_alone(document)) return {};
    const StoredPtr before = store_.get(document.key);
    const std::string theirs = changed_by_others(document, before);
    auto written = write(document, true, false);
    if (!written && is_forced(document) && is_immutable(written.error())) {
      TRY_VOID(writer_.remove(document.key, {.uid = before ? before->uid : ""}));
      written = write(document, true, false);
    }
    if (!written) {
      return fail(written.error().code, subject(document.key) + ": " + written.error().message);
    }
    tell(document.key, before, *written, theirs, applied);
    return {};
  }

 private:
  bool makes_namespace(const std::vector<Document>& documents, const std::string& ns) const {
    const Key home{.kind = Kind::Namespace, .name = ns};
    return !ns.empty() && !store_.get(home) &&
           std::any_of(documents.begin(), documents.end(),
                       [&](const Document& document) { return document.key == home; });
  }

  // Its annotations say so.
  bool is_left_alone(const Document& document) const {
    const std::string how = annotation(document.text, kApplied);
    if (how == "Ignore") return true;
    const bool is_there = store_.get(document.key) != nullptr;
    return is_there &&
           (how == "IfNotPresent" || annotation(document.text, kReconcile) == "disabled");
  }

  bool is_forced(const Document& document) const {
    return what_.spec.force || annotation(document.text, kForce) == "enabled";
  }
  static bool is_immutable(const Error& error) {
    return error.code == Code::invalid && error.message.find("immutable") != std::string::npos;
  }

  Result<Written> write(const Document& document, bool force, bool dry_run) const {
    return writer_.patch(document.key, PatchType::apply, document.text, force,
                         {.manager = kManager, .dry_run = dry_run});
  }

  // ".spec.replicas, by kubectl-edit": an apply that takes nothing from anybody says so itself.
  std::string changed_by_others(const Document& document, const StoredPtr& before) const {
    if (what_.is_new) return {};
    if (!before) return "it was deleted";
    const auto polite = write(document, false, true);
    if (polite || polite.error().code != Code::conflict) return {};
    std::string out;
    for (const Cause& cause : polite.error().causes) {
      out += (out.empty() ? "" : "; ") + cause.field + ", " + cause.message;
    }
    return out.empty() ? polite.error().message : out;
  }

  static void tell(const Key& key, const StoredPtr& before, const Written& written,
                   const std::string& theirs, Applied& applied) {
    const bool same = before && written.document->at("metadata").value("resourceVersion", "") ==
                                    std::to_string(before->version);
    if (same) return;
    applied.changes.push_back(subject(key) + (before ? " configured" : " created"));
    if (!theirs.empty()) applied.drift.push_back(subject(key) + ": " + theirs);
  }

  const ApplySource& what_;
  const Writer& writer_;
  const Store& store_;
};

}  // namespace

Applied apply(const ApplySource& what, const Writer& writer, const Store& store,
              const std::function<bool()>& go_on) {
  Applied applied;
  const auto failed = [&](const char* reason, const Error& error) {
    applied.reason = reason;
    applied.message = error.message;
    return applied;
  };
  const auto documents = documents_of(what);
  if (!documents) return failed("BuildFailed", documents.error());
  applied.digest = digest_of(*documents);
  const Application application(what, writer, store);
  if (const auto tried = application.try_all(*documents); !tried) {
    return failed("ReconciliationFailed", tried.error());
  }
  for (const Document& document : *documents) {
    if (!go_on()) return failed("ReconciliationFailed", {.message = "weir is being stopped"});
    if (const auto done = application.apply(document, applied); !done) {
      return failed("ReconciliationFailed", done.error());
    }
  }
  return applied;
}

}  // namespace weir::kustomization
