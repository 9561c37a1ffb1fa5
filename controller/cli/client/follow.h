#pragma once

// Following one object: what it is now, then each change, whatever happens to the connection.

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "controller/cli/client/client.h"
#include "controller/cli/client/resources.h"

namespace weir::cli {

enum class Followed { stopped, timed_out };

struct Follower {
  // Sees the object (null: there is none of that name); true: enough.
  std::function<bool(const nlohmann::json& object)> see;
  std::function<void()> tick = {};  // about once a second
};

// Lists, then watches; a closed watch, and a server that restarts, are met by listing again.
// No timeout: for ever. An Error is the server's refusal, or kInterrupted.
Result<Followed> follow(Client& client, const Resource& resource, const std::string& namespace_name,
                        const std::string& name, std::optional<Duration> timeout,
                        const Follower& follower);

// Calls `request` until it answers otherwise than Code::unavailable, for as long as a restart of
// the server takes.
Result<nlohmann::json> until_available(Client& client,
                                       const std::function<Result<nlohmann::json>()>& request);

}  // namespace weir::cli
