// Revisions that contain their configuration, from beginning to end: what there is after a user's
// acts. A line a revision, the newest last: "2: 3 of v1 app{mode=two} (ConfigMap app changed)";
// then what the user's template names, and how many snapshots there are.

#include "reconcilers/configuration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "reconcilers/conditions.h"
#include "reconcilers/configuration_references.h"
#include "reconcilers/deployment.h"
#include "reconcilers/labels.h"
#include "reconcilers/reconciler.h"
#include "tests/support/rollout_story.h"
#include "tests/support/world_builder.h"

namespace weir {
namespace {

using test::RolloutStory;

constexpr char kOn[] = "true";

api::EnvFromSource from_map(const char* name, bool optional = false) {
  api::EnvFromSource from;
  from.configMapRef = api::ConfigMapEnvSource{.name = name, .optional = optional};
  return from;
}

api::EnvFromSource from_secret(const char* name) {
  api::EnvFromSource from;
  from.secretRef = api::SecretEnvSource{.name = name};
  return from;
}

template <class T>
T web_of(T made, std::vector<api::EnvFromSource> from, const char* wish) {
  made.spec.template_.spec.containers.at(0).envFrom = std::move(from);
  if (*wish) made.metadata.annotations[annotation::kConfigChange] = wish;
  return made;
}

api::Deployment web(std::vector<api::EnvFromSource> from = {from_map("app")},
                    const char* wish = kOn) {
  return web_of(test::deployment_of_web(2), std::move(from), wish);
}

api::Rollout rollout(std::vector<api::CanaryStep> steps = {}) {
  api::Rollout made = web_of(test::rollout_of_web(2), {from_map("app")}, kOn);
  made.spec.strategy.canary.emplace().steps = std::move(steps);
  return made;
}

class Cluster : public RolloutStory {
 public:
  using RolloutStory::RolloutStory;
  Cluster& map(const char* name, const std::string& mode) {
    api::ConfigMap map;
    map.metadata = {.labels = {{"kustomize.toolkit.fluxcd.io/name", "apps"}},
                    .name = name,
                    .namespace_ = "default"};
    map.data["mode"] = mode;
    write(std::move(map));
    return *this;
  }
  Cluster& secret(const char* name, const std::string& value) {
    api::Secret secret;
    secret.metadata = {.name = name, .namespace_ = "default"};
    secret.data["key"] = value;
    write(std::move(secret));
    return *this;
  }
  Cluster& gone(Kind kind, const char* name) {
    erase({.kind = kind, .ns = "default", .name = name});
    return *this;
  }
  Cluster& home(const char* wish) {
    api::Namespace ns;
    ns.metadata.name = "default";
    ns.metadata.annotations[annotation::kConfigChange] = wish;
    write(std::move(ns));
    return *this;
  }
  Cluster& annotate(const char* wish) {
    change_deployment("",
                      [&](auto& d) { d.metadata.annotations[annotation::kConfigChange] = wish; });
    return *this;
  }
  Cluster& go(int seconds = 0) {
    run(seconds);
    return *this;
  }
  // As kubectl does it.
  Cluster& undo(std::int64_t to) {
    const api::ReplicaSet* set = find(to);
    const auto copy = [&](auto& x) {
      x.spec.template_ = set->spec.template_;
      x.spec.template_.metadata.labels.erase(kPodTemplateHash);
      x.spec.template_.metadata.labels.erase(kRolloutsPodTemplateHash);
    };
    if (!deployment()) {
      change("", copy);
      return *this;
    }
    change_deployment("", [&](auto& d) {
      copy(d);
      const std::string number = d.metadata.annotations[annotation::kRevision];
      d.metadata.annotations = set->metadata.annotations;
      d.metadata.annotations[annotation::kRevision] = number;
    });
    return *this;
  }
  Cluster& apply(const std::vector<api::EnvFromSource>& from) {
    const auto put = [&](auto& x) { x.spec.template_.spec.containers.at(0).envFrom = from; };
    deployment() ? change_deployment("", put) : change("", put);
    return *this;
  }
  std::string pods() const {
    std::string names;
    for (const Key& key : world().keys(Kind::Pod, "default")) names += key.name + " ";
    return names;
  }
  std::vector<const api::ReplicaSet*> sets() const {
    std::vector<const api::ReplicaSet*> sets;
    for (const Key& key : world().keys(Kind::ReplicaSet)) {
      sets.push_back(world().get<api::ReplicaSet>(key.ns, key.name));
    }
    std::sort(sets.begin(), sets.end(), [](auto* a, auto* b) { return number(*a) < number(*b); });
    return sets;
  }
  std::string shown() const {
    std::string text;
    for (const api::ReplicaSet* set : sets()) {
      const std::string cause = text_at(set->metadata.annotations, annotation::kChangeCause);
      text += std::to_string(number(*set)) + ": " + std::to_string(set->spec.replicas) + " of " +
              names(set->spec.template_) + (cause.empty() ? "" : " (" + cause + ")") + "\n";
    }
    std::int64_t snapshots = 0;
    for (const Kind kind : {Kind::ConfigMap, Kind::Secret}) {
      for (const Key& key : world().keys(kind)) {
        if (snapshot_of(world(), key).empty()) continue;
        ++snapshots;
        const api::ObjectMeta& m = meta(*world().find(key));
        EXPECT_EQ(m.labels, (Labels{{kSnapshotLabel, "true"}}));
        EXPECT_TRUE(controller_of(m));
      }
    }
    const auto* d = deployment();
    return text + "template: " + names(d ? d->spec.template_ : rollout().spec.template_) +
           "; snapshots: " + std::to_string(snapshots) + "\n";
  }

