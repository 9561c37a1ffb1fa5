// Environments: where values come from, what refers to what, and that Secrets stay out of sight.

#include <gtest/gtest.h>

#include "reconcilers/environment.h"
#include "tests/support/pod_world.h"

namespace weir::test {
namespace {

api::EnvVar variable(const std::string& name, const std::string& value) {
  return {.name = name, .value = value};
}
api::EnvVar from_map(const std::string& name, const std::string& map, const std::string& key,
                     std::optional<bool> optional = {}) {
  return {.name = name,
          .valueFrom = api::EnvVarSource{.configMapKeyRef = api::ConfigMapKeySelector{
                                             .key = key, .name = map, .optional = optional}}};
}
api::EnvVar from_secret(const std::string& name, const std::string& secret, const std::string& key,
                        std::optional<bool> optional = {}) {
  return {.name = name,
          .valueFrom = api::EnvVarSource{.secretKeyRef = api::SecretKeySelector{
                                             .key = key, .name = secret, .optional = optional}}};
}
api::EnvVar from_field(const std::string& name, const std::string& path) {
  return {.name = name,
          .valueFrom = api::EnvVarSource{.fieldRef = api::ObjectFieldSelector{.fieldPath = path}}};
}
api::EnvVar from_resource(const std::string& name, const std::string& resource,
                          const std::string& divisor = "") {
  return {.name = name,
          .valueFrom = api::EnvVarSource{.resourceFieldRef = api::ResourceFieldSelector{
                                             .divisor = divisor, .resource = resource}}};
}
api::EnvFromSource all_of_map(const std::string& name, const std::string& prefix = "") {
  return {.configMapRef = api::ConfigMapEnvSource{.name = name}, .prefix = prefix};
}
api::EnvFromSource all_of_secret(const std::string& name, const std::string& prefix = "") {
  return {.prefix = prefix, .secretRef = api::SecretEnvSource{.name = name}};
}

struct Row {
  const char* name;
  std::vector<api::EnvFromSource> env_from;
  std::vector<api::EnvVar> env;
  std::string want;
};

PodWorld base() {
  return pod()
      .config_map("conf", {{"COLOR", "blue"}, {"SIZE", "3"}})
      .secret("cred", {{"PASSWORD", "hunter2"}, {"USER", "joe"}})
      .pod([](api::Pod& p) {
        p.metadata.labels = {{"app", "web"}};
        p.metadata.annotations = {{"team/a.b", "blue"}};
      })
      .change([](World& w) {
        w.engine.cpus = 4;
        w.engine.memory_bytes = 1024;
      });
}

World world_of(const Row& row) {
  return base().spec([&](api::Container& c) {
    c.envFrom = row.env_from;
    c.env = row.env;
    c.resources = {.limits = {{"cpu", "1500m"}}, .requests = {{"memory", "100Mi"}}};
  });
}

// One line a variable; a Secret's is marked and tells its length.
std::string variables_of(const World& world) {
  const Plan plan = plan_of(world);
  if (plan.actions.empty()) return last_reason(world);
  const auto* create = std::get_if<CreateContainer>(&plan.actions.at(0));
  if (!create) return last_reason(world);
  std::string out;
  for (const std::string& line : create->spec.env) out += line + "\n";
  for (const auto& [name, value] : create->spec.secret_env) {
    out += name + " is secret (" + std::to_string(value.size()) + ")\n";
  }
  return out;
}

std::vector<Row> rows() {
  return {
      {"values_sorted_and_the_last_wins",
       {},
       {variable("B", "1"), variable("A", "2"), variable("B", "3")},
       "A=2\nB=3\n"},
      {"a_value_refers_to_earlier_ones",
       {},
       {variable("A", "x"), variable("B", "$(A)$(C)"), variable("C", "$(B)!")},
       "A=x\nB=x$(C)\nC=x$(C)!\n"},
      {"all_of_a_config_map", {all_of_map("conf")}, {}, "COLOR=blue\nSIZE=3\n"},
      {"with_a_prefix", {all_of_map("conf", "P_")}, {}, "P_COLOR=blue\nP_SIZE=3\n"},
      {"env_wins_over_env_from",
       {all_of_map("conf")},
       {variable("COLOR", "red $(SIZE)")},
       "COLOR=red 3\nSIZE=3\n"},
      {"all_of_a_secret",
       {all_of_secret("cred", "C_")},
       {},
       "C_PASSWORD is secret (7)\nC_USER is secret (3)\n"},
      {"one_key",
       {},
       {from_map("X", "conf", "COLOR"), from_secret("Y", "cred", "USER")},
       "X=blue\nY is secret (3)\n"},
      {"an_expansion_of_a_secret_is_secret",
       {},
       {from_secret("P", "cred", "PASSWORD"), variable("URL", "db://joe:$(P)@db"),
        variable("PLAIN", "db")},
       "PLAIN=db\nP is secret (7)\nURL is secret (19)\n"},
      {"a_plain_value_over_a_secret_is_plain",
       {all_of_secret("cred")},
       {variable("PASSWORD", "x"), variable("USER", "y")},
       "PASSWORD=x\nUSER=y\n"},
      {"no_map", {all_of_map("nope")}, {}, "create: configmap \"nope\" not found"},
      {"no_secret", {all_of_secret("nope")}, {}, "create: secret \"nope\" not found"},
      {"no_map_for_a_key",
       {},
       {from_map("X", "nope", "k")},
       "create: configmap \"nope\" not found"},
      {"no_key",
       {},
       {from_map("X", "conf", "k")},
       "create: couldn't find key k in ConfigMap default/conf"},
      {"no_secret_key",
       {},
       {from_secret("X", "cred", "k")},
       "create: couldn't find key k in Secret default/cred"},
      {"optional_ones_may_be_missing",
       {{.configMapRef = api::ConfigMapEnvSource{.name = "nope", .optional = true}},
        {.secretRef = api::SecretEnvSource{.name = "nope", .optional = true}}},
       {from_map("X", "nope", "k", true), from_map("Y", "conf", "k", true),
        from_secret("Z", "nope", "k", true), variable("A", "1")},
       "A=1\n"},
      {"fields_of_the_pod",
       {},
       {from_field("A", "metadata.name"), from_field("B", "metadata.namespace"),
        from_field("C", "metadata.uid"), from_field("D", "metadata.labels['app']"),
        from_field("E", "metadata.annotations['team/a.b']"),
        from_field("F", "metadata.labels['none']"), from_field("G", "spec.nodeName"),
        from_field("H", "spec.serviceAccountName"), from_field("I", "status.hostIP")},
       "A=web\nB=default\nC=u1\nD=web\nE=blue\nF=\nG=host-1\nH=default\nI=192.168.0.5\n"},
      {"the_address_is_not_known",
       {},
       {from_field("IP", "status.podIP")},
       "create: fieldRef status.podIP: the address is not known before the container starts; let "
       "the program read it from its network interface"},
      {"an_unknown_field",
       {},
       {from_field("X", "spec.color")},
       "create: fieldRef spec.color is not supported"},
      {"resources",
       {},
       {from_resource("A", "limits.cpu"), from_resource("B", "limits.cpu", "1m"),
        from_resource("C", "requests.cpu", "1m"), from_resource("D", "requests.memory"),
        from_resource("E", "requests.memory", "1Mi"), from_resource("F", "limits.memory"),
        from_resource("G", "limits.ephemeral-storage")},
       "A=2\nB=1500\nC=1500\nD=104857600\nE=100\nF=1024\nG=0\n"},
      {"an_unknown_resource",
       {},
       {from_resource("X", "spec.cpu")},
       "create: resourceFieldRef spec.cpu is not supported"},
      {"an_unreadable_divisor",
       {},
       {from_resource("X", "limits.cpu", "some")},
       "create: resourceFieldRef limits.cpu: cannot read \"1500m\" or divisor \"some\""},
  };
}

class PodEnvironment : public testing::TestWithParam<Row> {};
TEST_P(PodEnvironment, Holds) { EXPECT_EQ(variables_of(world_of(GetParam())), GetParam().want); }
INSTANTIATE_TEST_SUITE_P(Table, PodEnvironment, testing::ValuesIn(rows()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(PodEnvironmentTexts, KeysThatAreNoNamesAreSkippedAndTold) {
  const World world = base()
                          .config_map("odd", {{"1st", "x"}, {"a b", "x"}, {"ok.key-1", "y"}})
                          .settle()
                          .spec([](api::Container& c) { c.envFrom = {all_of_map("odd")}; });
  EXPECT_EQ(pod_deeds(world),
            "create container weir_app_web_default_0 image=app:1 env=[ok.key-1=y]\n"
            "event Warning InvalidEnvironmentVariableNames Pod default/web: Keys [1st, a b] from "
            "the EnvFrom ConfigMap default/odd were skipped since they are considered invalid "
            "environment variable names.\n");
}

TEST(PodEnvironmentTexts, AConfigErrorIsAStatusAndAnEventOnce) {
  const auto broken = [] {
    return base().settle().spec([](api::Container& c) { c.envFrom = {all_of_map("nope")}; });
  };
  EXPECT_EQ(pod_deeds(broken()),
            "event Warning Failed Pod default/web: Error: configmap \"nope\" not found\n");
  EXPECT_EQ(pod_deeds(broken().settle()), "");
  EXPECT_NE(pod_status(broken()).find(
                "state waiting CreateContainerConfigError \"configmap \"nope\" not found\""),
            std::string::npos);
}

// The starter that hands over secret variables needs the whole command line.
TEST(PodEnvironmentSecrets, TheImagesCommandIsGivenInFull) {
  const auto created = [](const std::function<void(api::Container&)>& change) {
    const Plan plan = plan_of(base().spec([&](api::Container& c) {
      c.env = {from_secret("P", "cred", "PASSWORD")};
      change(c);
    }));
    const ContainerSpec& spec = std::get<CreateContainer>(plan.actions.at(0)).spec;
    std::string out;
    for (const std::string& word : spec.entrypoint) out += word + " ";
    out += "|";
    for (const std::string& word : spec.command) out += " " + word;
    return out;
  };
  EXPECT_EQ(created([](api::Container&) {}), "/entry | serve");
  EXPECT_EQ(created([](api::Container& c) { c.args = {"x"}; }), "/entry | x");
  EXPECT_EQ(created([](api::Container& c) { c.command = {"sh"}; }), "sh |");
  EXPECT_EQ(created([](api::Container& c) {
              c.command = {"sh"};
              c.args = {"x"};
            }),
            "sh | x");
}

TEST(PodEnvironmentSecrets, NoneOnTheCommandLine) {
  const World world = base().spec([](api::Container& c) {
    c.env = {from_secret("P", "cred", "PASSWORD")};
    c.args = {"--password=$(P)"};
  });
  EXPECT_EQ(last_reason(world),
            "create: args: \"--password=$(P)\" would put a Secret's value on the command line, "
            "where `docker inspect` shows it; let the program read the variable itself");
}

TEST(PodEnvironmentSecrets, BytesThatNoEnvironmentCanHold) {
  const World world =
      base().secret("raw", {{"K", std::string("a\0b", 3)}}).spec([](api::Container& c) {
        c.env = {from_secret("X", "raw", "K")};
      });
  EXPECT_EQ(last_reason(world),
            "create: the Secret's value for X has a NUL byte, which no environment can hold");
}

TEST(Expansion, FollowsKubernetes) {
  const EnvValues values{{"A", {.text = "1"}}, {"EMPTY", {}}, {"S", {.text = "s", .secret = true}}};
  const struct {
    const char* text;
    const char* want;
    bool secret = false;
  } rows[] = {
      {"", ""},          {"plain", "plain"},
      {"$(A)", "1"},     {"$(A)$(A)", "11"},
      {"x$(A)y", "x1y"}, {"$(EMPTY)", ""},
      {"$(B)", "$(B)"},  {"$$(A)", "$(A)"},
      {"$$$(A)", "$1"},  {"$$$$(A)", "$$(A)"},
      {"$A", "$A"},      {"$", "$"},
      {"$$", "$"},       {"a$", "a$"},
      {"$(", "$("},      {"$(A", "$(A"},
      {"$()", "$()"},    {"$(A)$(", "1$("},
      {"${A}", "${A}"},  {"$(S)", "s", true},
      {"$$(S)", "$(S)"}, {"$(S)$(", "s$(", true},
  };
  for (const auto& row : rows) {
    const EnvValue got = expand(row.text, values);
    EXPECT_EQ(got.text, row.want) << row.text;
    EXPECT_EQ(got.secret, row.secret) << row.text;
  }
}

}  // namespace
}  // namespace weir::test
