#pragma once

// The API as the verbs use it: documents in, documents out. Owns the connection; for one thread.

#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "controller/cli/client/http.h"
#include "controller/cli/client/resources.h"
#include "controller/result.h"

namespace weir::cli {

using Query = std::vector<std::pair<std::string, std::string>>;

struct Call {
  std::string method = "GET";
  std::string path = {};
  Query query = {};
  std::string body = {};
  std::string content_type = "application/json";
  std::string accept = "application/json";
  std::string doing = {};
};

inline constexpr const char* kMergePatch = "application/merge-patch+json";
inline constexpr const char* kStrategicPatch = "application/strategic-merge-patch+json";
inline constexpr const char* kJsonPatch = "application/json-patch+json";
inline constexpr const char* kApplyPatch = "application/apply-patch+yaml";
inline constexpr const char* kAcceptTable =
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

// The manager that weir's own client writes as.
inline constexpr const char* kFieldManager = "weir";

struct WatchRequest {
  std::string path;
  Query query = {};
  std::string resource_version = {};
  std::string accept = "application/json";
  std::optional<Duration> timeout = {};  // none: for ever
};

// How a watch ended.
enum class WatchEnd {
  stopped,    // the receiver had enough
  closed,     // the server closed it, or its history is gone: list again
  timed_out,  // the deadline of the request passed
};

struct WatchReceiver {
  // ADDED, MODIFIED or DELETED, and the object or its Table; false: enough.
  std::function<bool(const std::string& type, const nlohmann::json& object)> event;
  std::function<bool()> tick = {};  // about once a second; false: enough
};

class Client {
 public:
  Client(Http http, std::string server) : http_(std::move(http)), server_(std::move(server)) {}

  Result<nlohmann::json> call(const Call& call);
  Result<nlohmann::json> get(const std::string& path, const Query& query = {});
  // A long text as it comes (logs).
  Result<bool> stream(const Call& call, const std::function<bool(std::string_view)>& bytes);
  Result<WatchEnd> watch(const WatchRequest& request, const WatchReceiver& receiver);

  Result<const Resources*> resources();
  bool interrupted() const { return http_.interrupted(); }
  const std::string& server() const { return server_; }

 private:
  Http http_;
  std::string server_;
  std::optional<Resources> resources_;
};

// A document as a request's body.
std::string serialized(const nlohmann::json& document);

std::string with_query(const std::string& path, const Query& query);

}  // namespace weir::cli
