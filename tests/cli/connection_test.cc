// Kubeconfig files, what errors are called, and the kinds that a server names.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "controller/cli/client/http.h"
#include "controller/cli/client/kubeconfig.h"
#include "controller/cli/client/resources.h"
#include "tests/cli/run.h"

namespace weir::cli {
namespace {

using Environment = std::map<std::string, std::string>;

constexpr const char* kConfig = R"(apiVersion: v1
kind: Config
current-context: one
contexts:
- {name: one, context: {cluster: c, user: u}}
- {name: two, context: {cluster: c, user: u, namespace: prod}}
- {name: broken, context: {cluster: nope, user: u}}
- {name: plugin, context: {cluster: c, user: p}}
clusters:
- {name: c, cluster: {server: "https://127.0.0.1:7443/", certificate-authority-data: Y2E=}}
users:
- {name: u, user: {client-certificate: sub/cert.pem, client-key-data: a2V5}}
- {name: p, user: {exec: {command: x}}}
)";

std::string text(const Result<Connection>& c) {
  if (!c) return c.error().message;
  return c->server + " ns=" + c->namespace_ + " ca=" + c->ca_pem + " cert=" + c->cert_pem +
         " key=" + c->key_pem + " token=" + c->token;
}

TEST(Kubeconfig, ContextClusterAndUser) {
  const std::string config = write_file("kube/config", kConfig);
  write_file("kube/sub/cert.pem", "cert");
  const struct {
    const char* name;
    KubeconfigFlags flags;
    std::string want;
  } rows[] = {
      {"current context",
       {.kubeconfig = config},
       "https://127.0.0.1:7443 ns=default ca=ca cert=cert key=key token="},
      {"named context",
       {.kubeconfig = config, .context = "two"},
       "https://127.0.0.1:7443 ns=prod ca=ca cert=cert key=key token="},
      {"another server",
       {.kubeconfig = config, .server = "host:1"},
       "https://host:1 ns=default ca=ca cert=cert key=key token="},
      {"unknown context",
       {.kubeconfig = config, .context = "three"},
       "error in the kubeconfig: context \"three\" does not exist"},
      {"unknown cluster",
       {.kubeconfig = config, .context = "broken"},
       "error in the kubeconfig: cluster \"nope\" does not exist"},
      {"plugin",
       {.kubeconfig = config, .context = "plugin"},
       "error in the kubeconfig: exec and auth-provider plugins are not supported; use a "
       "certificate or a token"},
      {"no file",
       {.kubeconfig = "/nonexistent/x"},
       "error: the path \"/nonexistent/x\" does not exist"},
  };
  for (const auto& row : rows)
    EXPECT_EQ(text(load_connection(row.flags, {})), row.want) << row.name;
}

TEST(Kubeconfig, TheFirstFileThatNamesSomethingWins) {
  const std::string first = write_file("first", R"(current-context: one
contexts: [{name: one, context: {cluster: c, user: u}}]
users: [{name: u, user: {token: first}}])");
  const std::string second = write_file("second", R"(current-context: two
clusters: [{name: c, cluster: {server: "https://second:1"}}]
users: [{name: u, user: {token: second}}])");
  EXPECT_EQ(text(load_connection({}, {{"KUBECONFIG", first + ":/nonexistent/y:" + second}})),
            "https://second:1 ns=default ca= cert= key= token=first");
}

TEST(Kubeconfig, WhereItIsLookedFor) {
  const std::string home = write_file("home/.kube/config", kConfig);
  const std::string folder = home.substr(0, home.size() - std::string("/.kube/config").size());
  using Files = std::vector<std::string>;
  EXPECT_EQ(kubeconfig_files({.kubeconfig = "x"}, {{"KUBECONFIG", "y"}}), Files{"x"});
  EXPECT_EQ(kubeconfig_files({}, {{"KUBECONFIG", home}, {"HOME", "/nonexistent"}}), Files{home});
  EXPECT_EQ(kubeconfig_files({}, {{"HOME", folder}}), Files{home});
  EXPECT_EQ(kubeconfig_files({}, {{"KUBECONFIG", "/nonexistent/z"}, {"HOME", folder}}), Files{});
}

TEST(Kubeconfig, BadFiles) {
  const struct {
    const char* name;
    const char* text;
    const char* want;
  } rows[] = {
      {"empty", "", "error in the kubeconfig: no current-context; give --context"},
      {"a list", "[1, 2]", "error in the kubeconfig: no current-context; give --context"},
      {"not base64", R"(current-context: a
contexts: [{name: a, context: {cluster: c}}]
clusters: [{name: c, cluster: {server: x, certificate-authority-data: "!"}}])",
       "error in the kubeconfig: certificate-authority-data is not base64"},
      {"strange types", R"(current-context: a
contexts: [{name: a, context: [1]}, 7]
clusters: 5)",
       "error in the kubeconfig: cluster \"\" does not exist"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(text(load_connection({.kubeconfig = write_file("bad", row.text)}, {})), row.want)
        << row.name;
  }
}

