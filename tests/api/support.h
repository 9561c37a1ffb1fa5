#pragma once

// A whole API over a store in a temporary folder, without sockets and without an engine.

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "controller/api/api.h"

namespace weir::rest {

// 2026-01-02T03:04:05Z: the API's clock stands still.
inline const Time kNow = Time(std::chrono::seconds(1'767'323'045));

inline User admin() {
  return {.name = "weir-admin",
          .groups = {"system:masters", "system:authenticated"},
          .authenticated = true};
}

class TestApi {
 public:
  explicit TestApi(ApiParts (*adjust)(ApiParts) = nullptr) {
    const std::string pattern =
        (std::filesystem::temp_directory_path() / "weir-api-XXXXXX").string();
    std::string path = pattern;
    folder_ = ::mkdtemp(path.data());
    auto store = Store::open({.path = folder_ + "/weir.db",
                              .key_file = folder_ + "/key",
                              .unix_seconds = [] { return kNow.time_since_epoch().count() / 1000; },
                              .make_uid = [this] { return "uid-" + std::to_string(++uids_); }});
    if (!store) throw std::runtime_error(store.error().message);
    store_ = *std::move(store);
    ApiParts parts = {.store = *store_, .now = [] { return kNow; }};
    api_ = std::make_unique<Api>(adjust ? adjust(std::move(parts)) : std::move(parts));
    for (const char* name : {"default", "kube-system"}) {
      send("POST", "/api/v1/namespaces",
           R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":")" + std::string(name) +
               "\"}}");
    }
  }
  ~TestApi() {
    api_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  TestApi(const TestApi&) = delete;
  TestApi& operator=(const TestApi&) = delete;

  Response send(Request request) const { return api_->handle(request); }

  Response send(const std::string& method, const std::string& target, const std::string& body = {},
                const std::string& content_type = "application/json",
                const std::string& accept = {}) const {
    Request request = parse_target(target).value();
    request.method = method;
    request.body = body;
    request.content_type = content_type;
    request.accept = accept;
    request.user_agent = "test/1.0";
    request.user = admin();
    return send(std::move(request));
  }
  Response get(const std::string& target, const std::string& accept = {}) const {
    return send("GET", target, "", "", accept);
  }

  Store& store() const { return *store_; }

 private:
  std::string folder_;
  std::atomic<int> uids_ = 0;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Api> api_;
};

inline nlohmann::json body_of(const Response& response) {
  return nlohmann::json::parse(response.body);
}

// "404 NotFound pods "x" not found": what a refusal comes to.
inline std::string status_text(const Response& response) {
  const nlohmann::json body = nlohmann::json::parse(response.body, nullptr, false);
  if (!body.is_object()) return std::to_string(response.status) + " " + response.body;
  if (body.value("kind", "") != "Status") return std::to_string(response.status);
  return std::to_string(response.status) + " " + body.value("reason", body.value("status", "")) +
         " " + body.value("message", "");
}

inline std::string deployment(const std::string& name, const std::string& image = "web:1",
                              int replicas = 2) {
  return R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":")" + name +
         R"(","labels":{"app":")" + name + R"("}},"spec":{"replicas":)" + std::to_string(replicas) +
         R"(,"selector":{"matchLabels":{"app":")" + name +
         R"("}},"template":{"metadata":{"labels":{"app":")" + name +
         R"("}},"spec":{"containers":[{"name":"web","image":")" + image + R"("}]}}}})";
}

inline std::string pod(const std::string& name, const std::string& labels = R"("app":"web")") {
  return R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name + R"(","labels":{)" +
         labels + R"(}},"spec":{"containers":[{"name":"web","image":"web:1"}]}})";
}

inline std::string config_map(const std::string& name, const std::string& labels = {}) {
  return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name +
         R"(","labels":{)" + labels + R"(}},"data":{"a":"1"}})";
}

}  // namespace weir::rest
