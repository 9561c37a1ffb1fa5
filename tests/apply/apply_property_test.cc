// What must hold whatever is written, on generated pods: seeded, so that a failure can be repeated.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "controller/apply/managed_fields/server_side_apply.h"
#include "controller/apply/managed_fields/structured_compare.h"
#include "controller/apply/merge_patch.h"
#include "controller/apply/strategic_merge.h"
#include "tests/apply/documents.h"

namespace weir {
namespace {

using nlohmann::json;

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }
  bool often() { return below(3) != 0; }

  // Few names and values, so that writers meet.
  json pod() {
    json result = {{"metadata", {{"name", "p"}}}, {"spec", json::object()}};
    if (often()) result["metadata"]["labels"] = map();
    if (often()) result["metadata"]["finalizers"] = set();
    json& spec = result["spec"];
    if (often()) spec["nodeSelector"] = map();
    if (often()) spec["securityContext"] = json::object();
    if (often()) spec["securityContext"]["runAsUser"] = below(2);
    if (often()) spec["volumes"] = list("name", [&](json& item) { item["emptyDir"] = map(); });
    if (often()) {
      spec["containers"] = list("name", [&](json& item) {
        if (often()) item["image"] = below(2);
        if (often()) item["args"] = set();
        if (often()) item["env"] = list("name", [&](json& env) { env["value"] = below(2); });
      });
    }
    return result;
  }

 private:
  json map() {
    json result = json::object();
    for (int i = below(3); i > 0; --i) result[std::string(1, "xyz"[below(3)])] = below(2);
    return result;
  }
  json set() {
    json result = json::array();
    for (const char* name : {"x", "y", "z"}) {
      if (often()) result.push_back(name);
    }
    return result;
  }
  template <class Fill>
  json list(const char* key, Fill fill) {
    json result = set();
    for (json& item : result) {
      item = {{key, item}};
      fill(item);
    }
    if (result.size() > 1 && below(2) == 0) std::swap(result[0], result[1]);
    return result;
  }

  std::mt19937 random_;
};

FieldManager manager(const std::string& name) {
  return {.name = name, .api_version = "v1", .subresource = ""};
}

FieldSet owned_by_all(const json& object) {
  FieldSet owned;
  const json fields = object.at("metadata").value("managedFields", json::array());
  const auto managers = Managers::from_json(fields);
  for (const ManagedFields& entry : managers->entries()) owned.add(entry.fields);
  return owned;
}

// One writer's turn; false when it met a conflict.
bool write(Generator& random, json& live, const SchemaNode& root) {
  const std::string name(1, "abc"[random.below(3)]);
  const json pod = random.pod();
  const auto now = std::chrono::sys_seconds(std::chrono::seconds(random.below(9)));
  if (random.below(4) == 0) {
    json after = pod;
    track_update(live, after, root, manager(name), now);
    live = after;
    return true;
  }
  const ApplyOptions options{.force = random.below(2) == 0, .now = now};
  const auto applied = apply(live, pod, root, manager(name), options);
  if (!applied) {
    EXPECT_EQ(Code::conflict, applied.error().code);
    EXPECT_FALSE(options.force) << applied.error().message;
    return false;
  }
  // All that was asked for is there, and asking again changes nothing.
  const Comparison difference = compare(pod, *applied, root);
  EXPECT_TRUE(difference.modified.empty() && difference.removed.empty()) << pod.dump() << "\n"
                                                                         << applied->dump();
  const auto again = apply(*applied, pod, root, manager(name), {.force = false, .now = {}});
  EXPECT_EQ(applied->dump(), outcome(again));
  live = *applied;
  return true;
}

TEST(ApplyProperties, HoldForAnyStory) {
  const SchemaNode& root = Schema::get().root(Kind::Pod);
  int conflicts = 0;
  for (unsigned seed = 1; seed <= 60 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Generator random(seed);
    json live;
    for (int i = 0; i < 12; ++i) {
      conflicts += write(random, live, root) ? 0 : 1;
      if (!live.is_object()) continue;
      // Whoever owns a field owns something that is there, also as a parent of what is there.
      FieldSet dangling = owned_by_all(live);
      dangling.remove(compare(json::object(), live, root).added);
      EXPECT_EQ(std::vector<std::string>{}, dangling.paths()) << live.dump();
    }
  }
  EXPECT_GT(conflicts, 60);  // or the stories are too tame
}

TEST(PatchProperties, AnyPatchEndsInAnObjectOrAnError) {
  const SchemaNode& root = Schema::get().root(Kind::Pod);
  const char* keys[] = {"$patch",
                        "$retainKeys",
                        "$setElementOrder/containers",
                        "$deleteFromPrimitiveList/finalizers",
                        "containers",
                        "spec",
                        "metadata",
                        "finalizers",
                        "name",
                        "managedFields"};
  const char* values[] = {
      "null",    "1",   "\"delete\"", "\"replace\"",       "[]",
      "{}",      "[1]", "[{}]",       R"([{"name":"x"}])", R"([{"name":"x","$patch":"delete"}])",
      R"(["x"])"};
  for (unsigned seed = 1; seed <= 500; ++seed) {
    Generator random(seed);
    json patch = random.pod();
    for (int i = 0; i < 4; ++i) {
      json& at = random.below(2) == 0 ? patch : patch[keys[4 + random.below(4)]];
      if (at.is_null()) at = json::object();
      if (at.is_object()) at[keys[random.below(10)]] = value(values[random.below(11)]);
    }
    const json live = random.pod();
    const auto merged = strategic_merge(live, patch, root);
    if (merged) {
      EXPECT_TRUE(merged->is_object());
      json after = *merged;
      track_update(live, after, root, manager("a"), {});
      EXPECT_TRUE(after.is_object());
    } else {
      EXPECT_TRUE(merged.error().code == Code::bad_request || merged.error().code == Code::invalid);
    }
    const auto applied = apply(live, patch, root, manager("a"), {.force = true, .now = {}});
    EXPECT_TRUE(applied || applied.error().code == Code::invalid ||
                applied.error().code == Code::bad_request);
  }
}

}  // namespace
}  // namespace weir
