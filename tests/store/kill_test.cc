// kill -9: a child writes and reports each acknowledgement through a pipe; it is killed at a random
// moment; whatever it reported is there.

#include <fcntl.h>
#include <sys/wait.h>

#include <csignal>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "tests/store/store_fixture.h"

namespace weir::store_test {
namespace {

constexpr int kWriters = 4;

// Each writer counts up a pair of objects of its own, both in one transaction.
void write_for_ever(Store& store, int writer, int report) {
  const Key left = config_map("left-" + std::to_string(writer));
  const Key right = config_map("right-" + std::to_string(writer));
  int count = store.get(left) ? std::stoi(value_of(store.get(left))) : 0;
  while (true) {
    const std::string value = std::to_string(++count);
    std::vector<Write> writes = {create(left, value), create(right, value)};
    if (store.get(left)) writes = {update(store, left, value), update(store, right, value)};
    const auto result = write(store, std::move(writes));
    if (!result) _exit(4);
    const std::string line = std::to_string(writer) + " " + value + " " +
                             std::to_string(result->front()->version) + " " +
                             std::to_string(result->back()->version) + "\n";
    // Shorter than PIPE_BUF: lines of several writers do not mix.
    if (::write(report, line.data(), line.size()) < 0) _exit(5);
  }
}

[[noreturn]] void child(const std::string& path, int report) {
  auto store = Store::open(options(path));
  if (!store) _exit(3);
  std::vector<std::thread> writers;
  for (int writer = 1; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] { write_for_ever(**store, writer, report); });
  }
  write_for_ever(**store, 0, report);
  _exit(6);
}

// Lets the child run until it has reported so many lines, kills it, and answers all that it said.
std::string reports_of_a_killed_child(const std::string& path, std::size_t lines) {
  std::array<int, 2> ends = {};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(ends[0]);
    child(path, ends[1]);
  }
  ::close(ends[1]);
  std::string said;
  std::array<char, 4096> buffer = {};
  bool killed = false;
  ssize_t size = 0;
  while ((size = ::read(ends[0], buffer.data(), buffer.size())) > 0) {
    said.append(buffer.data(), static_cast<std::size_t>(size));
    if (!killed && static_cast<std::size_t>(std::count(said.begin(), said.end(), '\n')) >= lines) {
      ::kill(pid, SIGKILL);
      killed = true;
    }
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
  return said;
}

TEST(KillTest, WhatWasAcknowledgedIsThere) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/weir.db";
  std::mt19937_64 random(11);
  std::set<std::uint64_t> versions;
  std::uint64_t highest = 0;
  for (int round = 0; round < 20; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    std::istringstream said(reports_of_a_killed_child(path, 1 + random() % 30));
    std::map<int, int> acknowledged;
    int writer = 0;
    int value = 0;
    std::uint64_t left_version = 0;
    std::uint64_t right_version = 0;
    while (said >> writer >> value >> left_version >> right_version) {
      acknowledged[writer] = value;
      ASSERT_TRUE(versions.insert(left_version).second);
      ASSERT_TRUE(versions.insert(right_version).second);
      highest = std::max({highest, left_version, right_version});
    }
    ASSERT_FALSE(acknowledged.empty());
    const auto store = open(options(path));
    EXPECT_GE(store->list_all().version, highest);
    for (const auto& [who, count] : acknowledged) {
      const std::string left = value_of(store->get(config_map("left-" + std::to_string(who))));
      const std::string right = value_of(store->get(config_map("right-" + std::to_string(who))));
      EXPECT_EQ(left, right);
      // One more transaction can have been on its way when the child died.
      EXPECT_TRUE(left == std::to_string(count) || left == std::to_string(count + 1))
          << left << " after " << count;
    }
  }
}

}  // namespace
}  // namespace weir::store_test
