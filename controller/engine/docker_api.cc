#include "controller/engine/docker_api.h"

#include <filesystem>
#include <utility>

#include "controller/engine/docker_wire.h"

namespace weir::engine {

namespace {

// 1.41 is Docker 20.10, in Debian 12. Nothing newer than 1.47 is used; engines have kept older
// versions for years.
constexpr std::string_view kOldest = "1.41";
constexpr std::string_view kNewest = "1.47";

}  // namespace

Result<std::shared_ptr<const Peer>> DockerApi::peer_of(const DockerOptions& options) {
  Peer peer{.ca_file = options.tls_ca_file,
            .certificate_file = options.tls_cert_file,
            .key_file = options.tls_key_file};
  bool tls = false;
  for (const std::string* file : {&peer.ca_file, &peer.certificate_file, &peer.key_file}) {
    tls = tls || !file->empty();
    if (file->empty() || std::filesystem::exists(*file)) continue;
    return fail(Code::invalid, "the engine's TLS file " + *file + " does not exist");
  }
  const std::string& host = options.host;
  const std::size_t scheme_end = host.find("://");
  const std::string scheme = host.substr(0, scheme_end);
  std::string rest = scheme_end == std::string::npos ? "" : host.substr(scheme_end + 3);
  while (scheme != "unix" && rest.ends_with('/')) rest.pop_back();
  if (rest.empty() || (scheme == "unix" && rest[0] != '/')) {
    return fail(Code::invalid, "cannot use the Docker host \"" + host +
                                   "\"; examples: unix:///var/run/docker.sock, "
                                   "tcp://10.0.0.5:2376");
  }
  if (scheme == "unix") {
    peer.base_url = "http://docker";
    peer.unix_socket = rest;
  } else if (scheme == "https" || (scheme == "tcp" && tls)) {
    peer.base_url = "https://" + rest;
  } else if (scheme == "http" || scheme == "tcp") {
    peer.base_url = "http://" + rest;
  } else {
    return fail(Code::invalid, "cannot use the Docker host \"" + host + "\": the scheme " + scheme +
                                   " is none of unix, tcp, http, https");
  }
  return std::make_shared<const Peer>(std::move(peer));
}

DockerApi::DockerApi(HttpClient& http, DockerOptions options, std::shared_ptr<const Peer> peer)
    : http_(http), options_(std::move(options)), peer_(std::move(peer)) {}

void DockerApi::call(ApiCall call, OnAnswer on_answer) {
  if (!version_.empty()) {
    send(call, std::move(on_answer));
    return;
  }
  negotiate([this, call = std::move(call),
             on_answer = std::move(on_answer)](Result<std::string> version) mutable {
    if (version) {
      send(call, std::move(on_answer));
    } else {
      on_answer(tl::unexpected(std::move(version).error()));
    }
  });
}

void DockerApi::send(const ApiCall& call, OnAnswer on_answer) {
  HttpCall http{.peer = peer_,
                .method = call.method,
                .url = "/v" + version_ + call.path,
                .headers = call.headers,
                .body = call.body,
                .connect_deadline = options_.deadlines.connect,
                .deadline = call.deadline,
                .silence = call.silence,
                .body_max = call.body_max,
                .new_connection = call.method != "GET",
                .on_open = call.on_open,
                .on_bytes = call.on_bytes};
  http.headers.push_back("Content-Type: " + call.content_type);
  const auto answered = [this, call, on_answer = std::move(on_answer)](auto answer) {
    if (answer) {
      on_answer(std::move(*answer));
      return;
    }
    // A connection that failed may have been cut by an engine's restart, or upgrade.
    const bool gone = answer.error().what == HttpFailure::What::not_sent ||
                      answer.error().what == HttpFailure::What::broken;
    if (gone) forget_version();
    on_answer(tl::unexpected(failure(call, answer.error())));
  };
  const std::uint64_t id = http_.start(std::move(http), answered);
  if (call.on_sent) call.on_sent(id);
}

void DockerApi::negotiate(std::function<void(Result<std::string>)> on_version) {
  waiting_.push_back(std::move(on_version));
  if (waiting_.size() > 1) return;  // the answer that is under way is theirs as well
  HttpCall ping{.peer = peer_,
                .url = "/_ping",
                .connect_deadline = options_.deadlines.connect,
                .deadline = options_.deadlines.inspect};
  http_.start(std::move(ping), [this](auto answer) {
    // Nothing but a ping was sent: whoever waits for it knows that there was no effect.
    Error error{.code = Code::unavailable};
    if (!answer) error.message = failure(ApiCall{.what = "ping"}, answer.error()).message;
    negotiated(answer ? choose(*answer) : tl::unexpected(error));
  });
}

void DockerApi::negotiated(Result<std::string> version) {
  version_ = version.value_or("");
  for (auto& waiting : std::exchange(waiting_, {})) waiting(version);
}

Result<std::string> DockerApi::choose(const HttpAnswer& ping) const {
  if (ping.status >= 500) {
    return fail(Code::unavailable, "the Docker Engine at " + options_.host +
                                       " answers with status " + std::to_string(ping.status) +
                                       ": " + parse_message(ping.body));
  }
  const int server = parse_version(ping.api_version);
  if (server == 0) {
    return fail(Code::unsupported, options_.host + " does not answer like a Docker Engine");
  }
  if (server < parse_version(kOldest)) {
    return fail(Code::unsupported, "the Docker Engine at " + options_.host + " has API version " +
                                       ping.api_version + "; weir needs " + std::string(kOldest) +
                                       " (Docker 20.10) or later");
  }
  return server < parse_version(kNewest) ? ping.api_version : std::string(kNewest);
}

Error DockerApi::failure(const ApiCall& call, const HttpFailure& failure) const {
  using What = HttpFailure::What;
  const std::string engine = "the Docker Engine at " + options_.host;
  switch (failure.what) {
    case What::not_sent:
      return {.code = Code::unavailable,
              .message = "cannot connect to " + engine + ": " + failure.why + "; is it running?"};
    case What::broken:
      return {.code = Code::timed_out,
              .message = call.what + ": the connection to " + engine +
                         " broke before the whole answer came: " + failure.why};
    case What::too_late:
      return {.code = Code::timed_out,
              .message = call.what + ": no answer from " + engine + " in time: " + failure.why};
    case What::too_large:
      return {.code = Code::too_large,
              .message = call.what + ": the answer of " + engine + " is larger than " +
                         std::to_string(call.body_max >> 20) + " MiB"};
    case What::denied:  // of calls that ask may_connect
    case What::stopped:
      break;
  }
  return {.code = Code::timed_out, .message = call.what + ": " + failure.why};
}

}  // namespace weir::engine
