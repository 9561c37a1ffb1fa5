#pragma once

// Calls of the Docker API: negotiates the version, adds it to each path, and says in words what
// went wrong with the connection. What a status means is its caller's to say. Lives on the
// HttpClient's thread.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "controller/engine/docker.h"
#include "controller/engine/http_client.h"

namespace weir::engine {

struct ApiCall {
  std::string what = {};  // "start 4f1c2a", for errors
  std::string method = "GET";
  std::string path = {};  // "/containers/json?all=1", without the version
  std::string body = {};
  std::string content_type = "application/json";
  std::vector<std::string> headers = {};
  Duration deadline = {};
  Duration silence = {};
  std::size_t body_max = 8u << 20;
  std::function<void(std::uint64_t)> on_sent = {};  // the HttpClient's id, to cancel it
  std::function<void()> on_open = {};               // this one and the next: see HttpCall
  std::function<bool(std::string_view)> on_bytes = {};
};

class DockerApi {
 public:
  using OnAnswer = std::function<void(Result<HttpAnswer>)>;  // whatever its status

  static Result<std::shared_ptr<const Peer>> peer_of(const DockerOptions& options);

  DockerApi(HttpClient& http, DockerOptions options, std::shared_ptr<const Peer> peer);

  void call(ApiCall call, OnAnswer on_answer);
  // The version in use, asked for anew.
  void negotiate(std::function<void(Result<std::string>)> on_version);

  const DockerOptions& options() const { return options_; }
  HttpClient& http() { return http_; }
  void forget_version() { version_.clear(); }  // the engine may be another one now

 private:
  void send(const ApiCall& call, OnAnswer on_answer);
  void negotiated(Result<std::string> version);
  Result<std::string> choose(const HttpAnswer& ping) const;
  Error failure(const ApiCall& call, const HttpFailure& failure) const;

  HttpClient& http_;
  DockerOptions options_;
  std::shared_ptr<const Peer> peer_;
  std::string version_;                                            // "1.41"; empty: not known
  std::vector<std::function<void(Result<std::string>)>> waiting_;  // for the version
};

}  // namespace weir::engine
