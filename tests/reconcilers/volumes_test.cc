// Volumes: the files that are written, when they are written again, and where they are mounted.

#include "reconcilers/volumes.h"

#include <gtest/gtest.h>

#include "tests/support/pod_world.h"

namespace weir::test {
namespace {

struct Row {
  const char* name;
  World world;
  std::string want;
};

api::Volume config_volume(const api::ConfigMapVolumeSource& source) {
  return {.configMap = source, .name = "v"};
}
api::Volume secret_volume(const api::SecretVolumeSource& source) {
  return {.name = "v", .secret = source};
}
api::Volume empty_volume(const std::string& medium = "") {
  return {.emptyDir = api::EmptyDirVolumeSource{.medium = medium}, .name = "v"};
}
api::Volume host_volume(const std::string& path, const std::string& type = "") {
  return {.hostPath = api::HostPathVolumeSource{.path = path, .type = type}, .name = "v"};
}

// A settled pod with that volume mounted at /v, over which "conf" and "cred" exist.
PodWorld with_volume(const api::Volume& volume, const api::VolumeMount& how = {}) {
  return pod()
      .config_map("conf", {{"a.txt", "AAA"}, {"b.txt", "B"}})
      .secret("cred", {{"key", "hunter2"}})
      .settle()
      .pod([&](api::Pod& p) {
        p.metadata.labels = {{"app", "web"}, {"tier", "a\"b"}};
        p.spec.volumes = {volume};
        api::VolumeMount mount = how;
        mount.name = "v";
        mount.mountPath = "/v";
        p.spec.containers[0].volumeMounts = {mount};
      });
}

const char kCreate[] = "create container weir_app_web_default_0 image=app:1 mount=/v";

std::string waits(const std::string& why) {
  return "event Warning FailedMount Pod default/web: MountVolume.SetUp failed for volume \"v\" : " +
         why + "\n";
}
std::string writes(const std::string& files) {
  return "write volume v of Pod default/web" + files + "\n";
}

std::vector<Row> rows() {
  const auto conf = [](std::vector<api::KeyToPath> items = {}, std::optional<bool> optional = {}) {
    return with_volume(config_volume({.items = items, .name = "conf", .optional = optional}));
  };
  return {
      {"config_map", conf(), writes(" a.txt(3) b.txt(1)")},
      {"config_map_written", conf().written(), std::string(kCreate) + ":ro\n"},
      {"config_map_items", conf({{.key = "b.txt", .path = "x/y.txt"}}), writes(" x/y.txt(1)")},
      {"config_map_missing", with_volume(config_volume({.name = "nope"})),
       waits("configmap \"nope\" not found")},
      {"config_map_missing_and_optional",
       with_volume(config_volume({.name = "nope", .optional = true})), writes("")},
      {"config_map_key_missing", conf({{.key = "c", .path = "c"}}),
       waits("references non-existent config key: c")},
      {"config_map_key_missing_and_optional", conf({{.key = "c", .path = "c"}}, true), writes("")},
      {"a_path_that_leads_out", conf({{.key = "a.txt", .path = "../../etc/passwd"}}),
       waits("path \"../../etc/passwd\" leads out of the volume")},
      {"secret_stays_in_memory", with_volume(secret_volume({.secretName = "cred"})),
       writes(" (memory) key(7)")},
      {"secret_missing", with_volume(secret_volume({.secretName = "nope"})),
       waits("secret \"nope\" not found")},
      {"empty_dir", with_volume(empty_volume()), writes("")},
      {"empty_dir_in_memory", with_volume(empty_volume("Memory")), writes(" (memory)")},
      {"empty_dir_there", with_volume(empty_volume()).volume("v", "whatever"),
       std::string(kCreate) + "\n"},
      {"empty_dir_read_only", with_volume(empty_volume(), {.readOnly = true}).volume("v", "x"),
       std::string(kCreate) + ":ro\n"},
      {"host_path_needs_no_files", with_volume(host_volume("/srv")), std::string(kCreate) + "\n"},
      {"unsupported",
       with_volume(
           {.name = "v",
            .persistentVolumeClaim = api::PersistentVolumeClaimVolumeSource{.claimName = "data"}}),
       waits("weir does not support this kind of volume")},
      {"engine_elsewhere", conf().change([](World& w) { w.engine.local = false; }),
       waits("the engine runs on another host, which cannot mount files that weir writes on this "
             "one")},
      {"host_path_on_an_engine_elsewhere",
       with_volume(host_volume("/srv")).change([](World& w) { w.engine.local = false; }),
       std::string(kCreate) + "\n"},
      {"a_write_that_failed_is_retried_with_a_pause",
       conf().attempt("write-volume u1/v", 3, 1, "Failed"), "wake in 3s\n"},
      {"a_running_pod_is_left_alone", conf().written().with({}).settle(), ""},
      {"a_changed_config_map_is_written_live",
       conf().written().with({}).settle().config_map("conf", {{"a.txt", "AAAA"}}, "2"),
       writes(" a.txt(4)")},
      {"a_config_map_made_anew_is_written_live",
       conf().written().with({}).settle().config_map("conf", {{"a.txt", "A"}}, "9"),
       writes(" a.txt(1)")},
      {"a_config_map_that_is_gone_changes_nothing",
       conf().written().with({}).settle().change(
           [](World& w) { w.erase({.kind = Kind::ConfigMap, .ns = "default", .name = "conf"}); }),
       ""},
      {"a_changed_secret_is_written_live",
       with_volume(secret_volume({.secretName = "cred"}))
           .written()
           .with({})
           .settle()
           .secret("cred", {{"key", "s"}}, "2"),
       writes(" (memory) key(1)")},
      {"memory_is_empty_after_a_reboot",
       with_volume(secret_volume({.secretName = "cred"}))
           .with({.state = exited, .finished = 50})
           .settle(),
       writes(" (memory) key(7)")},
      {"created_waits_for_its_volumes_too",
       with_volume(secret_volume({.secretName = "cred"})).with({.state = created}).settle(),
       writes(" (memory) key(7)")},
      {"downward",
       with_volume(
           {.downwardAPI =
                api::DownwardAPIVolumeSource{
                    .items = {{.fieldRef = api::ObjectFieldSelector{.fieldPath = "metadata.name"},
                               .path = "name"},
                              {.fieldRef = api::ObjectFieldSelector{.fieldPath = "metadata.labels"},
                               .path = "labels"},
                              {.path = "cpu",
                               .resourceFieldRef =
                                   api::ResourceFieldSelector{.resource = "limits.cpu"}}}},
            .name = "v"}),
       writes(" name(3) labels(21) cpu(1)")},
      {"projected",
       with_volume(
           {.name = "v",
            .projected =
                api::ProjectedVolumeSource{
                    .sources = {{.configMap =
                                     api::ConfigMapProjection{
                                         .items = {{.key = "a.txt", .path = "a"}}, .name = "conf"}},
                                {.secret = api::SecretProjection{.name = "cred"}}}}}),
       writes(" (memory) a(3) key(7)")},
      {"projected_later_sources_win",
       with_volume({.name = "v",
                    .projected =
                        api::ProjectedVolumeSource{
                            .sources = {{.configMap =
                                             api::ConfigMapProjection{
                                                 .items = {{.key = "a.txt", .path = "x"}},
                                                 .name = "conf"}},
                                        {.configMap =
                                             api::ConfigMapProjection{
                                                 .items = {{.key = "b.txt", .path = "x"}},
                                                 .name = "conf"}}}}}),
       writes(" x(1)")},
      {"projected_token",
       with_volume(
           {.name = "v",
            .projected =
                api::ProjectedVolumeSource{
                    .sources = {{.serviceAccountToken = api::ServiceAccountTokenProjection{}}}}}),
       waits("serviceAccountToken is not supported: weir has no service accounts")},
  };
}

class VolumesTable : public testing::TestWithParam<Row> {};
TEST_P(VolumesTable, Plan) { EXPECT_EQ(pod_deeds(GetParam().world), GetParam().want); }
INSTANTIATE_TEST_SUITE_P(Table, VolumesTable, testing::ValuesIn(rows()),
                         [](const auto& info) { return std::string(info.param.name); });

WriteVolume write_of(const World& world) {
  return std::get<WriteVolume>(plan_of(world).actions.at(0));
}

TEST(VolumeFiles, BytesAndModes) {
  const WriteVolume write =
      write_of(with_volume(secret_volume({.defaultMode = 0400,
                                          .items = {{.key = "key", .path = "k"},
                                                    {.key = "key", .mode = 0640, .path = "l"}},
                                          .secretName = "cred"}))
                   .pod([](api::Pod& p) { p.spec.securityContext.fsGroup = 2000; }));
  EXPECT_EQ(write.files,
            (std::vector<VolumeFile>{{.path = "k", .bytes = "hunter2", .mode = 0400},
                                     {.path = "l", .bytes = "hunter2", .mode = 0640}}));
  EXPECT_EQ(write.group, 2000);
  EXPECT_FALSE(write.empty_dir);
}

TEST(VolumeFiles, DownwardTextsAreQuoted) {
  const WriteVolume write = write_of(with_volume(
      {.downwardAPI =
           api::DownwardAPIVolumeSource{
               .items = {{.fieldRef = api::ObjectFieldSelector{.fieldPath = "metadata.labels"},
                          .path = "labels"}}},
       .name = "v"}));
  EXPECT_EQ(write.files.at(0).bytes, "app=\"web\"\ntier=\"a\\\"b\"");
}

TEST(VolumeFiles, BinaryData) {
  const WriteVolume write =
      write_of(with_volume(config_volume({.name = "conf"})).change([](World& w) {
        api::ConfigMap map;
        map.binaryData = {{"bin", "AAEC"}};
        map.metadata = {.name = "conf", .namespace_ = "default"};
        w.put(Object(map));
      }));
  EXPECT_EQ(write.files.at(0).bytes, std::string("\0\1\2", 3));
}

// The hash must differ whenever the files might, and stay when nothing was written.
TEST(VolumeFiles, TheHashFollowsTheSources) {
  const auto hash = [](const PodWorld& world) { return write_of(world).hash; };
  const auto conf = [] { return with_volume(config_volume({.name = "conf"})); };
  EXPECT_EQ(hash(conf()), hash(conf()));
  EXPECT_NE(hash(conf()), hash(conf().config_map("conf", {{"a.txt", "AAA"}}, "2")));
  EXPECT_NE(hash(conf()), hash(with_volume(config_volume({.defaultMode = 0600, .name = "conf"}))));
  EXPECT_NE(hash(conf()),
            hash(conf().pod([](api::Pod& p) { p.spec.securityContext.fsGroup = 1; })));
}

struct MountRow {
  const char* name;
  World world;
  std::string want;
};

std::string mounts_in(const World& world) {
  const std::string spec = created_spec(world);
  const std::size_t from = spec.find("mount ");
  return from == std::string::npos ? spec : spec.substr(from, spec.find('\n', from) - from);
}

std::vector<MountRow> mount_rows() {
  const auto empty = [](const api::VolumeMount& how) {
    return with_volume(empty_volume(), how).volume("v", "x");
  };
  return {
      {"empty_dir", empty({}), "mount /volumes/u1/v -> /v"},
      {"empty_dir_in_memory", with_volume(empty_volume("Memory")).volume("v", "x"),
       "mount /memory/u1/v -> /v"},
      {"secret", with_volume(secret_volume({.secretName = "cred"})).written(),
       "mount /memory/u1/v -> /v ro"},
      {"host_path", with_volume(host_volume("/srv/data", "DirectoryOrCreate")),
       "mount /srv/data -> /v DirectoryOrCreate"},
      {"sub_path", empty({.subPath = "a/b"}), "mount /volumes/u1/v/a/b -> /v within /volumes/u1/v"},
      {"sub_path_of_a_host_path", with_volume(host_volume("/srv", "Directory"), {.subPath = "a"}),
       "mount /srv/a -> /v within /srv"},
      {"sub_path_with_variables", empty({.subPathExpr = "$(NAME)-x"}).spec([](api::Container& c) {
         c.env = {{.name = "NAME", .value = "n"}};
       }),
       "mount /volumes/u1/v/n-x -> /v within /volumes/u1/v"},
      {"sub_path_that_leads_out", empty({.subPath = "a/../../x"}),
       "nothing created: create: volumeMount v: subPath \"a/../../x\" leads out of the volume\n"},
      {"sub_path_from_the_root", empty({.subPath = "/x"}),
       "nothing created: create: volumeMount v: subPath \"/x\" leads out of the volume\n"},
      {"sub_path_with_a_secret", empty({.subPathExpr = "$(P)"}).spec([](api::Container& c) {
         c.env = {{.name = "P",
                   .valueFrom = api::EnvVarSource{
                       .secretKeyRef = api::SecretKeySelector{.key = "key", .name = "cred"}}}};
       }),
       "nothing created: create: volumeMount v: subPathExpr uses a Secret's value, which would "
       "show "
       "in `docker inspect`\n"},
      {"no_such_volume",
       pod().spec([](api::Container& c) { c.volumeMounts = {{.mountPath = "/x", .name = "x"}}; }),
       "nothing created: create: volumeMount x: the pod has no such volume\n"},
  };
}

class MountsTable : public testing::TestWithParam<MountRow> {};
TEST_P(MountsTable, Are) { EXPECT_EQ(mounts_in(GetParam().world), GetParam().want); }
INSTANTIATE_TEST_SUITE_P(Table, MountsTable, testing::ValuesIn(mount_rows()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace weir::test
