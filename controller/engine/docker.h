#pragma once

// The Docker Engine API behind Engine: libcurl's multi interface on one thread of its own. Many
// requests wait at once; at most `mutations_max` mutations are under way, the rest wait as Lane
// says; stops, execs, pulls and probes have bounds of their own. A stuck call holds its slot until
// its deadline and delays nothing else; what has waited behind it all that time is not sent any
// more. Public methods may be called from any thread; replies and hints come on the engine's
// thread, or, once the Engine is being destroyed, `unavailable` at once on the caller's.
//
// Errors. `unavailable`: the request had no effect, or the engine itself said that it failed and
// a later one may succeed. `timed_out`: it was sent and no whole answer came, so its outcome is
// unknown. What the engine refuses bears the engine's own words: `not_found`, `conflict` (a name
// that is held: "… is already in use by container …"), `invalid` (a spec that cannot run, a port
// that is taken), `exhausted` (no space, too many requests), `denied`; `unsupported`: no common
// API version.

#include <memory>
#include <string>

#include "controller/engine/engine.h"

namespace weir::engine {

// How long an answer may take once its request is under way. Time in a queue is not counted:
// what waits there is behind requests that end by these.
struct Deadlines {
  Duration connect = std::chrono::seconds(2);
  Duration list = std::chrono::seconds(10);
  Duration inspect = std::chrono::seconds(5);
  Duration change = std::chrono::seconds(60);      // create, start, remove …
  Duration stop_extra = std::chrono::seconds(15);  // on top of the grace
  Duration silence = std::chrono::seconds(60);     // of a pull: no byte for so long
};

struct DockerOptions {
  std::string host = "unix:///var/run/docker.sock";  // unix://, tcp://, http://, https://
  std::string tls_ca_file = {}, tls_cert_file = {}, tls_key_file = {};  // as $DOCKER_CERT_PATH
  // Whose containers events are about; the labels of other instances' are not read. Empty: any.
  std::string instance = {};
  int mutations_max = 16;  // of 4 to 40, about the fastest: see bench/engine
  Deadlines deadlines = {};
};

// Fails at once for options that make no sense. An engine that does not run is no error: it is
// tried again with every request, and by follow() until it is there.
Result<std::unique_ptr<Engine>> connect_docker(DockerOptions options);

}  // namespace weir::engine
