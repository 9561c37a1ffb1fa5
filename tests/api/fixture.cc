// weir_api_fixture DIR PORT: the API over a store, with an engine that knows only logs. kubectl is
// tested against it where no container is needed.

#include <csignal>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "controller/api/api.h"
#include "controller/api/server.h"
#include "controller/loop/clock.h"

namespace weir {
namespace {

// Every container has written three lines; one that is followed writes no more.
class LogsOnly : public engine::Engine {
 public:
  void follow(engine::OnHint) override {}
  void submit(engine::Request, engine::OnReply on_reply) override {
    on_reply(fail(Code::unavailable, "this engine runs nothing"));
  }
  std::shared_ptr<void> logs(engine::LogOptions options,
                             std::function<bool(std::string_view)> on_bytes,
                             std::function<void(Result<void>)> on_end) override {
    const std::int64_t first =
        options.tail_lines < 0 ? 1 : std::max<std::int64_t>(1, 4 - options.tail_lines);
    for (std::int64_t line = first; line <= 3; ++line) {
      const std::string time = options.timestamps ? "2026-01-02T03:04:05.000000000Z " : "";
      if (!on_bytes(time + "line " + std::to_string(line) + " of " + options.id + "\n")) break;
    }
    on_end({});
    return nullptr;
  }
};

int run(const std::string& folder, const std::string& port) {
  sigset_t ends;  // blocked before the first thread starts, so that all of them leave it to us
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  const auto unix_now = [] { return static_cast<std::int64_t>(::time(nullptr)); };
  std::atomic<unsigned> uids = 0;
  auto store =
      Store::open({.path = folder + "/weir.db",
                   .key_file = folder + "/key",
                   .unix_seconds = unix_now,
                   .make_uid = [&uids] {
                     char uid[40];
                     std::snprintf(uid, sizeof uid, "00000000-0000-4000-8000-%012x", ++uids);
                     return std::string(uid);
                   }});
  if (!store) {
    std::cerr << store.error().message << "\n";
    return 1;
  }
  LogsOnly engine;
  const auto now = [] {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  };
  const rest::Api api({.store = **store, .now = now, .engine = &engine});
  const Writer writer(**store, now);
  for (const char* name : {"default", "kube-system", "kube-public", "kube-node-lease"}) {
    (void)writer.create(
        Kind::Namespace, "",
        {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", name}}}}, {});
  }
  const std::string listen = "127.0.0.1:" + port;
  auto server = rest::Server::start(
      {.listen = listen,
       .credentials = [&] { return rest::ensure_credentials(folder, listen, unix_now()); },
       .handler = [&](const rest::Request& request) { return api.handle(request); },
       .warn = [](const std::string& message) { std::cerr << message << "\n"; }});
  if (!server) {
    std::cerr << server.error().message << "\n";
    return 1;
  }
  std::cout << "weir is ready" << std::endl;
  int signal = 0;
  sigwait(&ends, &signal);
  return 0;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: weir_api_fixture DIR PORT\n";
    return 2;
  }
  return weir::run(argv[1], argv[2]);
}