TEST(ServerError, InKubectlsWords) {
  const auto status = [](const std::string& reason, const std::string& more) {
    return R"({"kind": "Status", "reason": ")" + reason + R"(", "message": "m")" + more + "}";
  };
  const struct {
    const char* name;
    long http;
    std::string body, doing, want;
  } rows[] = {
      {"reason", 404, status("NotFound", ""), "", "Error from server (NotFound): m"},
      {"no reason", 500, status("", ""), "", "Error from server: m"},
      {"with what was done", 400, status("BadRequest", ""), "error when applying \"x\"",
       "Error from server (BadRequest): error when applying \"x\": m"},
      {"nobody", 401, status("Unauthorized", ""), "",
       "error: You must be logged in to the server (m)"},
      {"invalid, one cause", 422,
       status("Invalid", R"(, "details": {"kind": "Deployment", "name": "web", "causes": [
         {"field": "spec.replicas", "message": "too few"}]})"),
       "", "The Deployment \"web\" is invalid: spec.replicas: too few"},
      {"invalid, two causes", 422,
       status("Invalid", R"(, "details": {"kind": "Pod", "name": "p", "causes": [
         {"field": "a", "message": "1"}, {"message": "2"}]})"),
       "", "The Pod \"p\" is invalid:\n* a: 1\n* 2"},
      {"invalid, no details", 422, status("Invalid", ""), "", "The request is invalid: m"},
      {"not a Status", 502, "bad gateway\n", "", "Error from server: bad gateway"},
      {"nothing", 500, "", "", "Error from server: HTTP 500"},
      {"a Status of wrong types", 500, R"({"kind": "Status", "message": 7, "details": 8})", "",
       "Error from server: "},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(server_error(row.http, row.body, row.doing).message, row.want) << row.name;
  }
}

TEST(Resources, NamesOnTheCommandLine) {
  const Resources resources(
      {{.version = "v1", .plural = "pods", .singular = "pod", .kind = "Pod", .short_names = {"po"}},
       {.group = "apps",
        .version = "v1",
        .plural = "deployments",
        .singular = "deployment",
        .kind = "Deployment",
        .short_names = {"deploy"},
        .categories = {"all"}},
       {.version = "v1",
        .plural = "namespaces",
        .singular = "namespace",
        .kind = "Namespace",
        .namespaced = false}});
  for (const char* word : {"deployments", "deployment", "Deployment", "deploy", "deployments.apps",
                           "deploy.v1.apps", "DEPLOY"}) {
    const auto found = resources.named(word);
    ASSERT_TRUE(found) << word;
    EXPECT_EQ(found->path("a b", "w/x"), "/apis/apps/v1/namespaces/a%20b/deployments/w%2Fx");
  }
  EXPECT_EQ(resources.named("namespaces")->path("x", "y"), "/api/v1/namespaces/y");
  EXPECT_EQ(resources.named("pods.apps").error().message,
            "error: the server doesn't have a resource type \"pods.apps\"");
  EXPECT_EQ(resources.of("v1", "Deployment").error().message,
            "no matches for kind \"Deployment\" in version \"v1\"");
}

TEST(Resources, ClassicDiscovery) {
  const auto found = resources_of_classic(nlohmann::json::parse(R"({"groupVersion": "apps/v1",
    "resources": [{"name": "deployments", "kind": "Deployment", "namespaced": true,
                   "shortNames": ["deploy"]}, {"name": "deployments/scale", "kind": "Scale"}]})"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].path("ns", ""), "/apis/apps/v1/namespaces/ns/deployments");
  EXPECT_EQ(found[0].singular_name(), "deployment.apps");
}

}  // namespace
}  // namespace weir::cli
