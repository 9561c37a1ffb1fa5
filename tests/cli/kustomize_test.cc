// weir kustomize, and -k wherever -f is taken.

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/cli/run.h"

namespace weir::cli {
namespace {

constexpr const char* kMap = "/api/v1/namespaces/shop/configmaps/p-cm";
constexpr const char* kApply = "?fieldManager=weir&fieldValidation=Strict";
constexpr const char* kObject =
    R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"p-cm","namespace":"shop",)"
    R"("resourceVersion":"4"}})";

std::string folder() {
  write_file("kustomized/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\n");
  const std::string file = write_file("kustomized/kustomization.yaml",
                                      "resources: [cm.yaml]\nnamePrefix: p-\nnamespace: shop\n");
  return std::filesystem::path(file).parent_path().string();
}

TEST(Kustomize, PrintsYamlAndAsksNoServer) {
  FakeApi api;
  const std::string want =
      "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: p-cm\n  namespace: shop\n";
  EXPECT_EQ(run_line(api, "kustomize " + folder()), want + "exit 0\n");
  EXPECT_EQ(asked(api), "");
}

TEST(Kustomize, AFolderWithoutAKustomizationFails) {
  FakeApi api;
  const std::string file = write_file("plain/cm.yaml", "a: b\n");
  const std::string empty = std::filesystem::path(file).parent_path().string();
  EXPECT_EQ(run_line(api, "kustomize " + empty),
            "--- err\nerror: unable to find one of 'kustomization.yaml', 'kustomization.yml' or "
            "'Kustomization' in directory '" +
                std::filesystem::canonical(empty).string() + "'\nexit 1\n");
}

TEST(Kustomize, VerbsTakeItWhereTheyTakeFiles) {
  FakeApi api;
  api.on(std::string("GET ") + kMap, kObject)
      .on(std::string("PATCH ") + kMap + kApply, kObject)
      .on(std::string("PATCH ") + kMap + "?fieldManager=weir&fieldValidation=Strict&dryRun=All",
          kObject)
      .on(std::string("DELETE ") + kMap, R"({"kind":"Status","status":"Success"})");
  const std::string k = " -k " + folder();
  EXPECT_EQ(run_line(api, "apply" + k), "configmap/p-cm unchanged\nexit 0\n");
  EXPECT_EQ(run_line(api, "diff" + k), "exit 0\n");
  EXPECT_EQ(run_line(api, "get -o name" + k), "configmap/p-cm\nexit 0\n");
  EXPECT_EQ(run_line(api, "delete --wait=false" + k), "configmap \"p-cm\" deleted\nexit 0\n");
}

TEST(Kustomize, DeprecatedFieldsAreSaid) {
  FakeApi api;
  const std::string file = write_file("deprecated/kustomization.yaml", "bases: [b]\n");
  write_file("deprecated/b/kustomization.yaml", "resources: []\n");
  const std::string folder = std::filesystem::path(file).parent_path().string();
  const std::string warning =
      "--- err\nWarning: 'bases' is deprecated. Please use 'resources' instead.\n";
  EXPECT_EQ(run_line(api, "kustomize " + folder), warning + "exit 0\n");
  EXPECT_EQ(run_line(api, "apply -k " + folder),
            warning + "error: no objects passed to apply\nexit 1\n");
}

TEST(Kustomize, FilesAndAFolderExcludeEachOther) {
  FakeApi api;
  const std::string both = run_line(api, "apply -f x.yaml -k " + folder());
  EXPECT_NE(both.find("--filename excludes --kustomize"), std::string::npos) << both;
  const std::string none = run_line(api, "apply");
  EXPECT_NE(none.find("--filename or --kustomize is required"), std::string::npos) << none;
}

}  // namespace
}  // namespace weir::cli
