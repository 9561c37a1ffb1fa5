#include "controller/cli/flags.h"

#include <CLI/CLI.hpp>

#include "controller/cli/text/duration.h"
#include "controller/gitops/process/git_process.h"
#include "reconcilers/cidr.h"

namespace weir::cli {
namespace {

// `-o=json` is `-o json`.
std::string without_equals(std::string text) {
  if (text.starts_with("=")) text.erase(0, 1);
  return text;
}

void text_option(CLI::App& verb, const std::string& names, std::string& value,
                 const std::string& help) {
  verb.add_option(names, value, help)->transform(without_equals)->take_last();
}

void duration_option(CLI::App& verb, const std::string& names, Duration& value,
                     const std::string& help) {
  verb.add_option_function<std::string>(
          names,
          [&value](const std::string& text) {
            const auto parsed = parse_duration(without_equals(text));
            if (!parsed) throw CLI::ValidationError(parsed.error().message);
            value = *parsed;
          },
          help)
      ->type_name("DURATION")
      ->take_last();
}

// A list: given several times, or with commas; each time it takes one word.
void list_option(CLI::App& verb, const std::string& names, std::vector<std::string>& values,
                 const std::string& help) {
  verb.add_option(names, values, help)->delimiter(',')->allow_extra_args(false);
}

void words(CLI::App& verb, std::vector<std::string>& values, const std::string& help) {
  verb.add_option("what", values, help)->type_name("");
}

void manifest_options(CLI::App& verb, ManifestFlags& flags) {
  list_option(verb, "-f,--filename", flags.files, "a file, a folder, or - for standard input");
  text_option(verb, "-k,--kustomize", flags.kustomize, "a folder with a kustomization.yaml");
  verb.get_option("--kustomize")->excludes(verb.get_option("--filename"));
  verb.add_flag("-R,--recursive", flags.recursive, "read folders below the given ones too");
}

void require_manifests(CLI::App& verb, const ManifestFlags& flags) {
  verb.parse_complete_callback([&flags] {
    if (flags.empty()) throw CLI::RequiredError("--filename or --kustomize");
  });
}

void selector_option(CLI::App& verb, std::string& selector) {
  text_option(verb, "-l,--selector", selector, "a label selector, as in app=web,tier!=test");
}

void output_option(CLI::App& verb, std::string& output) {
  text_option(verb, "-o,--output", output,
              "json, yaml, name, wide, jsonpath=TEMPLATE or custom-columns=SPEC");
}

void dry_run_option(CLI::App& verb, std::string& dry_run) {
  verb.add_flag("--dry-run{client}", dry_run, "none, client or server: say what would be done");
}

CLI::App& add_verb(CLI::App& app, CommandLine& line, const std::string& name,
                   const std::string& help, std::function<Result<int>(Session&)> run) {
  CLI::App& verb = *app.add_subcommand(name, help);
  verb.fallthrough();
  verb.callback([&line, run = std::move(run)] { line.client = run; });
  return verb;
}

void bind_serve(CLI::App& app, CommandLine& line) {
  CLI::App& verb = *app.add_subcommand("serve", "run the server beside the Docker Engine");
  ServeOptions& options = line.serve;
  verb.add_option("--data-dir", options.data_dir, "store, credentials, volumes")
      ->capture_default_str();
  verb.add_option("--docker-host", options.docker_host,
                  "unix:///PATH or tcp://HOST:PORT; default: $DOCKER_HOST, then "
                  "unix:///var/run/docker.sock");
  verb.add_option("--api-listen", options.api_listen, "address of the API")->capture_default_str();
  verb.add_option("--metrics-listen", options.metrics_listen, "address of /metrics")
      ->capture_default_str();
  verb.add_option("--instance", options.instance, "whose containers are ours")
      ->capture_default_str();
  verb.add_option("--run-dir", options.run_dir, "on tmpfs: locks and secret files")
      ->capture_default_str();
  verb.add_option("--io", options.gateway_io, "of the gateway: best, io_uring or epoll")
      ->check(CLI::IsMember({"best", "io_uring", "epoll"}))
      ->capture_default_str();
  verb.add_option("--cache-dir", options.cache_dir,
                  "what is kept between fetches of Git repositories; default: /var/cache/weir");
  verb.add_option("--git", options.git.url, "a repository that is the desired state");
  verb.add_option("--git-path", options.git.path, "its folder")->capture_default_str();
  verb.add_option("--git-branch", options.git.branch, "its branch")->capture_default_str();
  verb.add_option("--git-interval", options.git.interval, "how often it is looked at")
      ->capture_default_str();
  verb.add_option("--git-secret", options.git.secret,
                  "a Secret in flux-system to log in with: username and password, or identity and "
                  "known_hosts");
  verb.add_option("--analysis-allow", options.analysis_allow,
                  "a network of the host's own where analyses may ask, as 127.0.0.1/32; repeatable")
      ->check([](const std::string& text) {
        return Cidr::parse(text) ? std::string() : text + " is no network such as 10.0.0.0/8";
      })
      ->allow_extra_args(false);
  verb.callback([&line] { line.serves = true; });
}

// The gateway's processes are started by `weir serve` and by one another: users need only
// `upgrade`.
void bind_gateway(CLI::App& app, CommandLine& line) {
  CLI::App& verb = *app.add_subcommand("gateway", "the processes that carry traffic");
  verb.require_subcommand(1);
  CLI::App& run = *verb.add_subcommand("run", "hold the listeners, and a worker (weir serve does)");
  CLI::App& worker = *verb.add_subcommand("worker", "carry traffic (the holder starts it)");
  CLI::App& upgrade = *verb.add_subcommand(
      "upgrade", "a new worker, of the program as it is now, takes over; no connection is cut");
  CLI::App& stop = *verb.add_subcommand("stop", "end it; requests under way are answered");
  for (CLI::App* one : {&run, &upgrade, &stop}) {
    one->add_option("--socket", line.holder.socket, "where the gateway is reached")
        ->capture_default_str();
  }
  for (CLI::App* one : {&run, &worker}) {
    one->add_option("--io", line.holder.io, "best, io_uring or epoll")
        ->check(CLI::IsMember({"best", "io_uring", "epoll"}))
        ->capture_default_str();
  }
  worker.add_option("--channel", line.worker_channel, "an open file")->required();
  run.callback([&line] { line.role = [&] { return gateway::run_holder(line.holder); }; });
  upgrade.callback([&line] { line.role = [&] { return gateway::upgrade(line.holder); }; });
  stop.callback([&line] { line.role = [&] { return gateway::stop(line.holder); }; });
  worker.callback([&line] {
    line.role = [&] { return gateway::run_worker(line.worker_channel, line.holder.io); };
  });
}

// Only `weir serve` starts it.
void bind_git(CLI::App& app, CommandLine& line) {
  CLI::App& verb = *app.add_subcommand("git", "fetch from a Git repository once")->group("");
  verb.add_option("--folder", line.git_folder, "where the source's history is kept")->required();
  verb.callback(
      [&line] { line.role = [&]() -> int { gitops::run_git_process(line.git_folder); }; });
}

void bind_manifest_verbs(CLI::App& app, CommandLine& line) {
  CLI::App& apply_verb = add_verb(app, line, "apply", "make the server keep these manifests true",
                                  [&](Session& s) { return apply(s, line.apply); });
  manifest_options(apply_verb, line.apply.manifests);
  require_manifests(apply_verb, line.apply.manifests);
  dry_run_option(apply_verb, line.apply.dry_run);
  output_option(apply_verb, line.apply.output);
  apply_verb.add_flag("--server-side")->description("always so; accepted because kubectl has it");
  apply_verb.add_flag("--force-conflicts", line.apply.force_conflicts,
                      "take over fields that others manage");
  text_option(apply_verb, "--field-manager", line.apply.field_manager, "whose fields these are");
  apply_verb.add_flag("--wait", line.apply.wait, "wait until it is so");
  duration_option(apply_verb, "--timeout", line.apply.timeout, "how long to wait; 0: no limit");

  CLI::App& diff_verb =
      add_verb(app, line, "diff", "what applying would change; exit 1 if anything",
               [&](Session& s) { return diff(s, line.diff); });
  manifest_options(diff_verb, line.diff.manifests);
  require_manifests(diff_verb, line.diff.manifests);
  diff_verb.add_flag("--server-side")->description("always so; accepted because kubectl has it");
  diff_verb.add_flag("--force-conflicts", line.diff.force_conflicts,
                     "take over fields that others manage");

  CLI::App& kustomize_verb =
      add_verb(app, line, "kustomize", "print what a folder with a kustomization.yaml describes",
               [&](Session& s) { return kustomize_folder(s, line.kustomize); });
  words(kustomize_verb, line.kustomize.directories, "the folder (default: the present one)");
  text_option(kustomize_verb, "-o,--output", line.kustomize.output, "write to this file");
  kustomize_verb.parse_complete_callback([&line] { line.needs_server = false; });

  CLI::App& plan_verb = add_verb(app, line, "plan", "what weir would do, and why; touches nothing",
                                 [&](Session& s) { return plan(s, line.plan); });
  manifest_options(plan_verb, line.plan.manifests);
  require_manifests(plan_verb, line.plan.manifests);
}

void bind_reading_verbs(CLI::App& app, CommandLine& line) {
  GetOptions& get_options = line.get;
  CLI::App& get_verb =
      add_verb(app, line, "get", "list objects", [&](Session& s) { return get(s, line.get); });
  words(get_verb, get_options.what, "TYPE [NAME...], TYPE/NAME..., TYPE,TYPE or all");
  manifest_options(get_verb, get_options.manifests);
  output_option(get_verb, get_options.output);
  selector_option(get_verb, get_options.selector);
  text_option(get_verb, "--field-selector", get_options.field_selector,
              "as in status.phase=Running");
  text_option(get_verb, "--sort-by", get_options.sort_by, "a JSONPath");
  get_verb.add_flag("-A,--all-namespaces", get_options.all_namespaces, "in every namespace");
  get_verb.add_flag("-w,--watch", get_options.watch, "go on showing changes");
  get_verb.add_flag("--watch-only", get_options.watch_only, "show changes only");
  get_verb.add_flag("--show-labels", get_options.show_labels, "a column of labels");
  get_verb.add_flag("--show-kind", get_options.show_kind, "the kind before each name");
  get_verb.add_flag("--no-headers", get_options.no_headers, "no header line");
  get_verb.add_flag("--ignore-not-found", get_options.ignore_not_found,
                    "a missing object is no error");
  get_verb.add_flag("--show-managed-fields", get_options.show_managed_fields,
                    "do not hide metadata.managedFields");

  CLI::App& describe_verb = add_verb(app, line, "describe", "one object in full",
                                     [&](Session& s) { return describe(s, line.describe); });
  words(describe_verb, line.describe.what, "TYPE [NAME...] or TYPE/NAME...");
  manifest_options(describe_verb, line.describe.manifests);
  selector_option(describe_verb, line.describe.selector);
  describe_verb.add_flag("-A,--all-namespaces", line.describe.all_namespaces, "in every namespace");
  describe_verb.add_flag("--show-events", line.describe.show_events, "its Events (default true)");

  EventsOptions& events_options = line.events;
  CLI::App& events_verb = add_verb(app, line, "events", "what happened",
                                   [&](Session& s) { return events(s, line.events); });
  text_option(events_verb, "--for", events_options.about, "TYPE/NAME: only about this object");
  list_option(events_verb, "--types", events_options.types, "Normal, Warning");
  output_option(events_verb, events_options.output);
  events_verb.add_flag("-w,--watch", events_options.watch, "go on showing events");
  events_verb.add_flag("-A,--all-namespaces", events_options.all_namespaces, "in every namespace");
  events_verb.add_flag("--no-headers", events_options.no_headers, "no header line");

  CLI::App& why_verb = add_verb(app, line, "why", "the steps of an object's last plan",
                                [&](Session& s) { return why(s, line.why); });
  words(why_verb, line.why.what, "TYPE/NAME or TYPE NAME");
  output_option(why_verb, line.why.output);
}

void bind_logs(CLI::App& app, CommandLine& line) {
  LogsOptions& options = line.logs;
  CLI::App& verb = add_verb(app, line, "logs", "what containers print",
                            [&](Session& s) { return logs(s, line.logs); });
  words(verb, options.what, "POD or TYPE/NAME, then perhaps CONTAINER");
  selector_option(verb, options.selector);
  text_option(verb, "-c,--container", options.container, "the container's name");
  verb.add_flag("-f,--follow", options.follow, "go on as it is printed");
  verb.add_flag("-p,--previous", options.previous, "of the container before the last restart");
  verb.add_flag("--timestamps", options.timestamps, "each line with its time");
  verb.add_flag("--prefix", options.prefix, "each line with its source");
  verb.add_flag("--all-containers", options.all_containers, "of every container");
  verb.add_flag("--ignore-errors", options.ignore_errors, "an error of one source does not count");
  verb.add_option_function<std::int64_t>(
      "--tail", [&options](const std::int64_t& lines) { options.tail = lines; },
      "so many of the last lines; -1: all");
  verb.add_option("--limit-bytes", options.limit_bytes, "at most so many bytes");
  verb.add_option("--max-log-requests", options.max_log_requests, "sources followed at a time")
      ->capture_default_str();
  duration_option(verb, "--since", options.since, "not older than this");
  text_option(verb, "--since-time", options.since_time, "not older than this RFC 3339 time");
}

void bind_changing_verbs(CLI::App& app, CommandLine& line) {
  DeleteOptions& options = line.delete_;
  CLI::App& verb = add_verb(app, line, "delete", "remove objects",
                            [&](Session& s) { return delete_objects(s, line.delete_); });
  words(verb, options.what, "TYPE NAME... or TYPE/NAME...");
  manifest_options(verb, options.manifests);
  selector_option(verb, options.selector);
  text_option(verb, "--field-selector", options.field_selector, "as in status.phase=Failed");
  verb.add_flag("--cascade{background}", options.cascade, "background, foreground or orphan");
  dry_run_option(verb, options.dry_run);
  text_option(verb, "-o,--output", options.output, "name");
  verb.add_option("--grace-period", options.grace_period, "seconds for a clean end");
  verb.add_flag("--all", options.all, "every object of the type");
  verb.add_flag("-A,--all-namespaces", options.all_namespaces, "in every namespace");
  verb.add_flag("--force", options.force, "do not wait for a clean end");
  verb.add_flag("--now", options.now, "a grace period of 1 second");
  verb.add_flag("--wait", options.wait, "wait until they are gone (default true)");
  verb.add_flag("--ignore-not-found", options.ignore_not_found, "a missing object is no error");
  duration_option(verb, "--timeout", options.timeout, "how long to wait; 0: no limit");

  CLI::App& scale_verb = add_verb(app, line, "scale", "set the number of replicas",
                                  [&](Session& s) { return scale(s, line.scale); });
  words(scale_verb, line.scale.what, "TYPE NAME... or TYPE/NAME...");
  manifest_options(scale_verb, line.scale.manifests);
  selector_option(scale_verb, line.scale.selector);
  scale_verb.add_option("--replicas", line.scale.replicas, "the new number")->required();
  scale_verb.add_option("--current-replicas", line.scale.current_replicas,
                        "only if this is the number now");
  scale_verb.add_flag("--all", line.scale.all, "every object of the type");

  CLI::App& set_verb = *app.add_subcommand("set", "change one field");
  set_verb.fallthrough();
  set_verb.require_subcommand(1);
  CLI::App& image_verb = add_verb(set_verb, line, "image", "the image of containers",
                                  [&](Session& s) { return set_image(s, line.set_image); });
  words(image_verb, line.set_image.what, "TYPE/NAME CONTAINER=IMAGE...");
}

void bind_wait(CLI::App& app, CommandLine& line) {
  WaitOptions& options = line.wait;
  CLI::App& verb = add_verb(app, line, "wait", "until a condition holds",
                            [&](Session& s) { return wait(s, line.wait); });
  words(verb, options.what, "TYPE NAME... or TYPE/NAME...");
  manifest_options(verb, options.manifests);
  selector_option(verb, options.selector);
  text_option(verb, "--field-selector", options.field_selector, "as in metadata.name=web");
  text_option(verb, "--for", options.condition,
              "condition=NAME[=VALUE], jsonpath={PATH}[=VALUE], delete or create");
  verb.add_flag("--all", options.all, "every object of the type");
  verb.add_flag("-A,--all-namespaces", options.all_namespaces, "in every namespace");
  duration_option(verb, "--timeout", options.timeout, "default 30s; 0: look once");
}

void bind_rollout(CLI::App& app, CommandLine& line) {
  CLI::App& rollout = *app.add_subcommand("rollout", "see and steer rollouts");
  rollout.fallthrough();
  rollout.require_subcommand(1);
  RolloutOptions& options = line.rollout;
  const auto add = [&](const char* name, const char* help,
                       Result<int> (*run)(Session&, const RolloutOptions&)) -> CLI::App& {
    CLI::App& verb = add_verb(rollout, line, name, help,
                              [&options, run](Session& s) { return run(s, options); });
    words(verb, options.what, "deployment/NAME... or rollout/NAME...");
    manifest_options(verb, options.manifests);
    selector_option(verb, options.selector);
    return verb;
  };
  CLI::App& get = add("get", "the tree of it: revisions, replica sets, pods", rollout_get);
  get.add_flag("-w,--watch", options.watch_tree, "draw it again whenever it changes");
  CLI::App& promote = add("promote", "end a pause, or go on to the next step", rollout_promote);
  promote.add_flag("--full", options.full, "without any more steps, pauses and analyses");
  add("abort", "back to the stable revision", rollout_abort);
  add("retry", "begin an aborted rollout anew", rollout_retry);
  CLI::App& status = add("status", "wait for a rollout", rollout_status);
  status.add_option("--revision", options.revision, "it must be of this revision");
  status.add_flag("-w,--watch", options.watch, "until it is done (default true)");
  duration_option(status, "--timeout", options.timeout, "how long to wait; 0: no limit");
  CLI::App& history = add("history", "the revisions", rollout_history);
  history.add_option("--revision", options.revision, "this one in full");
  CLI::App& undo = add("undo", "back to an earlier revision", rollout_undo);
  undo.add_option("--to-revision", options.revision, "default: the one before");
  undo.add_flag("--keep-config", options.keep_config,
                "the template only: its ConfigMaps and Secrets as they are now");
  add("pause", "hold the rollout", rollout_pause);
  add("resume", "let it go on", rollout_resume);
  add("restart", "replace every pod, one after the other", rollout_restart);
}

void bind_gitops(CLI::App& app, CommandLine& line) {
  CLI::App& gitops = *app.add_subcommand("gitops", "what comes from Git repositories");
  gitops.fallthrough();
  gitops.require_subcommand(1);
  GitopsOptions& options = line.gitops;
  const auto add = [&](const char* name, const char* help,
                       Result<int> (*run)(Session&, const GitopsOptions&)) -> CLI::App& {
    CLI::App& verb =
        add_verb(gitops, line, name, help, [&options, run](Session& s) { return run(s, options); });
    words(verb, options.what, "NAME of a Kustomization, or gitrepository/NAME");
    return verb;
  };
  CLI::App& status = add("status", "desired, applied and good revisions", gitops_status);
  status.add_flag("-A,--all-namespaces", options.all_namespaces, "in every namespace");
  CLI::App& sync = add("sync", "look at the repository and apply it now", gitops_sync);
  sync.add_flag("--with-source", options.with_source, "fetch it first (default true)");
  sync.add_flag("--wait", options.wait, "until that is done (default true)");
  duration_option(sync, "--timeout", options.timeout, "how long to wait: 5m");
  add("suspend", "apply nothing until it is resumed", gitops_suspend);
  add("resume", "apply it again", gitops_resume);
  add("diff", "what applying it now would change", gitops_diff);
  add("history", "what was applied, and what came of it", gitops_history);
  add("release", "apply a revision again that went back by itself", gitops_release);
}

void bind_server_info(CLI::App& app, CommandLine& line) {
  CLI::App& resources = add_verb(app, line, "api-resources", "the kinds that the server knows",
                                 [&](Session& s) { return api_resources(s, line.api_resources); });
  output_option(resources, line.api_resources.output);
  resources.add_flag("--no-headers", line.api_resources.no_headers, "no header line");
  CLI::App& version_verb = add_verb(app, line, "version", "of client and server",
                                    [&](Session& s) { return version(s, line.version); });
  version_verb.add_flag("--client", line.version.client_only, "do not ask the server");
  output_option(version_verb, line.version.output);
  version_verb.callback([&line] {
    line.client = [&line](Session& s) { return version(s, line.version); };
    line.needs_server = !line.version.client_only;
  });
}

}  // namespace

void bind_command_line(CLI::App& app, CommandLine& line) {
  app.require_subcommand(1);
  text_option(app, "--kubeconfig", line.kubeconfig.kubeconfig, "the kubeconfig file");
  text_option(app, "--context", line.kubeconfig.context, "a context of the kubeconfig");
  text_option(app, "-s,--server", line.kubeconfig.server, "the server's URL");
  text_option(app, "-n,--namespace", line.namespace_, "the namespace");
  duration_option(app, "--request-timeout", line.request_timeout,
                  "of one request (default 60s); 0: no limit");
  bind_serve(app, line);
  bind_gateway(app, line);
  bind_git(app, line);
  bind_manifest_verbs(app, line);
  bind_reading_verbs(app, line);
  bind_changing_verbs(app, line);
  bind_rollout(app, line);
  bind_gitops(app, line);
  bind_logs(app, line);
  bind_wait(app, line);
  bind_server_info(app, line);
}

}  // namespace weir::cli
