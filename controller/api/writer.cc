#include "controller/api/writer.h"

#include <future>
#include <nlohmann/json.hpp>
#include <random>

#include "controller/admission/codec.h"
#include "controller/api/words.h"
#include "controller/apply/json_patch.h"
#include "controller/apply/managed_fields/server_side_apply.h"
#include "controller/apply/merge_patch.h"
#include "controller/apply/strategic_merge.h"
#include "reconcilers/object_text.h"

namespace weir {
namespace {

using nlohmann::json;

// How often a write that names no version is made again after a conflict. Each round somebody else
// has made progress, so only a crowd can use these up.
constexpr int kAttempts = 16;

std::string text_of(const json& document, const char* member) {
  const auto metadata = document.find("metadata");
  if (metadata == document.end() || !metadata->is_object()) return "";
  const auto found = metadata->find(member);
  return found != metadata->end() && found->is_string() ? found->get<std::string>() : "";
}

// As Kubernetes: no vowels, so no words.
std::string random_suffix() {
  static constexpr std::string_view kLetters = "bcdfghjklmnpqrstvwxz2456789";
  std::random_device random;
  std::string out;
  for (int i = 0; i < 5; ++i) out += kLetters[random() % kLetters.size()];
  return out;
}

FieldManager manager_of(const KindInfo& info, const WriteOptions& options) {
  return {.name = options.manager,
          .api_version = std::string(info.api_version),
          .subresource = options.subresource};
}

// The last finalizer of a deleted object is gone. Pods and namespaces stay until what they stand
// for is gone too: their reconcilers end them.
bool is_finished(Kind kind, const json& document) {
  const json& metadata = document.at("metadata");
  return kind != Kind::Pod && kind != Kind::Namespace && metadata.contains("deletionTimestamp") &&
         metadata.value("finalizers", json::array()).empty();
}

Result<admission::Admitted> admit_change(const json& before, json document,
                                         const admission::Options& options,
                                         const std::string& subresource) {
  if (subresource == "status") {
    return admission::update_status(before, std::move(document), options);
  }
  return admission::update(before, std::move(document), options);
}

// What the caller saw must be what is stored.
Result<void> check_preconditions(const KindInfo& info, const Stored& stored,
                                 const std::string& version, const std::string& uid) {
  if (!uid.empty() && uid != stored.uid) {
    return tl::unexpected(conflicting(info, stored.key.name,
                                      "Precondition failed: UID in precondition: " + uid +
                                          ", UID in object meta: " + stored.uid));
  }
  if (!version.empty() && version != std::to_string(stored.version)) {
    return tl::unexpected(modified(info, stored.key.name));
  }
  return {};
}

}  // namespace

Result<std::vector<StoredPtr>> commit(Store& store, Transaction transaction) {
  const auto done = std::make_shared<std::promise<Result<std::vector<StoredPtr>>>>();
  store.submit(std::move(transaction), [done](Result<std::vector<StoredPtr>> result) {
    done->set_value(std::move(result));
  });
  return done->get_future().get();
}

// One write that is ready for the store.
struct Writer::Draft {
  Write::Type type = Write::Type::update;
  Key key = {};
  json document = {};
  StoredPtr before = {};  // null: created
  std::vector<std::string> warnings = {};
};

// --- Create --------------------------------------------------------------------------------------

Result<void> Writer::check_namespace(const KindInfo& info, const std::string& ns,
                                     const std::string& name) const {
  if (!info.namespaced) return {};
  const StoredPtr found = store_.get({.kind = Kind::Namespace, .name = ns});
  if (!found) return tl::unexpected(not_found(weir::info(Kind::Namespace), ns));
  if (meta(*found->typed).deletionTimestamp) {
    Error error = forbidden(
        info, name,
        "unable to create new content in namespace " + ns + " because it is being terminated");
    error.causes.push_back({.reason = "NamespaceTerminating",
                            .field = "metadata.namespace",
                            .message = "namespace " + ns + " is being terminated"});
    return tl::unexpected(std::move(error));
  }
  return {};
}

admission::Options Writer::admission_options(const std::string& ns,
                                             const WriteOptions& options) const {
  return {.field_validation = options.validation,
          .ns = ns,
          .name_suffix = random_suffix(),
          .engine_socket = engine_socket_};
}

// A made-up name may be taken; a name that the client gave is tried once.
Result<Written> Writer::create(Kind kind, const std::string& ns, json document,
                               const WriteOptions& options) const {
  const bool named =
      !text_of(document, "name").empty() || text_of(document, "generateName").empty();
  Result<Written> result;
  for (int attempt = 0; attempt < (named ? 1 : kAttempts); ++attempt) {
    result = create_once(kind, ns, document, options);
    if (result || result.error().code != Code::already_exists) break;
  }
  return result;
}

Result<Written> Writer::create_once(Kind kind, const std::string& ns, json document,
                                    const WriteOptions& options) const {
  const KindInfo& kind_info = info(kind);
  TRY_VOID(check_namespace(kind_info, ns, text_of(document, "name")));
  TRY(admission::Admitted admitted,
      admission::create(std::move(document), admission_options(ns, options)));
  if (store_.get(admitted.key)) {
    return tl::unexpected(already_exists(kind_info, admitted.key.name));
  }
  track_update(nullptr, admitted.document, Schema::get().root(kind), manager_of(kind_info, options),
               to_seconds(now_()));
  return commit({.type = Write::Type::create,
                 .key = admitted.key,
                 .document = std::move(admitted.document),
                 .warnings = std::move(admitted.warnings)},
                options);
}

// --- Change --------------------------------------------------------------------------------------

Result<Written> Writer::change(const Key& key, const Change& change,
                               const WriteOptions& options) const {
  const KindInfo& kind = info(key.kind);
  Result<Written> result;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const StoredPtr stored = store_.get(key);
    if (!stored) return tl::unexpected(not_found(kind, key.name));
    const json before = json::parse(stored->json);
    TRY(const json wanted, change(before));
    TRY_VOID(check_preconditions(kind, *stored, text_of(wanted, "resourceVersion"),
                                 text_of(wanted, "uid")));
    TRY(admission::Admitted admitted,
        admit_change(before, wanted, admission_options(key.ns, options), options.subresource));
    track_update(before, admitted.document, Schema::get().root(key.kind), manager_of(kind, options),
                 to_seconds(now_()));
    result = commit({.key = key,
                     .document = std::move(admitted.document),
                     .before = stored,
                     .warnings = std::move(admitted.warnings)},
                    options);
    if (result || result.error().code != Code::conflict) break;
  }
  return result;
}

