#include "controller/serve.h"

#include <malloc.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "controller/api/api.h"
#include "controller/api/server.h"
#include "controller/engine/docker.h"
#include "controller/gateway_client.h"
#include "controller/hooks.h"
#include "controller/host.h"
#include "controller/log.h"
#include "controller/loop/loop.h"
#include "controller/loop/volumes.h"
#include "controller/metered_engine.h"
#include "controller/metrics/metrics.h"
#include "controller/questions.h"
#include "controller/real_git_ops.h"
#include "controller/real_measurer.h"

namespace weir {

namespace {

// Argo Rollouts' name for it.
constexpr char kPrometheusAddress[] = "ARGO_ROLLOUTS_PROMETHEUS_ADDRESS";
constexpr const char* kNamespaces[] = {"default", "kube-system", "kube-public", "kube-node-lease"};

// What the loop does, for the log, the metrics and readyz.
class Watcher : public LoopWatcher {
 public:
  Watcher(Metrics& metrics, const Loop& loop) : metrics_(metrics), loop_(loop) {}

  void planned(const Key& key, const Plan& plan, std::chrono::nanoseconds took) override {
    metrics_.planned(key, plan, took);
    const WorkQueue& queue = loop_.queue();
    metrics_.queue(queue.depth(), queue.adds_total(), queue.retries_total());
    std::string actions;
    for (const Action& action : plan.actions) {
      if (!std::holds_alternative<RunProbe>(action))
        actions += (actions.empty() ? "" : "; ") + text(action);
    }
    if (actions.empty() && plan.changes.empty()) return;
    log(Level::info, "reconciled",
        {{"object", text(key)},
         {"changes", std::to_string(plan.changes.size())},
         {"actions", actions},
         {"step", plan.reasons.empty() ? "" : plan.reasons.back().step}});
  }

  void reconciled(const Reconciled& turn) override { metrics_.reconciled(turn); }
  void carried_out(const Key& key, Duration took) override { metrics_.carried_out(key, took); }

  void engine_changed(const EngineState& engine) override {
    if (engine.synced) {
      log(Level::info, "the engine is in sync");
    } else {
      log(Level::warning, "the engine is not in sync: containers are left as they are",
          {{"reason", engine.message}});
    }
    metrics_.engine_changed(engine);
    const std::lock_guard lock(mutex_);
    engine_trouble_ = engine.synced ? "" : engine.message;
  }

  std::string engine_trouble() const {
    const std::lock_guard lock(mutex_);
    return engine_trouble_;
  }

 private:
  Metrics& metrics_;
  const Loop& loop_;
  mutable std::mutex mutex_;
  std::string engine_trouble_ = "connecting to the engine";
};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string docker_host(const ServeOptions& options) {
  if (!options.docker_host.empty()) return options.docker_host;
  const std::string host = environment("DOCKER_HOST");
  return host.empty() ? "unix:///var/run/docker.sock" : host;
}

std::vector<Cidr> networks(const std::vector<std::string>& texts) {
  std::vector<Cidr> networks;
  for (const std::string& text : texts) {
    if (const auto network = Cidr::parse(text)) networks.push_back(*network);
  }
  return networks;
}

engine::DockerOptions docker_options(const std::string& host, const std::string& instance) {
  engine::DockerOptions docker{.host = host, .instance = instance};
  // Docker's own variables: TLS for tcp:// hosts.
  const std::string folder = environment("DOCKER_CERT_PATH");
  if (!environment("DOCKER_TLS_VERIFY").empty() && !folder.empty()) {
    docker.tls_ca_file = folder + "/ca.pem";
    docker.tls_cert_file = folder + "/cert.pem";
    docker.tls_key_file = folder + "/key.pem";
  }
  return docker;
}

// Its fetches are nobody's, who may not look into the data folder.
std::string cache_folder(const ServeOptions& options, const std::string& data_dir) {
  if (!options.cache_dir.empty()) return options.cache_dir;
  return geteuid() == 0 ? "/var/cache/weir/" + options.instance : data_dir + "/git";
}

std::string random_uid() {
  std::string uid;
  if (std::FILE* file = std::fopen("/proc/sys/kernel/random/uuid", "r")) {
    char text[37] = {};
    if (std::fread(text, 1, 36, file) == 36) uid = text;
    std::fclose(file);
  }
  return uid;
}

Result<void> make_namespaces(Store& store, const Writer& writer) {
  for (const char* name : kNamespaces) {
    if (store.get({.kind = Kind::Namespace, .name = name})) continue;
    const nlohmann::json document{
        {"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", name}}}};
    TRY_VOID(writer.create(Kind::Namespace, "", document, {.manager = "weir"}));
  }
  return {};
}

// SIGTERM and SIGINT end weir; they are taken by sigwait on the main thread, so no other thread may
// be hit by them.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return set;
}

