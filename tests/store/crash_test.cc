// Crashes: a scripted workload is cut at every call to the disk, n = 1, 2, 3 … until no fault
// fires. Whatever was acknowledged is there afterwards; what was in flight is there whole or not at
// all.

#include <set>

#include "tests/store/store_fixture.h"
#include "tests/support/power_loss_vfs.h"

namespace weir::store_test {
namespace {

// A step takes the store from one state to the next, in one transaction.
using Step = std::vector<Write> (*)(const Store&);

const Step kScript[] = {
    [](const Store&) {
      return std::vector{create(config_map("a"), "1", "uid-a"),
                         create(config_map("b"), "1", "uid-b")};
    },
    [](const Store& store) { return std::vector{update(store, config_map("a"), "2")}; },
    [](const Store& store) {
      return std::vector{remove(config_map("b")), update(store, config_map("a"), "3"),
                         create(config_map("c"), std::string(5000, 'c'), "uid-c")};
    },
    [](const Store&) { return std::vector{create(config_map("b"), "again", "uid-b2")}; },
    [](const Store& store) {
      return std::vector{update(store, config_map("a"), "4"), update(store, config_map("b"), "4"),
                         update(store, config_map("c"), std::string(4200, 'd'))};
    },
    [](const Store&) { return std::vector{remove(config_map("c"))}; },
    [](const Store& store) { return std::vector{update(store, config_map("a"), "5")}; },
    [](const Store& store) { return std::vector{update(store, config_map("a"), "6")}; },
    [](const Store& store) { return std::vector{update(store, config_map("b"), "7")}; },
    [](const Store&) { return std::vector{create(config_map("d"), "8", "uid-d")}; },
    [](const Store&) { return std::vector{remove(config_map("d"))}; },
};
constexpr std::size_t kSteps = std::size(kScript);
constexpr std::uint64_t kLastVersion = 16;  // of the script's last write
constexpr std::size_t kReopenAfter = 5;     // in the middle, a clean stop and start

StoreOptions crash_options(const PowerLossDisk& disk) {
  StoreOptions options = options_on(disk.vfs());
  options.history_max = 6;  // so that the script also forgets
  options.wal_pages = 8;    // … and copies the write-ahead log several times
  return options;
}

// All that a restart must bring back.
std::string state(Store& store) {
  std::string all = "version " + std::to_string(store.list_all().version) + "\n";
  for (const StoredPtr& object : store.list_all().objects) all += object->json + "\n";
  const std::uint64_t version = store.list_all().version;
  // The history that is kept at least.
  const auto handle =
      store.subscribe(version < 6 ? 0 : version - 6, [&](auto commits) { all += text(commits); });
  return handle ? all : all + handle.error().message;
}

// The states without any fault: [0] is the empty store, [i] is after step i.
std::vector<std::string> expected_states() {
  PowerLossDisk disk;
  auto store = open(crash_options(disk));
  std::vector<std::string> states = {state(*store)};
  for (const Step& step : kScript) {
    EXPECT_TRUE(write(*store, step(*store)));
    states.push_back(state(*store));
  }
  return states;
}

// Runs the script from `done` on, and answers how many steps are acknowledged.
std::size_t run(const PowerLossDisk& disk, std::unique_ptr<Store>& store, std::size_t done) {
  for (; done < kSteps; ++done) {
    if (done == kReopenAfter) {
      store = nullptr;
      auto again = Store::open(crash_options(disk));
      if (!again) return done;
      store = *std::move(again);
    }
    if (!write(*store, kScript[done](*store))) return done;
  }
  return done;
}

enum class Cut { nothing_unsynced_survives, parts_survive };

// One crash at the n-th call; false when the script ended before it.
bool crash_at(std::uint64_t n, unsigned calls, Cut cut, const std::vector<std::string>& states) {
  SCOPED_TRACE("crash at call " + std::to_string(n));
  PowerLossDisk disk;
  disk.fail({.nth = n, .calls = calls, .lasting = true});
  std::size_t acknowledged = 0;
  {
    auto opened = Store::open(crash_options(disk));
    std::unique_ptr<Store> store = opened ? *std::move(opened) : nullptr;
    if (store) acknowledged = run(disk, store, 0);
  }
  const bool fired = disk.fired();
  if (cut == Cut::parts_survive) {
    disk.cut(n);
  } else {
    disk.cut();
  }
  auto store = open(crash_options(disk));
  const std::string found = state(*store);
  std::size_t done = acknowledged;
  if (found != states[done] && done < kSteps && found == states[done + 1]) ++done;
  EXPECT_EQ(found, states[done]) << acknowledged << " steps were acknowledged";
  if (found != states[done]) return false;
  // It works on from there, and what it then does lasts.
  EXPECT_EQ(run(disk, store, done), kSteps);
  EXPECT_EQ(state(*store), states[kSteps]);
  store = nullptr;
  disk.cut();
  EXPECT_EQ(state(*open(crash_options(disk))), states[kSteps]);
  return fired;
}

struct CrashRow {
  const char* name;
  unsigned calls;
  Cut cut;
};

class CrashTest : public ::testing::TestWithParam<CrashRow> {};

TEST_P(CrashTest, AtEveryCall) {
  const std::vector<std::string> states = expected_states();
  std::uint64_t n = 1;
  while (crash_at(n, GetParam().calls, GetParam().cut, states) && !HasFailure()) ++n;
  // Fewer would mean that the script no longer reaches the disk.
  EXPECT_GT(n, GetParam().calls == PowerLossDisk::kSync ? 20u : 100u);
}

INSTANTIATE_TEST_SUITE_P(
    , CrashTest,
    ::testing::Values(CrashRow{"any_call", PowerLossDisk::kAny, Cut::nothing_unsynced_survives},
                      CrashRow{"any_change", PowerLossDisk::kChanging, Cut::parts_survive},
                      CrashRow{"sync", PowerLossDisk::kSync, Cut::parts_survive}),
    [](const auto& row) { return row.param.name; });

// The disk fails once and works again: the step that met it is refused, or the start; nothing else.
TEST(OneFaultTest, AtEveryCallIsOvercomeByTryingAgain) {
  const std::vector<std::string> states = expected_states();
  for (std::uint64_t n = 1;; ++n) {
    SCOPED_TRACE("fault at call " + std::to_string(n));
    PowerLossDisk disk;
    disk.fail({.nth = n});
    std::unique_ptr<Store> store;
    std::size_t done = 0;
    for (int attempt = 0; done < kSteps; ++attempt) {
      ASSERT_LT(attempt, 3);
      if (!store) {
        auto opened = Store::open(crash_options(disk));
        if (opened) store = *std::move(opened);
        if (!store) continue;
        ASSERT_EQ(state(*store), states[done]);
      }
      done = run(disk, store, done);
      if (store) {
        ASSERT_EQ(state(*store), states[done]);
      }
    }
    const bool fired = disk.fired();
    disk.heal();
    ASSERT_EQ(outcome(*store, {create(config_map("last"), "x")}), std::to_string(kLastVersion + 1));
    ASSERT_EQ(store->trouble(), "");
    const std::string last = state(*store);
    store = nullptr;
    disk.cut();
    ASSERT_EQ(state(*open(crash_options(disk))), last);
    if (!fired) break;
  }
}

// Crash after crash, at random calls: versions and uids are never given out twice.
TEST(ManyCrashesTest, VersionsAndUidsStayUnique) {
  PowerLossDisk disk;
  auto uids = options_on(disk.vfs());
  std::set<std::uint64_t> versions;
  std::set<std::string> seen_uids;
  std::uint64_t highest = 0;
  std::uint64_t acknowledged = 0;
  for (std::uint64_t round = 1; round <= 30; ++round) {
    StoreOptions options = crash_options(disk);
    options.make_uid = uids.make_uid;
    auto store = open(options);
    ASSERT_GE(store->list_all().version, highest);
    disk.fail({.nth = 40 + round * 7 % 60, .lasting = true});
    for (int i = 0;; ++i) {
      const Key key = config_map("n" + std::to_string(round) + "-" + std::to_string(i));
      const auto result = write(*store, {create(key, "x")});
      if (!result) break;
      ++acknowledged;
      highest = result->front()->version;
      ASSERT_TRUE(versions.insert(highest).second) << highest;
      ASSERT_TRUE(seen_uids.insert(result->front()->uid).second) << result->front()->uid;
    }
    store = nullptr;
    disk.cut(round);
  }
  EXPECT_GT(acknowledged, 150u);
  auto store = open(crash_options(disk));
  std::uint64_t found = 0;
  for (const StoredPtr& object : store->list_all().objects)
    found += versions.count(object->version);
  EXPECT_EQ(found, acknowledged);
}

TEST(IoErrorTest, IsToldAndPasses) {
  PowerLossDisk disk;
  const auto store = open(options_on(disk.vfs()));
  ASSERT_EQ(outcome(*store, {create(config_map("a"), "1")}), "1");
  int told = 0;
  const auto handle = store->subscribe(1, [&](auto) { ++told; });
  disk.fail({.nth = 1, .calls = PowerLossDisk::kSync});
  const std::string want = "weir.db: I/O error (disk I/O error): check the disk";
  EXPECT_EQ(outcome(*store, {create(config_map("b"), "1")}), "unavailable: " + want);
  EXPECT_EQ(store->trouble(), want);
  EXPECT_EQ(told, 0);
  EXPECT_EQ(text(store->list_all()), "ConfigMap default/a 1 = 1\n");
  EXPECT_EQ(outcome(*store, {create(config_map("b"), "1")}), "2");
  EXPECT_EQ(store->trouble(), "");
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace weir::store_test