 private:
  static std::int64_t number(const api::ReplicaSet& set) {
    const auto& annotations = set.metadata.annotations;
    return number_at(annotations, annotation::kRevision)
        .value_or(number_at(annotations, annotation::kRolloutRevision).value_or(0));
  }
  const api::ReplicaSet* find(std::int64_t revision) const {
    for (const api::ReplicaSet* set : sets()) {
      if (number(*set) == revision) return set;
    }
    return nullptr;
  }
  // "v1 app{mode=two} db"
  std::string names(const api::PodTemplateSpec& from) const {
    std::string text = from.spec.containers.at(0).image;
    for (const Key& key : references_of(from.spec, "default")) {
      const std::string of = snapshot_of(world(), key);
      text += " " + (of.empty() ? key.name : of);
      if (of.empty()) continue;
      const auto* map = world().get<api::ConfigMap>(key.ns, key.name);
      const auto& data =
          key.kind == Kind::Secret ? world().get<api::Secret>(key.ns, key.name)->data : map->data;
      text += "{";
      for (const auto& [name, value] : data) text += name + "=" + value;
      text += "}";
    }
    return text;
  }
};

struct Row {
  const char* name;
  std::function<void(Cluster&)> act;
  const char* want;
};

template <class Made>
void check(const Made& made, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    Cluster cluster(made);
    cluster.map("app", "one").go();
    row.act(cluster);
    EXPECT_EQ(cluster.go().shown(), row.want) << row.name;
  }
}

TEST(Configuration, OfADeployment) {
  check(
      web(),
      {
          {"the first", [](Cluster&) {},
           "1: 2 of v1 app{mode=one}\ntemplate: v1 app; snapshots: 1\n"},
          {"another content is another revision", [](Cluster& c) { c.map("app", "two"); },
           "1: 0 of v1 app{mode=one}\n2: 2 of v1 app{mode=two} (ConfigMap app changed)\n"
           "template: v1 app; snapshots: 2\n"},
          {"the same is none", [](Cluster& c) { c.map("app", "one"); },
           "1: 2 of v1 app{mode=one}\ntemplate: v1 app; snapshots: 1\n"},
          {"content that returns has its revision",
           [](Cluster& c) { c.map("app", "two").go().map("app", "one"); },
           "2: 0 of v1 app{mode=two} (ConfigMap app changed)\n3: 2 of v1 app{mode=one}\n"
           "template: v1 app; snapshots: 2\n"},
          {"with another image it is one rollout",
           [](Cluster& c) { c.map("app", "two").image("v2"); },
           "1: 0 of v1 app{mode=one}\n2: 2 of v2 app{mode=two}\ntemplate: v2 app; snapshots: 2\n"},
          {"one that is gone is no change", [](Cluster& c) { c.gone(Kind::ConfigMap, "app"); },
           "1: 2 of v1 app{mode=one}\ntemplate: v1 app; snapshots: 1\n"},
          {"nor is one that was away",
           [](Cluster& c) { c.gone(Kind::ConfigMap, "app").go().map("app", "one"); },
           "1: 2 of v1 app{mode=one}\ntemplate: v1 app; snapshots: 1\n"},
          {"other objects do not matter",
           [](Cluster& c) { c.map("other", "two").secret("app", "x"); },
           "1: 2 of v1 app{mode=one}\ntemplate: v1 app; snapshots: 1\n"},
          {"a lost snapshot is made again",
           [](Cluster& c) {
             for (const Key& key : c.world().keys(Kind::ConfigMap)) {
               if (!snapshot_of(c.world(), key).empty()) c.erase(key);
             }
           },
           "1: 2 of v1 app{mode=one}\ntemplate: v1 app; snapshots: 1\n"},
      });
}

TEST(Configuration, IsUndoneWithTheTemplate) {
  check(
      web(),
      {
          {"undo",
           [](Cluster& c) {
             c.map("app", "two").image("v2").run();
             c.undo(1);
           },
           "2: 0 of v2 app{mode=two}\n3: 2 of v1 app{mode=one}\n"
           "template: v1 app{mode=one}; snapshots: 2\n"},
          {"undo and undo again: it follows its ConfigMap",
           [](Cluster& c) { c.map("app", "two").go().undo(1).go().undo(2); },
           "3: 0 of v1 app{mode=one}\n4: 2 of v1 app{mode=two} (ConfigMap app changed)\n"
           "template: v1 app; snapshots: 2\n"},
          {"the next change ends it",
           [](Cluster& c) { c.map("app", "two").go().undo(1).go().map("app", "three"); },
           "2: 0 of v1 app{mode=two} (ConfigMap app changed)\n3: 0 of v1 app{mode=one}\n"
           "4: 2 of v1 app{mode=three} (ConfigMap app changed)\ntemplate: v1 app; snapshots: 3\n"},
          {"so does what was undone to",
           [](Cluster& c) { c.map("app", "two").go().undo(1).go().map("app", "one"); },
           "2: 0 of v1 app{mode=two} (ConfigMap app changed)\n3: 2 of v1 app{mode=one}\n"
           "template: v1 app; snapshots: 2\n"},
          {"the manifest is a wish for what the ConfigMap holds",
           [](Cluster& c) { c.map("app", "two").go().undo(1).go().apply({from_map("app")}); },
           "3: 0 of v1 app{mode=one}\n4: 2 of v1 app{mode=two} (ConfigMap app changed)\n"
           "template: v1 app; snapshots: 2\n"},
          {"another image meanwhile keeps it",
           [](Cluster& c) { c.map("app", "two").go().undo(1).go().image("v2"); },
           "2: 0 of v1 app{mode=two} (ConfigMap app changed)\n3: 0 of v1 app{mode=one}\n"
           "4: 2 of v2 app{mode=one}\ntemplate: v2 app{mode=one}; snapshots: 2\n"},
          {"undo of the image alone leaves nothing behind",
           [](Cluster& c) {
             c.image("v2").run();
             c.undo(1);
           },
           "2: 0 of v2 app{mode=one}\n3: 2 of v1 app{mode=one}\ntemplate: v1 app; snapshots: 1\n"},
          {"snapshots go with their revision",
           [](Cluster& c) {
             c.change_deployment("", [](auto& d) { d.spec.revisionHistoryLimit = 0; });
             c.map("app", "two");
           },
           "2: 2 of v1 app{mode=two} (ConfigMap app changed)\ntemplate: v1 app; snapshots: 1\n"},
      });
}

TEST(Configuration, RollsBackByItself) {
  api::Deployment made = web();
  made.metadata.annotations[annotation::kAutoRollback] = "true";
  const auto fail = [](Cluster& c) { c.map("app", "two").image("bad").run(700); };
  check(
      made,
      {
          {"template and configuration", fail,
           "2: 0 of bad app{mode=two}\n3: 2 of v1 app{mode=one}\n"
           "template: v1 app{mode=one}; snapshots: 2\n"},
          {"the mended configuration is rolled out",
           [&](Cluster& c) {
             fail(c);
             c.map("app", "three");
           },
           "2: 0 of bad app{mode=two}\n3: 0 of v1 app{mode=one}\n"
           "4: 2 of v1 app{mode=three} (ConfigMap app changed)\ntemplate: v1 app; snapshots: 3\n"},
      });
}

TEST(Configuration, OfSeveral) {
  check(web({from_map("app"), from_secret("db"), from_map("more", true)}),
        {
            {"what pods cannot do without is waited for", [](Cluster&) {},
             "1: 2 of v1 app{mode=one} db more{}\ntemplate: v1 app db more; snapshots: 2\n"},
            {"and taken for what they have", [](Cluster& c) { c.secret("db", "eA=="); },
             "1: 2 of v1 app{mode=one} db{key=eA==} more{}\ntemplate: v1 app db more; snapshots: "
             "3\n"},
            {"an optional one that comes is a change", [](Cluster& c) { c.map("more", "m"); },
             "1: 0 of v1 app{mode=one} db more{}\n"
             "2: 2 of v1 app{mode=one} db more{mode=m} (ConfigMap more changed)\n"
             "template: v1 app db more; snapshots: 3\n"},
            {"one rollout of all changes",
             [](Cluster& c) { c.secret("db", "eA==").go().map("app", "two").secret("db", "eQ=="); },
             "1: 0 of v1 app{mode=one} db{key=eA==} more{}\n"
             "2: 2 of v1 app{mode=two} db{key=eQ==} more{} (ConfigMap app, Secret db changed)\n"
             "template: v1 app db more; snapshots: 5\n"},
        });
}

TEST(Configuration, IsAskedFor) {
  const char* plain = "1: 2 of v1 app\ntemplate: v1 app; snapshots: 0\n";
  const char* first = "1: 2 of v1 app{mode=one}\ntemplate: v1 app; snapshots: 1\n";
  check(web({from_map("app")}, ""),
        {
            {"not without", [](Cluster& c) { c.map("app", "two"); }, plain},
            {"by the namespace", [](Cluster& c) { c.home("true"); }, first},
            {"whose word counts for less", [](Cluster& c) { c.home("true").annotate("false"); },
             plain},
            {"or the object's", [](Cluster& c) { c.home("false").annotate("true"); }, first},
        });
  Cluster c(web({from_map("app")}, ""));
  c.map("app", "one").go();
  const std::string before = c.pods();
  EXPECT_EQ(c.annotate("true").go().shown(), first);
  EXPECT_EQ(c.pods(), before) << "turning it on makes nothing anew";
  EXPECT_EQ(c.annotate("false").go().shown(), plain);
  EXPECT_EQ(c.pods(), before) << "nor does turning it off";
}

// Pods that name snapshots go on with them, and have them for as long.
TEST(Configuration, IsTurnedOffUnderPodsThatHaveIt) {
  Cluster c(web());
  c.map("app", "one").go();
  const std::string before = c.pods();
  EXPECT_EQ(c.annotate("false").go().shown(), "1: 2 of v1 app\ntemplate: v1 app; snapshots: 1\n");
  EXPECT_EQ(c.pods(), before);
  c.image("v2").run();
  EXPECT_EQ(c.shown(), "1: 0 of v1 app\n2: 2 of v2 app\ntemplate: v2 app; snapshots: 0\n");
}

TEST(Configuration, OfARollout) {
  api::CanaryStep half{.setWeight = 50};
  api::CanaryStep wait;
  wait.pause.emplace();
  check(
      rollout({half, wait}),
      {
          {"steps hold", [](Cluster& c) { c.map("app", "two"); },
           "1: 1 of v1 app{mode=one}\n2: 1 of v1 app{mode=two} (ConfigMap app changed)\n"
           "template: v1 app; snapshots: 2\n"},
          {"abort goes back",
           [](Cluster& c) {
             c.map("app", "two").go().change("", [](auto& r) { r.status.abort = true; }).run(60);
           },
           "1: 2 of v1 app{mode=one}\n2: 0 of v1 app{mode=two} (ConfigMap app changed)\n"
           "template: v1 app; snapshots: 2\n"},
          {"undo, until the next change",
           [](Cluster& c) {
             c.map("app", "two").go().undo(1).go();
             EXPECT_EQ(
                 c.shown(),
                 "2: 0 of v1 app{mode=two} (ConfigMap app changed)\n3: 2 of v1 app{mode=one}\n"
                 "template: v1 app{mode=one}; snapshots: 2\n");
             c.map("app", "three");
           },
           "2: 0 of v1 app{mode=two} (ConfigMap app changed)\n3: 1 of v1 app{mode=one}\n"
           "4: 1 of v1 app{mode=three} (ConfigMap app changed)\ntemplate: v1 app; snapshots: 3\n"},
      });
  api::Deployment delegating = web();
  delegating.metadata.annotations[annotation::kStrategy] = "canary";
  check(delegating,
        {
            {"of a Deployment with a strategy", [](Cluster& c) { c.map("app", "two").go(5); },
             "1: 2 of v1 app{mode=one}\n2: 1 of v1 app{mode=two} (ConfigMap app changed)\n"
             "template: v1 app; snapshots: 2\n"},
            {"which ends it", [](Cluster& c) { c.map("app", "two").go(2000); },
             "1: 0 of v1 app{mode=one}\n2: 2 of v1 app{mode=two} (ConfigMap app changed)\n"
             "template: v1 app; snapshots: 2\n"},
        });
}

// The whole plan of a first rollout: the snapshots come first, and no Secret's value is in it.
TEST(Configuration, InAPlanIsInOrderAndHidden) {
  Cluster c(web({from_secret("db"), from_map("app")}));
  c.map("app", "one").secret("db", "aGlkZGVu");
  const Plan made =
      plan(c.world(), {.kind = Kind::Deployment, .ns = "default", .name = "web"}, test::kNow);
  const std::string text = weir::text(made, c.world());
  EXPECT_EQ(text.find("aGlkZGVu"), std::string::npos) << text;
  std::string kinds;
  for (const Change& change : made.changes) {
    const auto* create = std::get_if<CreateObject>(&change);
    if (create) kinds += std::string(info(kind_of(create->object)).name) + " ";
  }
  EXPECT_EQ(kinds, "Secret ConfigMap ReplicaSet ");
}

// A cause that is a revision's own does not become the next one's.
TEST(Configuration, CausesStayWithTheirRevision) {
  Cluster c(web());
  c.map("app", "one").go().map("app", "two").go().undo(1).go().undo(2).go().image("v2").run();
  EXPECT_EQ(c.shown(),
            "3: 0 of v1 app{mode=one}\n4: 0 of v1 app{mode=two} (ConfigMap app changed)\n"
            "5: 2 of v2 app{mode=two}\ntemplate: v2 app; snapshots: 2\n");
}

// A name that somebody else has: nothing is made that would name it.
TEST(Configuration, NeverTouchesWhatIsTheUsers) {
  Cluster c(web());
  c.map("app", "one").go();
  const std::string snapshot = references_of(c.sets().at(0)->spec.template_.spec, "").at(0).name;
  Cluster other(web());
  other.map(snapshot.c_str(), "mine").map("app", "one").go();
  EXPECT_EQ(other.shown(), "template: v1 app; snapshots: 0\n");
  const auto* progressing = find_condition(other.deployment()->status.conditions, "Progressing");
  ASSERT_TRUE(progressing);
  EXPECT_EQ(progressing->reason, "ReplicaSetCreateError");
  EXPECT_NE(progressing->message.find("ConfigMap default/" + snapshot + " is somebody else's"),
            std::string::npos)
      << progressing->message;
}

}  // namespace
}  // namespace weir
