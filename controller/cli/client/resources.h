#pragma once

// The kinds that the server serves, as its discovery names them, so that a new kind needs no new
// client. Asked for once a command.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "controller/cli/client/http.h"
#include "controller/result.h"

namespace weir::cli {

struct Resource {
  std::string group = {}, version = {}, plural = {}, singular = {}, kind = {};
  bool namespaced = true;
  std::vector<std::string> short_names = {}, categories = {}, verbs = {};

  std::string api_version() const;    // v1, apps/v1
  std::string name() const;           // deployments.apps, pods
  std::string singular_name() const;  // deployment.apps, pod
  // /apis/apps/v1/namespaces/NS/deployments/NAME; without a namespace or name: the wider list.
  std::string path(const std::string& namespace_name, const std::string& object_name) const;
};

class Resources {
 public:
  explicit Resources(std::vector<Resource> all) : all_(std::move(all)) {}

  const std::vector<Resource>& all() const { return all_; }
  // A word of the command line: plural, singular, short name or kind; with a group
  // (deployments.apps) or version and group (deployments.v1.apps).
  Result<Resource> named(std::string_view word) const;
  // The resource of an object in a manifest.
  Result<Resource> of(const std::string& api_version, const std::string& kind) const;
  std::vector<Resource> in_category(std::string_view category) const;

 private:
  std::vector<Resource> all_;
};

Result<Resources> discover(Http& http);

// The two forms of discovery, as documents.
std::vector<Resource> resources_of_aggregated(const nlohmann::json& group_list);
std::vector<Resource> resources_of_classic(const nlohmann::json& resource_list);

}  // namespace weir::cli
