// The documents that a Kustomization makes of a commit's files.

#include "controller/kustomization/render.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "controller/yaml/yaml_text.h"

namespace weir::kustomization {
namespace {

constexpr char kConfig[] =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata: {colour: blue}\n";

std::string config(const std::string& name) {
  std::string text = kConfig;
  return text.replace(text.find("NAME"), 4, name);
}

ApplySource of(SourceFiles files, const std::string& path = "./") {
  ApplySource what;
  what.kustomization = {.kind = Kind::Kustomization, .ns = "flux", .name = "shop"};
  what.revision = "main@sha1:aaa";
  what.spec.path = path;
  what.files = std::make_shared<const SourceFiles>(std::move(files));
  return what;
}

// "ConfigMap/a in prod": what came of it, without what everything has.
std::string names(const ApplySource& what) {
  const auto made = render(what);
  if (!made) return "error: " + made.error().message;
  std::string out;
  for (const nlohmann::json& document : *made) {
    const auto& metadata = document.at("metadata");
    EXPECT_EQ(metadata.at("labels").at("kustomize.toolkit.fluxcd.io/name"), "shop");
    EXPECT_EQ(metadata.at("labels").at("kustomize.toolkit.fluxcd.io/namespace"), "flux");
    out += (out.empty() ? "" : ", ") + document.at("kind").get<std::string>() + "/" +
           metadata.at("name").get<std::string>();
    if (metadata.contains("namespace")) out += " in " + metadata.at("namespace").get<std::string>();
  }
  return out;
}

TEST(Render, Folders) {
  const SourceFiles plain{{"apps/b.yaml", config("b")},
                          {"apps/deep/c.yml", config("c")},
                          {"apps/notes.md", "no manifest"},
                          {"apps/.hidden.yaml", "no: manifest"},
                          {"other/d.yaml", config("d")}};
  SourceFiles with_own = plain;
  with_own["apps/deep/kustomization.yaml"] = "namePrefix: x-\nresources: [c.yml]\n";
  SourceFiles whole = plain;
  whole["apps/kustomization.yaml"] = "resources: [b.yaml]\n";
  const struct {
    const char* name;
    ApplySource what;
    const char* want;
  } rows[] = {
      {"everything below, without a kustomization.yaml", of(plain, "./apps"),
       "ConfigMap/b, ConfigMap/c"},
      {"the root", of(plain), "ConfigMap/b, ConfigMap/c, ConfigMap/d"},
      {"a path however it is written", of(plain, "/apps/../apps//"), "ConfigMap/b, ConfigMap/c"},
      {"a folder below that has one", of(with_own, "apps"), "ConfigMap/b, ConfigMap/x-c"},
      {"one that says what belongs to it", of(whole, "apps"), "ConfigMap/b"},
      {"not there", of(plain, "./nowhere"),
       "error: kustomization path not found: ./nowhere is not in main@sha1:aaa"},
  };
  for (const auto& row : rows) EXPECT_EQ(names(row.what), row.want) << row.name;
}

TEST(Render, TheFieldsOfTheSpecLieOver) {
  const auto with = [](const std::function<void(api::KustomizationSpec&)>& change) {
    ApplySource what = of({{"a.yaml", config("a")},
                           {"extra/kustomization.yaml",
                            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
                            "nameSuffix: -extra\n"}},
                          "./");
    what.files = std::make_shared<const SourceFiles>(
        SourceFiles{{"app/a.yaml", config("a")},
                    {"extra/kustomization.yaml",
                     "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
                     "nameSuffix: -extra\n"}});
    what.spec.path = "app";
    change(what.spec);
    return names(what);
  };
  EXPECT_EQ(with([](auto& s) { s.targetNamespace = "prod"; }), "ConfigMap/a in prod");
  EXPECT_EQ(with([](auto& s) { s.namePrefix = "p-"; }), "ConfigMap/p-a");
  EXPECT_EQ(with([](auto& s) { s.nameSuffix = "-s"; }), "ConfigMap/a-s");
  EXPECT_EQ(with([](auto& s) { s.components = {"../extra"}; }), "ConfigMap/a-extra");
  EXPECT_EQ(with([](auto& s) {
              s.components = {"../gone"};
              s.ignoreMissingComponents = true;
            }),
            "ConfigMap/a");
  EXPECT_EQ(with([](auto& s) {
              auto& patch = s.patches.emplace_back();
              patch.patch = "- {op: replace, path: /metadata/name, value: patched}\n";
              patch.target.emplace().kind = "ConfigMap";
            }),
            "ConfigMap/patched");
}

TEST(Render, Variables) {
  ApplySource what = of({{"a.yaml",
                          "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: '${NAME}'}\n"
                          "spec:\n  replicas: ${COUNT:-2}\n"},
                         {"b.yaml",
                          "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: script, annotations: "
                          "{kustomize.toolkit.fluxcd.io/substitute: disabled}}\n"
                          "data: {run: 'echo ${arr[@]}'}\n"}});
  what.spec.postBuild.emplace();
  what.substitutes = {{"NAME", "web"}, {"COUNT", "5"}};
  const auto made = render(what);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->at(0).at("data").at("run"), "echo ${arr[@]}");
  EXPECT_EQ(made->at(1).at("metadata").at("name"), "web");
  EXPECT_EQ(made->at(1).at("spec").at("replicas"), 5);  // a number, not a text
}

TEST(Render, WhatIsWrongIsSaidWithItsPlace) {
  EXPECT_EQ(names(of({{"apps/a.yaml", "a: [b\n"}}, "apps")),
            "error: in 'apps': a.yaml: line 2, column 1: end of sequence flow not found");
  ApplySource what = of({{"a.yaml", config("'${x!}'")}});
  what.spec.postBuild.emplace();
  EXPECT_TRUE(names(what).starts_with("error: ConfigMap/${x!}: bad substitution: ${x!} ("))
      << names(what);
  EXPECT_NE(names(of({{"kustomization.yaml", "resources: [https://example.com/x.yaml]\n"}}))
                .find("error:"),
            std::string::npos);
}

}  // namespace
}  // namespace weir::kustomization
