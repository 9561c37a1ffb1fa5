// weir rollout get: a workload drawn as a tree.

#include "controller/cli/text/rollout_tree.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace weir::cli {
namespace {

using nlohmann::json;

json owned(const std::string& name, const std::string& owner, json more) {
  json object{{"metadata",
               {{"name", name},
                {"namespace", "default"},
                {"uid", "uid-" + name},
                {"ownerReferences", {{{"uid", "uid-" + owner}, {"controller", true}}}}}}};
  object.merge_patch(more);
  return object;
}

json set_of(const std::string& hash, const std::string& revision, int size) {
  return owned("web-" + hash, "web",
               {{"metadata",
                 {{"labels", {{"rollouts-pod-template-hash", hash}}},
                  {"annotations", {{"rollout.argoproj.io/revision", revision}}}}},
                {"spec", {{"replicas", size}}},
                {"status", {{"replicas", size}, {"availableReplicas", size}}}});
}

json run_of(const std::string& name, const std::string& phase, json result) {
  return owned(name, "web",
               {{"metadata", {{"annotations", {{"rollout.argoproj.io/revision", "2"}}}}},
                {"status", {{"phase", phase}, {"metricResults", {std::move(result)}}}}});
}

TEST(RolloutTree, RevisionsWithTheirPodsAndAnalyses) {
  const json rollout{
      {"kind", "Rollout"},
      {"metadata", {{"name", "web"}, {"namespace", "default"}, {"uid", "uid-web"}}},
      {"spec", {{"replicas", 1}, {"strategy", {{"canary", {{"steps", {{{"setWeight", 20}}}}}}}}}},
      {"status",
       {{"phase", "Degraded"},
        {"message", "RolloutAborted"},
        {"stableRS", "aaa"},
        {"currentPodHash", "bbb"}}}};
  TreeObjects objects;
  objects.replica_sets = {set_of("aaa", "1", 1), set_of("bbb", "2", 1), set_of("ccc", "9", 1)};
  objects.replica_sets[2]["metadata"]["ownerReferences"][0]["uid"] = "somebody";
  objects.pods = {owned("web-aaa-1", "web-aaa", {{"status", {{"phase", "Running"}}}}),
                  owned("web-bbb-1", "web-bbb", {{"status", {{"phase", "Running"}}}})};
  objects.analysis_runs = {run_of("web-bbb-2-1", "Successful", {{"successful", 3}}),
                           run_of("web-bbb-2", "Failed", {{"successful", 2}, {"failed", 1}})};
  const std::string tree = rollout_tree(rollout, objects, Time{});
  EXPECT_EQ(tree.substr(tree.find("NAME ")),
            "NAME                  KIND         STATUS        AGE        INFO\n"
            "⟳ web                 Rollout      ✖ Degraded    <unknown>  \n"
            "├──# revision:2                                             \n"
            "│  ├──⧉ web-bbb       ReplicaSet   ✔ Healthy     <unknown>  canary\n"
            "│  │  └──□ web-bbb-1  Pod          ✔ Running     <unknown>  ready:0/0\n"
            "│  ├──α web-bbb-2-1   AnalysisRun  ✔ Successful  <unknown>  ✔ 3\n"
            "│  └──α web-bbb-2     AnalysisRun  ✖ Failed      <unknown>  ✔ 2,✖ 1\n"
            "└──# revision:1                                             \n"
            "   └──⧉ web-aaa       ReplicaSet   ✔ Healthy     <unknown>  stable\n"
            "      └──□ web-aaa-1  Pod          ✔ Running     <unknown>  ready:0/0\n");
}

TEST(RolloutTree, Experiments) {
  const json rollout{
      {"kind", "Rollout"},
      {"metadata", {{"name", "web"}, {"namespace", "default"}, {"uid", "uid-web"}}},
      {"spec", {{"replicas", 1}, {"strategy", {{"canary", json::object()}}}}},
      {"status", {{"phase", "Progressing"}, {"stableRS", "aaa"}, {"currentPodHash", "bbb"}}}};
  const auto template_set = [](const std::string& name) {
    return owned(
        "web-bbb-2-0-" + name, "web-bbb-2-0",
        {{"metadata", {{"annotations", {{"experiment.argoproj.io/template-name", name}}}}},
         {"spec",
          {{"replicas", 1}, {"template", {{"spec", {{"containers", {{{"image", name}}}}}}}}}},
         {"status", {{"replicas", 1}, {"availableReplicas", 1}}}});
  };
  TreeObjects objects;
  objects.replica_sets = {set_of("aaa", "1", 1), set_of("bbb", "2", 1), template_set("canary"),
                          template_set("stable")};
  objects.pods = {owned("p", "web-bbb-2-0-canary", {{"status", {{"phase", "Running"}}}})};
  objects.experiments = {
      owned("web-bbb-2-0", "web",
            {{"metadata", {{"annotations", {{"rollout.argoproj.io/revision", "2"}}}}},
             {"status", {{"phase", "Running"}}}})};
  objects.analysis_runs = {
      owned("web-bbb-2-0-errors", "web-bbb-2-0", {{"status", {{"phase", "Running"}}}}),
      run_of("web-bbb-2", "Running", {{"successful", 2}})};
  const std::string tree = rollout_tree(rollout, objects, Time{});
  EXPECT_NE(tree.find(" canary (Σ:canary)\n"), std::string::npos) << tree;
  EXPECT_EQ(tree.substr(tree.find("NAME ")),
            "NAME                           KIND         STATUS         AGE        INFO\n"
            "⟳ web                          Rollout      ◌ Progressing  <unknown>  \n"
            "├──# revision:2                                                       \n"
            "│  ├──⧉ web-bbb                ReplicaSet   ✔ Healthy      <unknown>  canary\n"
            "│  ├──Σ web-bbb-2-0            Experiment   ✔ Running      <unknown>  \n"
            "│  │  ├──⧉ web-bbb-2-0-canary  ReplicaSet   ✔ Healthy      <unknown>  Σ:canary\n"
            "│  │  │  └──□ p                Pod          ✔ Running      <unknown>  ready:0/0\n"
            "│  │  ├──⧉ web-bbb-2-0-stable  ReplicaSet   ✔ Healthy      <unknown>  Σ:stable\n"
            "│  │  └──α web-bbb-2-0-errors  AnalysisRun  ✔ Running      <unknown>  \n"
            "│  └──α web-bbb-2              AnalysisRun  ✔ Running      <unknown>  ✔ 2\n"
            "└──# revision:1                                                       \n"
            "   └──⧉ web-aaa                ReplicaSet   ✔ Healthy      <unknown>  stable\n");
}

}  // namespace
}  // namespace weir::cli
