#pragma once

// `weir serve`: puts the parts together, in the order of the flow, and runs them until SIGTERM or
// SIGINT. Containers go on running when it ends.

#include <string>
#include <vector>

#include "controller/git_bootstrap.h"

namespace weir {

struct ServeOptions {
  std::string data_dir = "/var/lib/weir";
  std::string docker_host = "";  // empty: $DOCKER_HOST, else unix:///var/run/docker.sock
  std::string api_listen = "127.0.0.1:7443";
  std::string metrics_listen = "127.0.0.1:9464";
  std::string instance = "weir";      // label dev.weir.instance: whose containers are ours
  std::string run_dir = "/run/weir";  // tmpfs: locks, secret files, the gateway's socket
  std::string gateway_io = "best";    // or io_uring, epoll
  // Networks, as in "10.0.0.0/8", where analyses may ask though they are the host's own.
  std::vector<std::string> analysis_allow = {};
  std::string cache_dir = {};  // empty: /var/cache/weir/INSTANCE, or {data_dir}/git without root
  GitBootstrap git = {};
};

// The process's exit code. Errors go to stderr in one line.
int serve_main(const ServeOptions& options);

}  // namespace weir
