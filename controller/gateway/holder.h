#pragma once

// The gateway's two processes. The holder has the listening sockets and reads nothing that a client
// sends; the worker has the clients and no socket of the engine. The holder outlives weir serve and
// each of its workers: when one dies, connections wait in the listeners' queues for the next.

#include <string>

#include "controller/gateway/worker.h"

namespace weir::gateway {

struct HolderOptions {
  std::string socket = "/run/weir/weir/gateway.sock";  // where weir serve reaches it
  std::string io = "best";                             // or io_uring, epoll
};

// Until SIGTERM; then its worker ends with the requests under way. The exit code.
int run_holder(const HolderOptions& options);

// The worker at the other end of this channel.
int run_worker(int channel, const std::string& io);

// Asks the holder for a worker of the program that is on disk now.
int upgrade(const HolderOptions& options);
// Ends the gateway: its worker finishes what is under way.
int stop(const HolderOptions& options);

}  // namespace weir::gateway
