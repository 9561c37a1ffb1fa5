// What a durable write costs, against what the disk itself can do in the same run: transactions a
// second with 1, 8 and 64 writers that each wait for their acknowledgement, over raw appends that
// are synced one by one. Then what the store alone costs, on a disk in memory. Medians of five
// rounds.
//
//   weir_store_bench [FOLDER]    FOLDER: on the disk to measure; default: the temporary folder

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "controller/store/store.h"
#include "tests/support/power_loss_vfs.h"

namespace {

using Seconds = std::chrono::duration<double>;

constexpr int kRounds = 5;
constexpr Seconds kRound{0.5};
constexpr std::size_t kValue = 1800;  // with its metadata an object of about 2 KB: a small Pod

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "store_bench: %s\n", what.c_str());
  std::exit(1);
}

weir::Key key(int writer) {
  return {.kind = weir::Kind::ConfigMap, .ns = "default", .name = "w" + std::to_string(writer)};
}

std::string document(const weir::Key& key, const std::string& uid, int count) {
  std::string value = std::to_string(count);
  value.resize(kValue, 'x');
  return R"({"apiVersion":"v1","kind":"ConfigMap","data":{"value":")" + value +
         R"("},"metadata":{"name":")" + key.name + R"(","namespace":"default","uid":")" + uid +
         R"("}})";
}

// One write, acknowledged.
void write(weir::Store& store, int writer, int count) {
  const weir::Key name = key(writer);
  const weir::StoredPtr current = store.get(name);
  weir::Write write{.type = current ? weir::Write::Type::update : weir::Write::Type::create,
                    .key = name,
                    .json = document(name, current ? current->uid : "", count)};
  std::promise<std::string> done;
  store.submit({.writes = {std::move(write)}},
               [&](auto result) { done.set_value(result ? "" : result.error().message); });
  store.commit_pending();
  if (const std::string error = done.get_future().get(); !error.empty()) die(error);
}

double per_second(int writers, const std::function<void(int writer, int count)>& work) {
  std::atomic<int> total = 0;
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int writer = 0; writer < writers; ++writer) {
    threads.emplace_back([&, writer] {
      static std::atomic<int> count = 0;  // every write changes something
      while (std::chrono::steady_clock::now() - start < kRound) {
        work(writer, ++count);
        ++total;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return total / Seconds(std::chrono::steady_clock::now() - start).count();
}

double raw_appends(const std::string& folder) {
  const std::string path = folder + "/raw";
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const std::string block(kValue + 200, 'x');
  const double rate = per_second(1, [&](int, int) {
    if (::write(file, block.data(), block.size()) < 0 || ::fdatasync(file) != 0) die("raw append");
  });
  ::close(file);
  return rate;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::unique_ptr<weir::Store> open(const weir::StoreOptions& options) {
  auto store = weir::Store::open(options);
  if (!store) die(store.error().message);
  return *std::move(store);
}

void on_disk(const std::string& folder) {
  const auto store = open({.path = folder + "/weir.db", .key_file = folder + "/key"});
  constexpr std::array kWriters = {1, 8, 64};
  std::vector<double> raw;
  std::array<std::vector<double>, kWriters.size()> rates;
  for (int round = 0; round < kRounds; ++round) {
    raw.push_back(raw_appends(folder));
    for (std::size_t i = 0; i < kWriters.size(); ++i) {
      rates[i].push_back(
          per_second(kWriters[i], [&](int writer, int count) { write(*store, writer, count); }));
    }
  }
  std::printf("raw appends, each synced    %8.0f/s\n", median(raw));
  for (std::size_t i = 0; i < kWriters.size(); ++i) {
    std::printf("durable writes, %2d writers  %8.0f/s  %5.2f x raw\n", kWriters[i],
                median(rates[i]), median(rates[i]) / median(raw));
  }
}

// Of processor time: there is no disk to wait for, and other programs' work does not count.
template <class Work>
double microseconds_each(int times, const Work& work) {
  const std::clock_t start = std::clock();
  for (int i = 0; i < times; ++i) work(i);
  return static_cast<double>(std::clock() - start) * 1e6 / CLOCKS_PER_SEC / times;
}

void in_memory() {
  constexpr int kCommits = 2000;
  constexpr int kReopens = 50;
  constexpr int kObjects = 20;
  std::vector<double> commits;
  std::vector<double> reopens;
  for (int round = 0; round < kRounds; ++round) {
    weir::PowerLossDisk disk;
    const weir::StoreOptions options{
        .path = "weir.db", .own_thread = false, .vfs = disk.vfs(), .history_max = 200};
    auto store = open(options);
    commits.push_back(microseconds_each(kCommits, [&](int i) { write(*store, i % kObjects, i); }));
    reopens.push_back(microseconds_each(kReopens, [&](int) {
      disk.cut();
      store = nullptr;
      store = open(options);
    }));
  }
  std::printf("in memory: a commit         %8.1f us\n", median(commits));
  std::printf("in memory: cut and reopen   %8.1f us  (%d objects, 200 of history)\n",
              median(reopens), kObjects);
}

}  // namespace

int main(int argc, char** argv) {
  std::string folder =
      (argc > 1 ? std::filesystem::path(argv[1]) : std::filesystem::temp_directory_path()) /
      "weir-store-bench-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) die("cannot make " + folder);
  on_disk(folder);
  in_memory();
  std::filesystem::remove_all(folder);
}
