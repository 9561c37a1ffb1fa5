#pragma once

// Credentials: DIR/pki/{ca,server,admin}.{crt,key} and DIR/admin.kubeconfig, made at the first
// start and renewed before they expire. Access to this API is root on the host, so keys and the
// kubeconfig are 0600, and only certificates of our own CA are let in.

#include <string>

#include "controller/result.h"

namespace weir::rest {

struct Credentials {
  std::string ca_certificate;  // PEM, each
  std::string server_certificate;
  std::string server_key;
  std::string admin_kubeconfig;  // the file's path
};

// Reads what is there, makes what is missing or expires within a third of its life, and writes the
// kubeconfig when it is missing or differs. Safe to call again at any time, by one thread.
// `address` is the one that clients connect to: "127.0.0.1:7443", "[::1]:7443"; of 0.0.0.0 and ::
// the kubeconfig names the loopback. `now` in unix seconds.
Result<Credentials> ensure_credentials(const std::string& data_dir, const std::string& address,
                                       std::int64_t now);

}  // namespace weir::rest
