#pragma once

// Docker's JSON, both ways, and what its answers mean. Pure functions; the only code of the engine
// that includes the JSON library. Every body is parsed within limits: a broken or hostile engine
// gets an error, never our memory.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/engine/engine.h"
#include "controller/engine/streams.h"

namespace weir::engine {

// --- What we send (docker_requests.cc) -----------------------------------------------------------

std::string create_body(const ContainerSpec& spec);
std::string network_body(const EnsureNetwork& request);
std::string exec_body(const std::vector<std::string>& command);
std::string list_filter(const std::string& instance);
std::string events_filter(const std::string& instance);
std::string escape(std::string_view text);  // for a query: everything but letters, digits, -._~
std::string escape_path(std::string_view text);  // the same, and '/' stays

// "host:5000/app:v1" → {"host:5000/app", "v1"}; no tag: "latest"; a digest wins over a tag.
struct ImageName {
  std::string repository;
  std::string tag;
};
ImageName split_image(const std::string& reference);

// --- What we get (docker_wire.cc) ----------------------------------------------------------------

// `instance`: of another weir's container the labels are not read; empty: of none but a foreign
// one.
Result<Container> parse_container(std::string_view body, const std::string& instance);
Result<std::vector<Container>> parse_containers(std::string_view body, const std::string& instance);
Result<Usage> parse_usage(std::string_view body);  // not_found: it does not run
Result<Image> parse_image(std::string_view body);
Result<Info> parse_info(std::string_view body);  // without api_version
Result<std::string> parse_id(std::string_view body);
Result<bool> parse_tty(std::string_view container_body);
struct Network {
  std::string id;
  std::string driver;
};
Result<Network> parse_network(std::string_view body);
struct ExecState {
  bool running = false;
  int exit_code = 0;
};
Result<ExecState> parse_exec(std::string_view body);
std::optional<std::string> parse_event(std::string_view line);  // the container's id

// {"message": "…"}, or the body itself when it is something else; cut to a few hundred bytes.
std::string parse_message(std::string_view body);

// What a status says in general; a request with its own reading of it looks first.
Error error_of(int status, const std::string& message);

// "1.41" → 1041; anything else → 0.
int parse_version(std::string_view text);

// --- A pull --------------------------------------------------------------------------------------

// The answer to a pull is 200 before it has begun: what happened is in the lines that follow.
class PullProgress {
 public:
  Result<void> feed(std::string_view piece);
  // After the last byte: the registry's error, or "unknown" if the final status is missing.
  Result<void> end();

 private:
  LineReader lines_;
  std::string error_;
  bool complete_ = false;
};
Error pull_error(int status, const std::string& message);

}  // namespace weir::engine
