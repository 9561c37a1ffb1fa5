#pragma once

// Which flags each verb has. Between cli.cc and flags.cc only.

#include <functional>
#include <string>

#include "controller/cli/verbs/verbs.h"
#include "controller/gateway/holder.h"
#include "controller/serve.h"

namespace CLI {
class App;
}

namespace weir::cli {

// What the command line said. The verb that it names becomes `client`, `serves` or `role`.
struct CommandLine {
  KubeconfigFlags kubeconfig = {};
  std::string namespace_ = {};
  Duration request_timeout = std::chrono::seconds{60};

  std::function<Result<int>(Session&)> client = {};
  bool needs_server = true;
  bool serves = false;
  ServeOptions serve = {};
  std::function<int()> role = {};  // another of weir's processes
  gateway::HolderOptions holder = {};
  int worker_channel = -1;
  std::string git_folder = {};

  ApplyOptions apply = {};
  DiffOptions diff = {};
  KustomizeOptions kustomize = {};
  GetOptions get = {};
  DescribeOptions describe = {};
  DeleteOptions delete_ = {};
  ScaleOptions scale = {};
  SetImageOptions set_image = {};
  LogsOptions logs = {};
  WaitOptions wait = {};
  RolloutOptions rollout = {};
  GitopsOptions gitops = {};
  EventsOptions events = {};
  WhyOptions why = {};
  PlanOptions plan = {};
  ApiResourcesOptions api_resources = {};
  VersionOptions version = {};
};

// Declares everything on `app`; parsing fills `line`, which must outlive it.
void bind_command_line(CLI::App& app, CommandLine& line);

}  // namespace weir::cli