Result<Written> Writer::update(const Key& key, const json& document,
                               const WriteOptions& options) const {
  return change(
      key, [&](const json&) { return Result<json>(document); }, options);
}

Result<Written> Writer::patch(const Key& key, PatchType type, const json& patch, bool force,
                              const WriteOptions& options) const {
  switch (type) {
    case PatchType::apply:
      return apply(key, patch, force, options);
    case PatchType::json:
      return change(
          key, [&](const json& before) { return json_patch(before, patch); }, options);
    case PatchType::merge:
      return change(
          key, [&](const json& before) { return Result<json>(merge_patch(before, patch)); },
          options);
    case PatchType::strategic:
      break;
  }
  const SchemaNode& schema = Schema::get().root(key.kind);
  return change(
      key, [&](const json& before) { return strategic_merge(before, patch, schema); }, options);
}

// --- Server-side apply ---------------------------------------------------------------------------

Result<Written> Writer::apply(const Key& key, const json& configuration, bool force,
                              const WriteOptions& options) const {
  const KindInfo& kind = info(key.kind);
  const ApplyOptions how = {.force = force, .now = to_seconds(now_())};
  Result<Written> result;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const StoredPtr stored = store_.get(key);
    const json before = stored ? json::parse(stored->json) : json();
    if (!stored) {
      TRY_VOID(check_namespace(kind, key.ns, key.name));
    }
    TRY(json merged, weir::apply(before, configuration, Schema::get().root(key.kind),
                                 manager_of(kind, options), how));
    Draft draft = {
        .type = stored ? Write::Type::update : Write::Type::create, .key = key, .before = stored};
    if (stored) {
      TRY_VOID(check_preconditions(kind, *stored, text_of(merged, "resourceVersion"),
                                   text_of(merged, "uid")));
    }
    const admission::Options admitting = admission_options(key.ns, options);
    TRY(admission::Admitted admitted,
        stored ? admit_change(before, std::move(merged), admitting, options.subresource)
               : admission::create(std::move(merged), admitting));
    draft.document = std::move(admitted.document);
    draft.warnings = std::move(admitted.warnings);
    result = commit(std::move(draft), options);
    const bool again = !result && (result.error().code == Code::conflict ||
                                   result.error().code == Code::already_exists);
    if (!again) break;
  }
  return result;
}

// --- Commit --------------------------------------------------------------------------------------

Result<Written> Writer::commit(Draft draft, const WriteOptions& options) const {
  const KindInfo& kind = info(draft.key.kind);
  if (draft.type == Write::Type::update && is_finished(draft.key.kind, draft.document)) {
    draft.type = Write::Type::remove;
  }
  StoredPtr stored;
  if (!options.dry_run) {
    Write write = {.type = draft.type, .key = draft.key};
    if (draft.type != Write::Type::remove) write.json = draft.document.dump();
    if (draft.before) {
      write.expected_version = draft.before->version;
      write.expected_uid = draft.before->uid;
    }
    auto committed = weir::commit(store_, {.writes = {std::move(write)}});
    if (!committed) {
      return tl::unexpected(in_words(std::move(committed).error(), kind, draft.key.name));
    }
    stored = committed->front();
    if (draft.type != Write::Type::remove) draft.document = json::parse(stored->json);
  }
  Written written = {.warnings = std::move(draft.warnings),
                     .created = draft.type == Write::Type::create};
  if (stored && draft.type != Write::Type::remove) {
    written.object = stored->typed;
  } else {
    TRY(Object object, decode(draft.key.kind, draft.document));
    written.object = std::make_shared<const Object>(std::move(object));
  }
  written.document = std::make_shared<const json>(std::move(draft.document));
  return written;
}

// --- Remove --------------------------------------------------------------------------------------

Result<Removed> Writer::remove(const Key& key, const RemoveOptions& options) const {
  const KindInfo& kind = info(key.kind);
  Result<std::vector<StoredPtr>> committed;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const StoredPtr stored = store_.get(key);
    if (!stored) return tl::unexpected(not_found(kind, key.name));
    TRY_VOID(check_preconditions(
        kind, *stored, options.version ? std::to_string(*options.version) : "", options.uid));
    const auto marked = mark_deleted(key.kind, json::parse(stored->json), options.how, now_());
    if (options.dry_run) return Removed{.object = stored, .gone = !marked};
    Write write = {.type = marked ? Write::Type::update : Write::Type::remove,
                   .key = key,
                   .json = marked ? marked->dump() : "",
                   .expected_version = stored->version,
                   .expected_uid = stored->uid};
    committed = weir::commit(store_, {.writes = {std::move(write)}});
    if (committed) return Removed{.object = committed->front(), .gone = !marked};
    if (committed.error().code != Code::conflict) break;
  }
  return tl::unexpected(in_words(std::move(committed).error(), kind, key.name));
}

}  // namespace weir
