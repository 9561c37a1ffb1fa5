#pragma once

// The verbs of the client: what each may be told, and the function that does it. cli.cc binds the
// flags to these structs. A verb returns its exit code (0 done, 1 failed or refused) or an Error;
// Code::bad_request means wrong usage (exit 2).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controller/cli/client/files.h"
#include "controller/cli/verbs/session.h"
#include "controller/result.h"

namespace weir::cli {

struct ApplyOptions {
  ManifestFlags manifests = {};
  std::string dry_run = "none";  // none, client, server
  std::string output = {};       // json, yaml, name
  std::string field_manager = kFieldManager;
  bool force_conflicts = false;
  bool wait = false;
  Duration timeout = {};  // of --wait; 0: none
};
Result<int> apply(Session& session, const ApplyOptions& options);

struct DiffOptions {
  ManifestFlags manifests = {};
  bool force_conflicts = false;
};
// 0: no difference, 1: differences, 2 and more: an error.
Result<int> diff(Session& session, const DiffOptions& options);

struct KustomizeOptions {
  std::vector<std::string> directories = {};  // one; none: the present folder
  std::string output = {};                    // a file; none: standard output
};
Result<int> kustomize_folder(Session& session, const KustomizeOptions& options);

struct GetOptions {
  std::vector<std::string> what = {};
  ManifestFlags manifests = {};
  std::string output = {};
  std::string selector = {}, field_selector = {}, sort_by = {};
  bool all_namespaces = false, watch = false, watch_only = false;
  bool show_labels = false, no_headers = false, ignore_not_found = false;
  bool show_managed_fields = false, show_kind = false;
};
Result<int> get(Session& session, const GetOptions& options);

struct DescribeOptions {
  std::vector<std::string> what = {};
  ManifestFlags manifests = {};
  std::string selector = {};
  bool all_namespaces = false;
  bool show_events = true;
};
Result<int> describe(Session& session, const DescribeOptions& options);

struct DeleteOptions {
  std::vector<std::string> what = {};
  ManifestFlags manifests = {};
  std::string selector = {}, field_selector = {};
  std::string cascade = "background";
  std::string dry_run = "none";
  std::string output = {};  // name
  std::int64_t grace_period = -1;
  bool all = false, all_namespaces = false, force = false, now = false, wait = true;
  bool ignore_not_found = false;
  Duration timeout = {};
};
Result<int> delete_objects(Session& session, const DeleteOptions& options);

struct ScaleOptions {
  std::vector<std::string> what = {};
  ManifestFlags manifests = {};
  std::string selector = {};
  std::int64_t replicas = -1, current_replicas = -1;
  bool all = false;
};
Result<int> scale(Session& session, const ScaleOptions& options);

struct SetImageOptions {
  std::vector<std::string> what = {};  // TYPE/NAME or TYPE NAME, then CONTAINER=IMAGE …
};
Result<int> set_image(Session& session, const SetImageOptions& options);

struct LogsOptions {
  std::vector<std::string> what = {};  // POD, TYPE/NAME, and perhaps a container
  std::string selector = {}, container = {}, since_time = {};
  Duration since = {};
  std::optional<std::int64_t> tail = {};
  std::int64_t limit_bytes = 0;
  int max_log_requests = 5;
  bool follow = false, previous = false, timestamps = false, prefix = false;
  bool all_containers = false, ignore_errors = false;
};
Result<int> logs(Session& session, const LogsOptions& options);

struct WaitOptions {
  std::vector<std::string> what = {};
  ManifestFlags manifests = {};
  std::string condition = {};  // --for
  std::string selector = {}, field_selector = {};
  bool all = false, all_namespaces = false;
  Duration timeout = std::chrono::seconds{30};  // 0: look once; negative: a week
};
Result<int> wait(Session& session, const WaitOptions& options);

struct RolloutOptions {
  std::vector<std::string> what = {};
  ManifestFlags manifests = {};
  std::string selector = {};
  std::int64_t revision = 0;  // status, history: --revision; undo: --to-revision
  bool watch = true;
  bool watch_tree = false;   // get: -w
  bool full = false;         // promote: --full
  bool keep_config = false;  // undo: --keep-config
  Duration timeout = {};
  std::string output = {};
};
Result<int> rollout_get(Session& session, const RolloutOptions& options);
Result<int> rollout_promote(Session& session, const RolloutOptions& options);
Result<int> rollout_abort(Session& session, const RolloutOptions& options);
Result<int> rollout_retry(Session& session, const RolloutOptions& options);
Result<int> rollout_status(Session& session, const RolloutOptions& options);
Result<int> rollout_history(Session& session, const RolloutOptions& options);
Result<int> rollout_undo(Session& session, const RolloutOptions& options);
Result<int> rollout_pause(Session& session, const RolloutOptions& options);
Result<int> rollout_resume(Session& session, const RolloutOptions& options);
Result<int> rollout_restart(Session& session, const RolloutOptions& options);

struct GitopsOptions {
  std::vector<std::string> what = {};  // NAME of a Kustomization, or gitrepository/NAME
  bool all_namespaces = false, with_source = true, wait = true;
  Duration timeout = std::chrono::minutes{5};
};
Result<int> gitops_status(Session& session, const GitopsOptions& options);
Result<int> gitops_sync(Session& session, const GitopsOptions& options);
Result<int> gitops_suspend(Session& session, const GitopsOptions& options);
Result<int> gitops_resume(Session& session, const GitopsOptions& options);
Result<int> gitops_diff(Session& session, const GitopsOptions& options);
Result<int> gitops_history(Session& session, const GitopsOptions& options);
// NAME, and perhaps the revision: the last one that was quarantined.
Result<int> gitops_release(Session& session, const GitopsOptions& options);

struct EventsOptions {
  std::string about = {};  // --for KIND/NAME
  std::vector<std::string> types = {};
  bool all_namespaces = false, watch = false, no_headers = false;
  std::string output = {};
};
Result<int> events(Session& session, const EventsOptions& options);

struct WhyOptions {
  std::vector<std::string> what = {};  // KIND/NAME or KIND NAME
  std::string output = {};             // json, yaml
};
Result<int> why(Session& session, const WhyOptions& options);

struct PlanOptions {
  ManifestFlags manifests = {};
};
Result<int> plan(Session& session, const PlanOptions& options);

struct ApiResourcesOptions {
  std::string output = {};  // wide, name
  bool no_headers = false;
};
Result<int> api_resources(Session& session, const ApiResourcesOptions& options);

struct VersionOptions {
  bool client_only = false;
  std::string output = {};  // json, yaml
};
Result<int> version(Session& session, const VersionOptions& options);

}  // namespace weir::cli
