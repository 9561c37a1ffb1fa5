#pragma once

// Observer: keeps the World's containers true. The engine's events are hints and nothing more: each
// leads to an inspection; a complete list every kListEvery, and after each reconnection, finds what
// no event told. A container is believed gone only when an inspection says so. Loop's thread only.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "controller/engine/engine.h"
#include "controller/loop/cache.h"
#include "controller/loop/clock.h"
#include "controller/loop/mailbox.h"

namespace weir {

struct ObserverOptions {
  std::string instance;
  std::string store;
  std::string network;
  std::string volume_root;
  std::string memory_root;
  std::string node_name;
  std::string host_ip = {};
  std::string prometheus_address = {};  // of metrics that name none
  bool local = true;
};

class Observer {
 public:
  Observer(ObserverOptions options, engine::Engine& engine, Cache& cache, Mailbox& mailbox,
           const Clock& clock);

  void start();  // follows events from now on
  void tick();   // asks for a list when one is due
  Time next_tick() const { return next_list_; }

  std::uint64_t lists_total() const { return lists_total_; }

 private:
  void ask(engine::Request request, std::function<void(Result<engine::Reply>)> on_reply);
  void hint(const engine::Hint& hint);
  void connected();
  void lost(const std::string& message);
  void list();
  void listed(std::vector<Container> containers);
  std::vector<std::string> containers_by_status() const;
  void inspect(const std::string& id);
  void inspected(const std::string& id, Result<engine::Reply> reply);
  void publish(std::string message);

  const ObserverOptions options_;
  engine::Engine& engine_;
  Cache& cache_;
  Mailbox& mailbox_;
  const Clock& clock_;

  bool connected_ = false;
  bool network_ready_ = false;
  bool listing_ = false;
  bool listed_once_ = false;  // since the connection came up
  std::uint64_t lists_total_ = 0;
  Time next_list_ = {};
  std::map<std::string, bool> inspecting_;  // id → a hint came meanwhile: inspect again
  // After the first list: how often each may still be tried; `synced` waits for them.
  std::map<std::string, int> first_inspections_;
};

}  // namespace weir
