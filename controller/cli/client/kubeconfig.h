#pragma once

// Where the server is and who we are, from the kubeconfig files that kubectl also reads. Files are
// read once, at the start of a client command; the result is a plain value.

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "controller/result.h"

namespace weir::cli {

struct Connection {
  std::string server = {};  // https://127.0.0.1:7443, without a slash at the end
  std::string namespace_ = "default";
  std::string ca_pem = {};  // empty: the system's authorities
  std::string cert_pem = {};
  std::string key_pem = {};
  std::string token = {};
  std::string username = {}, password = {};
  bool insecure = false;
  bool operator==(const Connection&) const = default;
};

struct KubeconfigFlags {
  std::string kubeconfig = {};  // --kubeconfig
  std::string context = {};     // --context
  std::string server = {};      // --server
};

// The files to read, in order; the first one that names a context, cluster or user wins.
// --kubeconfig, else $KUBECONFIG, else ~/.kube/config, else weir's own admin credentials.
std::vector<std::string> kubeconfig_files(const KubeconfigFlags& flags,
                                          const std::map<std::string, std::string>& environment);

Result<Connection> load_connection(const KubeconfigFlags& flags,
                                   const std::map<std::string, std::string>& environment);

}  // namespace weir::cli
