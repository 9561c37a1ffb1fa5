#include "controller/gateway/worker.h"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <future>
#include <stdexcept>
#include <utility>

namespace weir::gateway {

namespace {

std::unique_ptr<Io> make_io(IoChoice choice) {
  std::unique_ptr<Io> io = choice == IoChoice::epoll ? nullptr : make_io_uring();
  if (!io && choice == IoChoice::io_uring) {
    throw std::runtime_error("--io=io_uring: this kernel, or a limit on this process, refuses it");
  }
  return io ? std::move(io) : make_epoll();
}

// So many connections more than another thread has are not worth handing one over.
constexpr std::size_t kUneven = 2;

std::size_t thread_count(std::size_t wanted) {
  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  return std::min(wanted == 0 ? cores : wanted, kThreadsMax);
}

}  // namespace

// A gate and its thread; tasks from outside are run between two turns.
struct Worker::Thread {
  Thread(std::size_t number, IoChoice io, const CurrentSnapshot& current, const Limits& limits,
         AccessLog& log)
      : gate(number, make_io(io), current, limits, log), thread([this] { run(); }) {}
  ~Thread() {
    post([this](Gate&) { stopping = true; });
    thread.join();
  }

  void post(std::function<void(Gate&)> task) {
    {
      const std::lock_guard lock(mutex);
      tasks.push_back(std::move(task));
    }
    gate.io().wake();
  }
  void run() {
    while (!stopping) {
      gate.turn();
      std::vector<std::function<void(Gate&)>> due;
      {
        const std::lock_guard lock(mutex);
        due.swap(tasks);
      }
      for (const auto& task : due) task(gate);
      sessions = gate.sessions();
    }
  }
  // Its connections, with those that are on their way to it.
  std::size_t load() const {
    const std::size_t first = arriving;  // whoever arrives is counted twice rather than not at all
    return first + sessions;
  }

  Gate gate;
  std::atomic<std::size_t> sessions = 0;
  std::atomic<std::size_t> arriving = 0;
  bool stopping = false;  // the thread's own
  std::mutex mutex;
  std::vector<std::function<void(Gate&)>> tasks;
  std::thread thread;  // last: runs on all the above
};

Worker::Worker(WorkerOptions options) : log_(options.log_fd) {
  current_.set(make_snapshot(0, {}, {}));
  for (std::size_t i = 0; i < thread_count(options.threads); ++i) {
    threads_.push_back(std::make_unique<Thread>(i, options.io, current_, options.limits, log_));
  }
}

Worker::~Worker() {
  // Nobody sends a thread anything more when it ends.
  while (!listeners_.empty()) unlisten(listeners_.begin()->first);
  threads_.clear();
}

const char* Worker::io() const { return threads_.front()->gate.io().name(); }

// Returns when all have done it.
void Worker::on_each_thread(const std::function<void(Thread&)>& task) {
  std::vector<std::future<void>> done;
  for (const auto& thread : threads_) {
    auto promise = std::make_shared<std::promise<void>>();
    done.push_back(promise->get_future());
    thread->post([task, promise, here = thread.get()](Gate&) {
      task(*here);
      promise->set_value();
    });
  }
  for (auto& one : done) one.wait();
}

void Worker::listen(const std::string& listener, int fd) {
  unlisten(listener);
  listeners_[listener] = fd;
  on_each_thread([&](Thread& thread) {
    thread.gate.listen(fd, listener,
                       [this, &thread](const Accepted& connection) { place(thread, connection); });
  });
}

// The kernel wakes whoever waited first, again and again, so that one thread would get them all.
void Worker::place(Thread& here, const Accepted& connection) {
  here.sessions = here.gate.sessions();
  Thread* least = &here;
  for (const auto& other : threads_) {
    if (other->load() + kUneven < least->load()) least = other.get();
  }
  if (least == &here) return here.gate.accept(connection);
  ++least->arriving;
  least->post([least, connection](Gate& gate) {
    gate.accept(connection);
    least->sessions = gate.sessions();
    --least->arriving;
  });
}

void Worker::unlisten(const std::string& listener) {
  const auto found = listeners_.extract(listener);
  if (!found) return;
  std::vector<std::future<void>> stopped;
  for (const auto& thread : threads_) {
    auto promise = std::make_shared<std::promise<void>>();
    stopped.push_back(promise->get_future());
    thread->post([fd = found.mapped(), promise](Gate& gate) {
      gate.stop_listening(fd, [promise] { promise->set_value(); });
    });
  }
  for (auto& one : stopped) one.wait();
  ::close(found.mapped());
}

void Worker::publish(std::uint64_t epoch, const RouteTable& table) {
  current_.set(make_snapshot(epoch, table, lasting_));
  epochs_[current_.version()] = epoch;
  for (const auto& thread : threads_) thread->gate.io().wake();
}

Progress Worker::progress() {
  std::uint64_t version = current_.version();
  for (const auto& thread : threads_) version = std::min(version, thread->gate.version());
  Progress progress;
  // The newest epoch that all have reached; those before it are history.
  while (!epochs_.empty() && epochs_.begin()->first <= version) {
    progress.epoch = epochs_.begin()->second;
    if (epochs_.size() == 1 || std::next(epochs_.begin())->first > version) break;
    epochs_.erase(epochs_.begin());
  }
  // What is not routed and not in flight is forgotten, once no gate can pick it any more.
  const bool settled = version == current_.version();
  std::erase_if(lasting_.endpoints, [&](const auto& one) {
    const EndpointState& e = *one.second;
    if (e.endpoint.id.empty()) return !e.routed && settled;
    if (e.routed) {
      progress.routed.insert(e.endpoint.id);
      return false;
    }
    const std::int64_t in_flight = e.in_flight();
    if (in_flight > 0 || !settled) progress.draining[e.endpoint.id] += in_flight;
    return in_flight == 0 && settled;
  });
  return progress;
}

TrafficReport Worker::traffic() const {
  TrafficReport report{.io = io(), .log_lines_dropped = log_.dropped()};
  for (const auto& [key, endpoint] : lasting_.endpoints) {
    Traffic one = endpoint->traffic();
    if (has_any(one)) report.endpoints.push_back(std::move(one));
  }
  for (const auto& [name, counts] : lasting_.listeners) {
    if (counts->accepted == 0) continue;
    ListenerTraffic& one = report.listeners.emplace_back();
    one.listener = name;
    one.connections = counts->open;
    one.accepted = counts->accepted;
    for (std::size_t i = 0; i < kDoors.size(); ++i) {
      if (const std::int64_t count = counts->refused[i]) one.refused[kDoors[i]] = count;
    }
  }
  return report;
}

void Worker::drain() {
  while (!listeners_.empty()) unlisten(listeners_.begin()->first);
  on_each_thread([](Thread& thread) { thread.gate.drain(); });
}

std::vector<std::size_t> Worker::sessions_by_thread() const {
  std::vector<std::size_t> loads;
  for (const auto& thread : threads_) loads.push_back(thread->load());
  return loads;
}

std::size_t Worker::sessions() const {
  std::size_t sum = 0;
  for (const std::size_t one : sessions_by_thread()) sum += one;
  return sum;
}

}  // namespace weir::gateway
