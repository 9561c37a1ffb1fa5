#include "controller/engine/engine.h"

namespace weir::engine {

namespace {

std::string short_id(const std::string& id) {
  const bool is_id = id.size() == 64 && id.find_first_not_of("0123456789abcdef") == id.npos;
  return is_id ? id.substr(0, 12) : id;
}

std::string name(const GetInfo&) { return "GET info"; }
std::string name(const ListContainers&) { return "GET containers/json"; }
std::string name(const InspectContainer& r) { return "GET containers/" + short_id(r.id) + "/json"; }
std::string name(const ContainerStats& r) { return "stats " + short_id(r.id); }
std::string name(const InspectImage& r) { return "GET images/" + r.reference + "/json"; }
std::string name(const EnsureNetwork& r) { return "ensure network " + r.name; }
std::string name(const PullImage& r) { return "pull " + r.reference; }
std::string name(const CreateContainer& r) { return "create " + r.spec.name; }
std::string name(const StartContainer& r) { return "start " + short_id(r.id); }
std::string name(const StopContainer& r) { return "stop " + short_id(r.id); }
std::string name(const UnpauseContainer& r) { return "unpause " + short_id(r.id); }
std::string name(const RemoveContainer& r) { return "remove " + short_id(r.id); }
std::string name(const Exec& r) { return "exec " + short_id(r.id); }
// Not the query: a probe's may bear a token.
std::string name(const HttpGet& r) { return "GET " + r.url.substr(0, r.url.find('?')); }
std::string name(const TcpConnect& r) { return "connect " + r.host + ":" + std::to_string(r.port); }
std::string name(const Resolve& r) { return "resolve " + r.host; }

}  // namespace

std::string text(const Request& request) {
  return std::visit([](const auto& r) { return name(r); }, request);
}

bool mutates(const Request& request) {
  return std::holds_alternative<EnsureNetwork>(request) ||
         std::holds_alternative<PullImage>(request) ||
         std::holds_alternative<CreateContainer>(request) ||
         std::holds_alternative<StartContainer>(request) ||
         std::holds_alternative<StopContainer>(request) ||
         std::holds_alternative<UnpauseContainer>(request) ||
         std::holds_alternative<RemoveContainer>(request) || std::holds_alternative<Exec>(request);
}

}  // namespace weir::engine
