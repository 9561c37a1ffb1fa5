// What the engine is told to create, for each field of a pod that has a say in it.

#include <gtest/gtest.h>

#include <sstream>

#include "reconcilers/pod_hash.h"
#include "tests/support/pod_world.h"

namespace weir::test {
namespace {

struct Row {
  const char* name;
  World world;
  std::string want;  // lines added to the plain container's
};

PodWorld with_spec(const std::function<void(api::PodSpec&)>& change) {
  return pod().pod([&](api::Pod& p) { change(p.spec); });
}
PodWorld with_container(const std::function<void(api::Container&)>& change) {
  return pod().spec(change);
}
PodWorld secured(const std::function<void(api::SecurityContext&)>& change) {
  return with_container([&](api::Container& c) {
    c.securityContext.emplace();
    change(*c.securityContext);
  });
}

// What is there without being asked for: left out of the rows below.
const char kPlain[] =
    "name weir_app_web_default_0\n"
    "image app:1\n"
    "hostname web\n"
    "network weir\n"
    "dns-search default.svc.cluster.local svc.cluster.local\n"
    "dns-options ndots:5\n";

// Lines that are not the plain container's; "-line" for those of its lines that are missing.
std::string beyond_plain(const std::string& spec) {
  std::string out;
  std::istringstream lines(spec);
  for (std::string line; std::getline(lines, line);) {
    if (std::string(kPlain).find(line + "\n") == std::string::npos) out += line + "\n";
  }
  std::istringstream plain(kPlain);
  for (std::string line; std::getline(plain, line);) {
    if (spec.find(line + "\n") == std::string::npos) out += "-" + line + "\n";
  }
  return out;
}

std::vector<Row> rows() {
  return {
      {"plain", pod(), ""},
      {"command_and_args", with_container([](api::Container& c) {
         c.command = {"sh", "-c"};
         c.args = {"echo $(HOME) $$(X)"};
         c.env = {{.name = "HOME", .value = "/root"}};
       }),
       "entrypoint sh -c\ncommand echo /root $(X)\nenv HOME=/root\n"},
      {"working_dir_tty_stdin", with_container([](api::Container& c) {
         c.workingDir = "/srv";
         c.tty = true;
         c.stdin_ = true;
       }),
       "working-dir /srv\nflags tty stdin\n"},
      {"limits", with_container([](api::Container& c) {
         c.resources.limits = {{"cpu", "1500m"}, {"memory", "128Mi"}};
       }),
       "memory 134217728\nnano-cpus 1500000000\ncpu-shares 1536\n"},
      {"requests", with_container([](api::Container& c) {
         c.resources.requests = {{"cpu", "250m"}, {"memory", "1Gi"}};
       }),
       "cpu-shares 256\n"},
      {"tiny_and_huge_shares", with_container([](api::Container& c) {
         c.resources.requests = {{"cpu", "1m"}};
       }),
       "cpu-shares 2\n"},
      {"huge_shares", with_container([](api::Container& c) {
         c.resources.requests = {{"cpu", "9999"}};
       }),
       "cpu-shares 262144\n"},
      {"unreadable_quantity", with_container([](api::Container& c) {
         c.resources.limits = {{"memory", "lots"}};
       }),
       "nothing created: create: resources: cannot read quantity \"lots\"\n"
       "-name weir_app_web_default_0\n-image app:1\n-hostname web\n-network weir\n"
       "-dns-search default.svc.cluster.local svc.cluster.local\n-dns-options ndots:5\n"},
      {"host_ports", with_container([](api::Container& c) {
         c.ports = {
             {.containerPort = 80},
             {.containerPort = 53, .hostIP = "10.1.1.1", .hostPort = 5353, .protocol = "UDP"}};
       }),
       "port 10.1.1.1:5353->53/udp\n"},
      {"host_network",
       pod()
           .spec([](api::Container& c) { c.ports = {{.containerPort = 80, .hostPort = 80}}; })
           .pod([](api::Pod& p) { p.spec.hostNetwork = true; }),
       "network host\n-hostname web\n-network weir\n"
       "-dns-search default.svc.cluster.local svc.cluster.local\n-dns-options ndots:5\n"},
      {"host_pid_and_ipc", with_spec([](api::PodSpec& s) {
         s.hostPID = true;
         s.hostIPC = true;
       }),
       "pid-mode host\nipc-mode host\n"},
      {"hostname_and_subdomain", with_spec([](api::PodSpec& s) {
         s.hostname = "db-0";
         s.subdomain = "db";
       }),
       "hostname db-0\n-hostname web\n"},
      {"hostname_as_fqdn", with_spec([](api::PodSpec& s) {
         s.hostname = "db-0";
         s.subdomain = "db";
         s.setHostnameAsFQDN = true;
       }),
       "hostname db-0.db.default.svc.cluster.local\n-hostname web\n"},
      {"long_hostname_is_cut",
       with_spec([](api::PodSpec& s) { s.hostname = std::string(62, 'a') + "-bcd"; }),
       "hostname " + std::string(62, 'a') + "\n-hostname web\n"},
      {"host_aliases", with_spec([](api::PodSpec& s) {
         s.hostAliases = {{.hostnames = {"a", "b"}, .ip = "10.9.9.9"}};
       }),
       "extra-hosts a:10.9.9.9 b:10.9.9.9\n"},
      {"dns_policy_default", with_spec([](api::PodSpec& s) { s.dnsPolicy = "Default"; }),
       "-dns-search default.svc.cluster.local svc.cluster.local\n-dns-options ndots:5\n"},
      {"dns_policy_none", with_spec([](api::PodSpec& s) {
         s.dnsPolicy = "None";
         s.dnsConfig = api::PodDNSConfig{.nameservers = {"1.1.1.1"}, .searches = {"example.com"}};
       }),
       "dns-servers 1.1.1.1\ndns-search example.com\n"
       "-dns-search default.svc.cluster.local svc.cluster.local\n-dns-options ndots:5\n"},
      {"dns_config_is_merged", with_spec([](api::PodSpec& s) {
         s.dnsConfig =
             api::PodDNSConfig{.options = {{.name = "ndots", .value = "2"}, {.name = "edns0"}},
                               .searches = {"example.com", "svc.cluster.local"}};
       }),
       "dns-search default.svc.cluster.local svc.cluster.local example.com\n"
       "dns-options ndots:2 edns0\n"
       "-dns-search default.svc.cluster.local svc.cluster.local\n-dns-options ndots:5\n"},
      {"dns_on_the_hosts_network", with_spec([](api::PodSpec& s) {
         s.hostNetwork = true;
         s.dnsPolicy = "ClusterFirstWithHostNet";
       }),
       "network host\n-hostname web\n-network weir\n"},
      {"user_and_group", with_spec([](api::PodSpec& s) {
         s.securityContext.runAsUser = 1000;
         s.securityContext.runAsGroup = 2000;
         s.securityContext.fsGroup = 3000;
         s.securityContext.supplementalGroups = {4000};
         s.securityContext.sysctls = {{.name = "net.core.somaxconn", .value = "4096"}};
       }),
       "user 1000:2000\ngroups 4000 3000\nsysctl net.core.somaxconn=4096\n"},
      {"the_containers_user_wins",
       secured([](api::SecurityContext& s) { s.runAsUser = 7; }).pod([](api::Pod& p) {
         p.spec.securityContext.runAsUser = 1000;
       }),
       "user 7\n"},
      {"hardened", secured([](api::SecurityContext& s) {
         s.allowPrivilegeEscalation = false;
         s.readOnlyRootFilesystem = true;
         s.capabilities = api::Capabilities{.add = {"NET_BIND_SERVICE"}, .drop = {"ALL"}};
         s.seccompProfile = api::SeccompProfile{.type = "RuntimeDefault"};
       }),
       "flags read-only-root no-new-privileges\nadd-capabilities NET_BIND_SERVICE\n"
       "drop-capabilities ALL\n"},
      {"privileged_unconfined_labelled", secured([](api::SecurityContext& s) {
         s.privileged = true;
         s.seccompProfile = api::SeccompProfile{.type = "Unconfined"};
         s.seLinuxOptions = api::SELinuxOptions{.level = "s0:c1", .type = "spc_t"};
       }),
       "flags privileged\nsecurity-options label=type:spc_t "
       "label=level:s0:c1 seccomp=unconfined\n"},
      {"non_root_by_its_own_word", secured([](api::SecurityContext& s) {
         s.runAsNonRoot = true;
         s.runAsUser = 5;
       }),
       "user 5\n"},
      {"non_root_by_the_image", secured([](api::SecurityContext& s) {
                                  s.runAsNonRoot = true;
                                }).change([](World& w) { w.images["app:1"].user = "1000:staff"; }),
       ""},
  };
}

class PodSpecTable : public testing::TestWithParam<Row> {};
TEST_P(PodSpecTable, Adds) {
  EXPECT_EQ(beyond_plain(created_spec(GetParam().world)), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Table, PodSpecTable, testing::ValuesIn(rows()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(PodSpec, RefusesWhatItCannotShowToBeNonRoot) {
  const auto refused = [](const char* image_user, std::optional<std::int64_t> user) {
    return last_reason(secured([&](api::SecurityContext& s) {
                         s.runAsNonRoot = true;
                         s.runAsUser = user;
                       }).change([&](World& w) { w.images["app:1"].user = image_user; }));
  };
  const std::string about = " (pod: \"web_default(u1)\", container: app)";
  EXPECT_EQ(refused("", std::nullopt),
            "create: container has runAsNonRoot and image will run as root" + about);
  EXPECT_EQ(refused("0:5", std::nullopt),
            "create: container has runAsNonRoot and image will run as root" + about);
  EXPECT_EQ(refused("nobody", std::nullopt),
            "create: container has runAsNonRoot and image has non-numeric user (nobody), cannot "
            "verify user is non-root" +
                about);
  EXPECT_EQ(refused("1000", 0), "create: container's runAsUser breaks non-root policy" + about);
}

TEST(PodSpec, RefusesALocalSeccompProfile) {
  const World world = secured([](api::SecurityContext& s) {
    s.seccompProfile = api::SeccompProfile{.localhostProfile = "x.json", .type = "Localhost"};
  });
  EXPECT_EQ(last_reason(world),
            "create: securityContext.seccompProfile: Localhost profiles are not supported; use "
            "RuntimeDefault");
}

TEST(PodSpec, Labels) {
  const World world = pod().pod([](api::Pod& p) {
    p.metadata.ownerReferences = {{.apiVersion = "apps/v1",
                                   .controller = true,
                                   .kind = "ReplicaSet",
                                   .name = "web-5d9c",
                                   .uid = "r1"}};
  });
  const auto& spec = world.get<api::Pod>("default", "web")->spec;
  EXPECT_EQ(created_labels(world),
            "dev.weir.attempt=0\ndev.weir.backoff=0\ndev.weir.instance=weir\n"
            "dev.weir.owner=ReplicaSet/web-5d9c\ndev.weir.spec=" +
                spec_hash(spec, spec.containers[0]) +
                "\ndev.weir.store=store-1\ndev.weir.uid=u1\n"
                "io.kubernetes.container.name=app\nio.kubernetes.pod.name=web\n"
                "io.kubernetes.pod.namespace=default\nio.kubernetes.pod.uid=u1\n");
}

// A hash that changes with weir's version would restart every container at an upgrade.
TEST(PodSpec, TheHashOfAPlainPodIsWhatItWas) {
  const World world = pod();
  const auto& spec = world.get<api::Pod>("default", "web")->spec;
  EXPECT_EQ(spec_hash(spec, spec.containers[0]), "ae23afd8bb96b362");
}

TEST(PodSpec, TheHashCoversWhatMakesTheContainerAndNothingElse) {
  const auto hash = [](const std::function<void(api::PodSpec&)>& change) {
    const World world = with_spec(change);
    const auto& spec = world.get<api::Pod>("default", "web")->spec;
    return spec_hash(spec, spec.containers[0]);
  };
  const std::string plain = hash([](api::PodSpec&) {});
  EXPECT_NE(plain, hash([](api::PodSpec& s) { s.containers[0].image = "app:2"; }));
  EXPECT_NE(plain, hash([](api::PodSpec& s) { s.containers[0].args = {"a"}; }));
  EXPECT_NE(hash([](api::PodSpec& s) {
              s.containers[0].args = {"a", "b"};
            }),
            hash([](api::PodSpec& s) { s.containers[0].args = {"ab"}; }));
  EXPECT_NE(hash([](api::PodSpec& s) { s.containers[0].args = {"a"}; }),
            hash([](api::PodSpec& s) { s.containers[0].command = {"a"}; }));
  EXPECT_NE(plain, hash([](api::PodSpec& s) { s.hostNetwork = true; }));
  EXPECT_NE(plain, hash([](api::PodSpec& s) { s.volumes = {{.name = "v"}}; }));
  EXPECT_EQ(plain, hash([](api::PodSpec& s) { s.activeDeadlineSeconds = 5; }));
  EXPECT_EQ(plain, hash([](api::PodSpec& s) { s.terminationGracePeriodSeconds = 5; }));
  EXPECT_EQ(plain, hash([](api::PodSpec& s) { s.nodeName = "host-1"; }));
}

}  // namespace
}  // namespace weir::test