Result<void> serve(const ServeOptions& options) {
  const sigset_t signals = block_signals();
  namespace fs = std::filesystem;
  const std::string data_dir = fs::absolute(options.data_dir).lexically_normal().string();
  const std::string host = docker_host(options);
  const bool local = host.starts_with("unix://");
  const std::string memory_root = options.run_dir + "/" + options.instance;
  const SystemClock clock;
  const auto now = [&clock] { return clock.now(); };
  Mailbox mailbox;  // first: everything that posts to it goes before it

  // 1. The host: folders and the lock that makes this the only weir of its name.
  TRY_VOID(make_private_folder(data_dir));
  TRY(const auto lock, lock_instance(options.run_dir, options.instance, host));
  TRY_VOID(ensure_memory_folder(memory_root));

  // 2. The store: the desired state.
  const auto unix_seconds = [&clock] { return to_seconds(clock.now()).time_since_epoch().count(); };
  TRY(const auto store, Store::open({.path = data_dir + "/weir.db",
                                     .key_file = data_dir + "/secrets.key",
                                     .unix_seconds = unix_seconds,
                                     .make_uid = random_uid}));
  const std::string engine_socket = local ? host.substr(std::string("unix://").size()) : "";
  const Writer writer(*store, now, engine_socket);
  TRY_VOID(make_namespaces(*store, writer));
  TRY_VOID(bootstrap(options.git, writer));

  // 3. Seeing it, and the engine.
  gateway::TrafficHistory history;
  GatewayClient gateway({.socket = memory_root + "/gateway.sock",
                         .io = options.gateway_io,
                         .on_traffic = [&](const gateway::TrafficReport& report) {
                           history.add(report, clock.now());
                         }});
  TRY(const auto metrics,
      Metrics::listen(options.metrics_listen, *store, [&gateway] { return gateway.traffic(); }));
  const auto volumes = disk_volumes(data_dir + "/pods", memory_root + "/pods");
  TRY(auto docker, engine::connect_docker(docker_options(host, options.instance)));
  MeteredEngine engine(*docker, [&](const engine::Request& request, bool ok, double seconds) {
    metrics->engine_called(request, ok, seconds);
  });

  // 4. What analyses measure.
  analysis::Outgoing outgoing{analysis::AddressPolicy(networks(options.analysis_allow))};
  RealMeasurer measurer({.outgoing = outgoing, .history = history, .clock = clock});

  // 5. Git servers, and what is made of their files.
  RealGitOps git_ops(
      {.writer = writer, .store = *store, .cache_dir = cache_folder(options, data_dir)});

  // 6. The loop: World in, plan out, carried out.
  Loop loop({.store = *store,
             .engine = engine,
             .gateway = gateway,
             .volumes = *volumes,
             .measurer = measurer,
             .git_ops = git_ops,
             .clock = clock,
             .mailbox = mailbox},
            {.instance = options.instance,
             .store = store->id(),
             .network = options.instance,
             .volume_root = data_dir + "/pods",
             .memory_root = memory_root + "/pods",
             .node_name = host_name(),
             .host_ip = host_address(),
             .prometheus_address = environment(kPrometheusAddress),
             .local = local});
  Watcher watcher(*metrics, loop);
  loop.watch(&watcher);
  TRY_VOID(loop.start());
  std::jthread loop_thread([&] { loop.run(); });
  // Ends the loop on every way out of here, before anything that it uses is gone.
  const std::shared_ptr<void> end_loop(nullptr, [&](void*) {
    mailbox.close();
    loop_thread.join();
    metrics->read_engine(nullptr, "");
    docker.reset();
  });
  metrics->read_engine(&engine, options.instance);

  // 7. The API.
  const Hooks hooks(*store, writer, now);
  const Questions questions(loop, mailbox, clock, *store, writer);
  const rest::Api api(
      {.store = *store,
       .now = now,
       .engine = &engine,
       .engine_socket = engine_socket,
       .health = [&]() -> std::vector<rest::HealthCheck> {
         return {{.name = "ping"},
                 {.name = "store", .trouble = store->trouble()},
                 {.name = "engine", .trouble = watcher.engine_trouble()}};
       },
       .on_request =
           [&](const rest::RequestRecord& record) {
             metrics->api_served(record.verb, record.resource, record.code, record.seconds);
           },
       .why = [&](const Key& key) { return questions.why(key); },
       .manifests = [&](const Key& key) { return questions.manifests(key); },
       .plan = [&](const auto& documents) { return questions.plan(documents); },
       .hook = [&](const auto& path, const auto& headers,
                   const auto& body) { return hooks.receive(path, headers, body); }});
  TRY(const auto server,
      rest::Server::start(
          {.listen = options.api_listen,
           .credentials =
               [&] {
                 return rest::ensure_credentials(data_dir, options.api_listen, unix_seconds());
               },
           .handler = [&](const rest::Request& request) { return api.handle(request); },
           .warn = [](const std::string& what) { log(Level::warning, what); }}));

  std::printf("weir is ready\n");
  std::fflush(stdout);
  log(Level::info, "serving",
      {{"api", options.api_listen},
       {"metrics", options.metrics_listen},
       {"engine", host},
       {"kubeconfig", data_dir + "/admin.kubeconfig"}});
  // What a burst of work has left free goes back to the host.
  const timespec minute{.tv_sec = 60, .tv_nsec = 0};
  while (sigtimedwait(&signals, nullptr, &minute) < 0) malloc_trim(0);
  log(Level::info, "stopping; containers run on");
  server->stop();
  return {};
}

}  // namespace

int serve_main(const ServeOptions& options) {
  // One heap for all threads: a thread lives as long as a request, and what each of glibc's many
  // heaps keeps for later is never given back.
  mallopt(M_ARENA_MAX, 1);
  const Result<void> served = serve(options);
  if (served) return EXIT_SUCCESS;
  std::fprintf(stderr, "error: %s\n", served.error().message.c_str());
  return EXIT_FAILURE;
}

}  // namespace weir
