#include "controller/cli/client/kubeconfig.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "controller/cli/client/files.h"
#include "reconcilers/base64.h"

namespace weir::cli {
namespace {

using nlohmann::json;

constexpr const char* kOwnCredentials = "/var/lib/weir/admin.kubeconfig";

struct File {
  json document;
  std::filesystem::path folder;  // what relative file names in it start from
};

std::string text_at(const json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

// An entry of `contexts`, `clusters` or `users`.
struct Entry {
  json body;  // what is below `context`, `cluster` or `user`
  std::filesystem::path folder;
};

std::optional<Entry> entry(const std::vector<File>& files, const char* list, const char* member,
                           const std::string& name) {
  for (const File& file : files) {
    const auto it = file.document.find(list);
    if (it == file.document.end() || !it->is_array()) continue;
    for (const json& one : *it) {
      if (text_at(one, "name") != name) continue;
      return Entry{.body = one.value(member, json::object()), .folder = file.folder};
    }
  }
  return std::nullopt;
}

tl::unexpected<Error> invalid(const std::string& what) {
  return fail(Code::invalid, "error in the kubeconfig: " + what);
}

// KEY-data (base64) or KEY (a file's name).
Result<std::string> bytes(const Entry& entry, const std::string& key) {
  if (const std::string data = text_at(entry.body, (key + "-data").c_str()); !data.empty()) {
    auto decoded = base64_decode(data);
    if (!decoded) return invalid(key + "-data is not base64");
    return *std::move(decoded);
  }
  const std::string name = text_at(entry.body, key.c_str());
  if (name.empty()) return "";
  return read_file((entry.folder / name).string());
}

Result<std::vector<File>> read_files(const std::vector<std::string>& names) {
  std::vector<File> files;
  for (const std::string& name : names) {
    TRY(const std::string text, read_file(name));
    TRY(const std::vector<json> documents, read_documents(text, name));
    if (documents.empty() || !documents.front().is_object()) continue;
    files.push_back(
        {.document = documents.front(), .folder = std::filesystem::absolute(name).parent_path()});
  }
  return files;
}

Result<bool> add_cluster(Connection& connection, const Entry& cluster) {
  connection.server = text_at(cluster.body, "server");
  if (cluster.body.contains("tls-server-name")) {
    return invalid("tls-server-name is not supported; name the host as the certificate does");
  }
  connection.insecure = cluster.body.value("insecure-skip-tls-verify", false);
  TRY(connection.ca_pem, bytes(cluster, "certificate-authority"));
  return true;
}

Result<bool> add_user(Connection& connection, const Entry& user) {
  TRY(connection.cert_pem, bytes(user, "client-certificate"));
  TRY(connection.key_pem, bytes(user, "client-key"));
  connection.token = text_at(user.body, "token");
  connection.username = text_at(user.body, "username");
  connection.password = text_at(user.body, "password");
  if (const std::string name = text_at(user.body, "tokenFile"); !name.empty()) {
    TRY(connection.token, read_file((user.folder / name).string()));
    while (!connection.token.empty() && connection.token.back() == '\n')
      connection.token.pop_back();
  }
  if (user.body.contains("exec") || user.body.contains("auth-provider")) {
    return invalid(
        "exec and auth-provider plugins are not supported; use a certificate or a token");
  }
  return true;
}

Result<Connection> connection_from(const std::vector<File>& files, std::string context_name) {
  for (const File& file : files) {
    if (context_name.empty()) context_name = text_at(file.document, "current-context");
  }
  Connection connection;
  const auto context = entry(files, "contexts", "context", context_name);
  if (!context) {
    if (context_name.empty()) return invalid("no current-context; give --context");
    return invalid("context \"" + context_name + "\" does not exist");
  }
  const std::string cluster_name = text_at(context->body, "cluster");
  const auto cluster = entry(files, "clusters", "cluster", cluster_name);
  if (!cluster) return invalid("cluster \"" + cluster_name + "\" does not exist");
  TRY_VOID(add_cluster(connection, *cluster));
  if (const std::string name = text_at(context->body, "user"); !name.empty()) {
    const auto user = entry(files, "users", "user", name);
    if (!user) return invalid("user \"" + name + "\" does not exist");
    TRY_VOID(add_user(connection, *user));
  }
  if (const std::string name = text_at(context->body, "namespace"); !name.empty()) {
    connection.namespace_ = name;
  }
  return connection;
}

bool readable_or_forbidden(const std::string& name) {
  std::error_code error;
  return std::filesystem::exists(name, error) || error == std::errc::permission_denied;
}

}  // namespace

std::vector<std::string> kubeconfig_files(const KubeconfigFlags& flags,
                                          const std::map<std::string, std::string>& environment) {
  if (!flags.kubeconfig.empty()) return {flags.kubeconfig};
  std::vector<std::string> names;
  if (const auto it = environment.find("KUBECONFIG"); it != environment.end()) {
    std::string_view rest = it->second;
    while (!rest.empty()) {
      const std::string name(rest.substr(0, rest.find(':')));
      rest.remove_prefix(std::min(name.size() + 1, rest.size()));
      if (!name.empty() && readable_or_forbidden(name)) names.push_back(name);
    }
    if (!it->second.empty()) return names;
  }
  if (const auto it = environment.find("HOME"); it != environment.end()) {
    const std::string name = it->second + "/.kube/config";
    if (readable_or_forbidden(name)) return {name};
  }
  if (readable_or_forbidden(kOwnCredentials)) names.emplace_back(kOwnCredentials);
  return names;
}

Result<Connection> load_connection(const KubeconfigFlags& flags,
                                   const std::map<std::string, std::string>& environment) {
  const std::vector<std::string> names = kubeconfig_files(flags, environment);
  if (names.empty() && flags.server.empty()) {
    return fail(Code::invalid,
                std::string("error: no kubeconfig found: $KUBECONFIG, ~/.kube/config and ") +
                    kOwnCredentials + " do not exist; start `weir serve` or give --kubeconfig");
  }
  Connection connection;
  if (!names.empty()) {
    TRY(const std::vector<File> files, read_files(names));
    TRY(connection, connection_from(files, flags.context));
  }
  if (!flags.server.empty()) connection.server = flags.server;
  if (connection.server.empty()) return invalid("the cluster has no server");
  if (connection.server.find("://") == std::string::npos) {
    connection.server.insert(0, "https://");
  }
  while (connection.server.back() == '/') connection.server.pop_back();
  return connection;
}

}  // namespace weir::cli
