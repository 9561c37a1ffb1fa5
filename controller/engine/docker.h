#pragma once

// The Docker Engine API behind Engine: libcurl's multi interface on one thread of its own. Many
// requests wait at once; at most `mutations_max` mutations are under way, the rest queue in order.
// A stuck call holds its slot until its deadline and delays nothing else. Public methods may be
// called from any thread; replies and hints come on the engine's thread.

#include <memory>
#include <string>

#include "controller/engine/engine.h"

namespace weir::engine {

struct DockerOptions {
  std::string host = "unix:///var/run/docker.sock";  // unix://, tcp://, http://, https://
  std::string tls_ca_file = {}, tls_cert_file = {}, tls_key_file = {};  // as $DOCKER_CERT_PATH
  int mutations_max = 8;
};

Result<std::unique_ptr<Engine>> connect_docker(DockerOptions options);

}  // namespace weir::engine
