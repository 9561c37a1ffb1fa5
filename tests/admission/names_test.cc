#include <gtest/gtest.h>

#include "controller/admission/validate.h"
#include "controller/admission/validate_names.h"

namespace weir {
namespace {

struct Row {
  const char* name;
  std::string (*problem)(std::string_view);
  std::string text;
  std::string want;  // the beginning of the answer; empty: it is good
};

TEST(Names, Rules) {
  const Row rows[] = {
      {"label", dns_label_problem, "web-1", ""},
      {"longest label", dns_label_problem, std::string(63, 'a'), ""},
      {"label too long", dns_label_problem, std::string(64, 'a'),
       "must be no more than 63 characters"},
      {"label with a dot", dns_label_problem, "a.b", "a lowercase RFC 1123 label must"},
      {"label in capitals", dns_label_problem, "Web", "a lowercase RFC 1123 label must"},
      {"label ends with a hyphen", dns_label_problem, "web-", "a lowercase RFC 1123 label must"},
      {"empty label", dns_label_problem, "", "a lowercase RFC 1123 label must"},
      {"subdomain", dns_subdomain_problem, "web.example-1.com", ""},
      {"longest subdomain", dns_subdomain_problem, std::string(253, 'a'), ""},
      {"subdomain too long", dns_subdomain_problem, std::string(254, 'a'),
       "must be no more than 253 characters"},
      {"subdomain with an empty part", dns_subdomain_problem, "a..b",
       "a lowercase RFC 1123 subdomain must"},
      {"subdomain ends with a dot", dns_subdomain_problem, "a.",
       "a lowercase RFC 1123 subdomain must"},
      {"underscore", dns_subdomain_problem, "a_b", "a lowercase RFC 1123 subdomain must"},
      {"path", dns_subdomain_problem, "../a", "a lowercase RFC 1123 subdomain must"},
      {"qualified name", qualified_name_problem, "app.kubernetes.io/name", ""},
      {"plain key", qualified_name_problem, "App_Name.x", ""},
      {"empty key", qualified_name_problem, "", "name part must be non-empty"},
      {"two slashes", qualified_name_problem, "a/b/c", "a qualified name must consist"},
      {"no prefix", qualified_name_problem, "/a", "prefix part must be non-empty"},
      {"prefix in capitals", qualified_name_problem, "A/b", "prefix part a lowercase RFC 1123"},
      {"long name part", qualified_name_problem, "a/" + std::string(64, 'a'),
       "name part must be no more than 63 characters"},
      {"name part with a blank", qualified_name_problem, "a b", "name part must consist"},
      {"label value", label_value_problem, "v1.2_3-X", ""},
      {"empty label value", label_value_problem, "", ""},
      {"label value too long", label_value_problem, std::string(64, 'a'),
       "must be no more than 63 characters"},
      {"label value with a slash", label_value_problem, "a/b", "a valid label must be"},
      {"environment", env_name_problem, "MY_VAR.x-1", ""},
      {"environment with a digit first", env_name_problem, "1A", "a valid environment variable"},
      {"environment with =", env_name_problem, "A=B", "a valid environment variable"},
      {"environment ..", env_name_problem, "..", "must not be '..'"},
      {"config key", config_key_problem, "nginx.conf", ""},
      {"config key with a slash", config_key_problem, "a/b", "a valid config key must"},
      {"config key ..", config_key_problem, "..", "must not be '..'"},
      {"config key ..a", config_key_problem, "..a", "must not start with '..'"},
      {"port name", port_name_problem, "http-2", ""},
      {"port name too long", port_name_problem, "abcdefghijklmnop",
       "must be no more than 15 characters"},
      {"port name of digits", port_name_problem, "80", "must contain at least one letter (a-z)"},
      {"port name --", port_name_problem, "a--b", "must not contain consecutive hyphens"},
      {"port name -a", port_name_problem, "-a", "must not begin or end with a hyphen"},
      {"port name in capitals", port_name_problem, "HTTP", "must contain only alpha-numeric"},
      {"relative path", relative_path_problem, "a/b..c/..d", ""},
      {"absolute path", relative_path_problem, "/a", "must be a relative path"},
      {"path upwards", relative_path_problem, "a/../../b", "must not contain '..'"},
      {"path ends upwards", relative_path_problem, "a/..", "must not contain '..'"},
  };
  for (const Row& row : rows) {
    const std::string answer = row.problem(row.text);
    EXPECT_EQ(answer.substr(0, row.want.empty() ? answer.size() : row.want.size()), row.want)
        << row.name;
  }
}

TEST(Names, HostPathsThatHoldTheDockerSocket) {
  const char* refused[] = {"/",
                           "//",
                           "/var",
                           "/var/",
                           "/var/run",
                           "/run",
                           "/run/",
                           "/run/docker.sock",
                           "/a/..",
                           "/./var//run/./docker.sock",
                           "/run/containerd",
                           "/var/run/docker.sock/",
                           "",
                           "/run/containerd/containerd.sock"};
  for (const char* path : refused) EXPECT_NE(host_path_problem(path), "") << path;
  const char* allowed[] = {"/var/log", "/run/docker.sock.d", "/srv",  "/var/lib/docker",
                           "/varx",    "/run/other",         "/proc", "/home/run"};
  for (const char* path : allowed) EXPECT_EQ(host_path_problem(path), "") << path;
  EXPECT_NE(host_path_problem("/srv/engine", "/srv/engine/docker.sock"), "");
  EXPECT_EQ(host_path_problem("/var/run").substr(0, 58),
            "'/var/run' holds the Docker socket (/var/run/docker.sock):");
}

}  // namespace
}  // namespace weir
