#include "controller/gateway/wire.h"

#include <sys/stat.h>

#include <filesystem>
#include <nlohmann/json.hpp>

// The table in JSON, by the names of its fields. What a message of an earlier release lacks has its
// default.
NLOHMANN_JSON_NAMESPACE_BEGIN
template <class T>
struct adl_serializer<std::optional<T>> {
  static void to_json(json& j, const std::optional<T>& value) {
    j = value ? json(*value) : json(nullptr);
  }
  static void from_json(const json& j, std::optional<T>& value) {
    value = j.is_null() ? std::nullopt : std::optional(j.get<T>());
  }
};
NLOHMANN_JSON_NAMESPACE_END

namespace weir {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RouteEndpoint, id, name, revision, address, port)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RouteHeaders, remove, set, add)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RouteAffinity, by, name, given, ttl_s)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RouteFault, delay_ms, delay_basis_points,
                                                abort_status, abort_basis_points)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RouteOutliers, gateway_errors, answers,
                                                server_errors, interval_ms, base_ms, max_percent)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RouteRetryBudget, percent, interval_ms, min_count,
                                                min_interval_ms)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RouteLimits, connections, requests, pending)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RoutePause, timeout_ms, pending)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RoutePolicy, fault, outliers, retries, limits,
                                                pause, slow_start_ms)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RouteClients, proxy_protocol, trusted_hops,
                                                trusted_cidrs, connections, body_max, body_ms,
                                                idle_ms, log_basis_points)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RouteBackend, service, revision, weight, affinity,
                                                missing, http2, policy, request, response,
                                                endpoints)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RouteMatch, path, exact, method, headers, query,
                                                patterns)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RoutePath, full, prefix)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RouteRedirect, status, scheme, host, port, path)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RouteMirror, to, basis_points)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RouteRule, hosts, match, request, response, host,
                                                path, redirect, mirrors, affinity, timeout_ms,
                                                try_timeout_ms, refusal, backends)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RouteCertificate, hosts, chain, key)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RouteListener, name, sandbox, address, port,
                                                protocol, rules, certificates, clients)

}  // namespace weir

namespace weir::gateway {

using nlohmann::json;

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Traffic, service, endpoint, revision, requests,
                                                latency, microseconds, in_flight, retries, refusals,
                                                ejections, connections, connections_made,
                                                sent_bytes, received_bytes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ListenerTraffic, listener, connections, accepted,
                                                refused)

Result<Message> read_message(std::string_view line) {
  try {
    const json j = json::parse(line);
    Message message;
    message.publish = j.value("publish", std::uint64_t{0});
    if (message.publish != 0) {
      message.table.listeners = j.at("listeners").get<std::vector<RouteListener>>();
    }
    message.upgrade = j.value("upgrade", "");
    message.stop = j.value("stop", false);
    message.drain = j.value("drain", false);
    message.listen = j.value("listen", "");
    message.unlisten = j.value("unlisten", "");
    message.published = j.value("published", std::uint64_t{0});
    if (j.contains("closed")) message.closed = j.at("closed");
    if (j.contains("traffic")) {
      message.traffic =
          TrafficReport{.endpoints = j.at("traffic").get<std::vector<Traffic>>(),
                        .listeners = j.value("listeners", std::vector<ListenerTraffic>{}),
                        .io = j.value("io", ""),
                        .log_lines_dropped = j.value("log_lines_dropped", std::int64_t{0})};
    }
    if (j.contains("epoch")) {
      message.progress =
          Progress{.epoch = j.at("epoch"), .routed = j.at("routed"), .draining = j.at("draining")};
      message.program = j.at("program");
    }
    return message;
  } catch (const json::exception& e) {
    // Not in the library's words: they quote what was sent, and there are private keys in it.
    return fail(Code::invalid,
                "a message between weir's processes: JSON error " + std::to_string(e.id));
  }
}

std::string publish_line(std::uint64_t epoch, const RouteTable& table) {
  return json{{"publish", epoch}, {"listeners", table.listeners}}.dump(
      -1, ' ', false, json::error_handler_t::replace);
}

std::string published_line(std::uint64_t epoch) { return json{{"published", epoch}}.dump(); }
std::string listen_line(const std::string& listener) { return json{{"listen", listener}}.dump(); }
std::string unlisten_line(const std::string& listener) {
  return json{{"unlisten", listener}}.dump();
}
std::string traffic_line(const TrafficReport& traffic) {
  return json{{"traffic", traffic.endpoints},
              {"listeners", traffic.listeners},
              {"io", traffic.io},
              {"log_lines_dropped", traffic.log_lines_dropped}}
      .dump();
}
std::string closed_line(const std::map<std::string, std::string>& closed) {
  return json{{"closed", closed}}.dump();
}
std::string upgrade_line(const std::string& program) { return json{{"upgrade", program}}.dump(); }

std::string progress_line(const Progress& p, const std::string& program) {
  return json{
      {"epoch", p.epoch}, {"routed", p.routed}, {"draining", p.draining}, {"program", program}}
      .dump();
}

Program this_program() {
  constexpr char kSelf[] = "/proc/self/exe";
  std::error_code error;
  Program program{.path = std::filesystem::read_symlink(kSelf, error).string()};
  if (program.path.ends_with(" (deleted)")) program.path.clear();
  struct stat file {};
  if (::stat(kSelf, &file) == 0) {
    program.identity = std::to_string(file.st_dev) + ":" + std::to_string(file.st_ino) + ":" +
                       std::to_string(file.st_mtim.tv_sec) + "." +
                       std::to_string(file.st_mtim.tv_nsec);
  }
  return program;
}

}  // namespace weir::gateway
