// A full disk: writes are refused, with the path and what to do; reads go on; nothing acknowledged
// is lost; writes work again as soon as there is space.

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>

#include "tests/store/store_fixture.h"
#include "tests/support/power_loss_vfs.h"

namespace weir::store_test {
namespace {

// Writes until the disk is full; the answer that said so.
std::string fill(Store& store) {
  const std::string block(50'000, 'x');
  for (int i = 0; i < 1000; ++i) {
    const std::string answer = outcome(store, {create(config_map("b" + std::to_string(i)), block)});
    if (answer.find(':') != std::string::npos) return answer;
  }
  return "never full";
}

TEST(DiskFullTest, WritesFailReadsGoOnAndSpaceHeals) {
  PowerLossDisk disk;
  auto store = open(options_on(disk.vfs()));
  ASSERT_EQ(outcome(*store, {create(config_map("a"), "1")}), "1");
  int told = 0;
  disk.set_capacity(400'000);
  const std::string want =
      "weir.db: no space left on the disk: free some, and writes work again at once";
  EXPECT_EQ(fill(*store), "exhausted: " + want);
  EXPECT_EQ(store->trouble(), want);
  const std::string before = text(store->list_all());
  const std::uint64_t version = store->list_all().version;
  const auto handle = store->subscribe(version, [&](auto) { ++told; });
  // A group: none of it. Not even a refusal stands that rests on a write which is undone.
  std::vector<std::string> answers;
  const std::string block(50'000, 'y');
  for (const char* name : {"y1", "y1", "y2"}) {
    store->submit({.writes = {create(config_map(name), block)}},
                  [&](auto result) { answers.push_back(text(result)); });
  }
  store->commit_pending();
  EXPECT_EQ(answers, std::vector<std::string>(3, "exhausted: " + want));
  EXPECT_EQ(outcome(*store, {create(config_map("a"), block)}),
            R"(already_exists: configmaps "a" already exists)");
  EXPECT_EQ(text(store->list_all()), before);
  EXPECT_EQ(store->list_all().version, version);
  EXPECT_EQ(told, 0);
  disk.set_capacity({});
  EXPECT_EQ(outcome(*store, {create(config_map("after"), "x")}), std::to_string(version + 1));
  EXPECT_EQ(store->trouble(), "");
  EXPECT_EQ(told, 1);
  const std::string after = text(store->list_all());
  store = nullptr;
  disk.cut();
  EXPECT_EQ(text(open(options_on(disk.vfs()))->list_all()), after);
}

TEST(DiskFullTest, StartsAndReadsOnAFullDisk) {
  PowerLossDisk disk;
  auto store = open(options_on(disk.vfs()));
  disk.set_capacity(400'000);
  fill(*store);
  const std::string before = text(store->list_all());
  store = nullptr;
  disk.set_capacity(disk.used());
  store = open(options_on(disk.vfs()));
  EXPECT_EQ(text(store->list_all()), before);
}

// The same on a real file system, in a mount namespace of a child's own.
struct Mounted {
  std::string transcript;
  int status = 0;
};

std::string play_on_tmpfs(const std::string& folder) {
  const std::string path = folder + "/weir.db";
  auto store = Store::open(options(path));
  if (!store) return store.error().message;
  std::string said = fill(**store) + "\n";
  const std::string before = text((*store)->list_all());
  std::filesystem::remove(folder + "/ballast");
  const std::string version = std::to_string((*store)->list_all().version + 1);
  const std::string answer = outcome(**store, {create(config_map("after"), "x")});
  said += answer == version ? "healed\n" : answer + "\n";
  store->reset();
  store = Store::open(options(path));
  if (!store) return said + store.error().message;
  const std::string after = text((*store)->list_all());
  said += after == "ConfigMap default/after " + version + " = x\n" + before ? "kept\n" : after;
  return said;
}

[[noreturn]] void child(const std::string& folder, int report) {
  if (::geteuid() != 0 && ::unshare(CLONE_NEWUSER) != 0) _exit(77);
  if (::unshare(CLONE_NEWNS) != 0) _exit(77);
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) _exit(77);
  if (::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=2m") != 0) _exit(77);
  std::ofstream(folder + "/ballast") << std::string(600'000, 'b');
  const std::string said = play_on_tmpfs(folder);
  _exit(::write(report, said.data(), said.size()) == static_cast<ssize_t>(said.size()) ? 0 : 1);
}

TEST(DiskFullTest, OnARealFileSystem) {
  const TemporaryFolder folder;
  std::array<int, 2> ends = {};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const pid_t pid = ::fork();
  if (pid == 0) child(folder.path(), ends[1]);
  ::close(ends[1]);
  std::string said;
  std::array<char, 4096> buffer = {};
  for (ssize_t size = 0; (size = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {
    said.append(buffer.data(), static_cast<std::size_t>(size));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
    GTEST_SKIP() << "needs root or user namespaces to mount a small tmpfs";
  }
  EXPECT_EQ(said, "exhausted: " + folder.path() +
                      "/weir.db: no space left on the disk: free some, and writes work again at "
                      "once\nhealed\nkept\n");
}

}  // namespace
}  // namespace weir::store_test
