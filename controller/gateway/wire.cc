#include "controller/gateway/wire.h"

#include <sys/stat.h>

#include <filesystem>
#include <nlohmann/json.hpp>

namespace weir::gateway {

namespace {

using nlohmann::json;

json to_json(const RouteEndpoint& e) {
  return {{"id", e.id},
          {"name", e.name},
          {"revision", e.revision},
          {"address", e.address},
          {"port", e.port}};
}

json to_json(const RouteBackend& b) {
  json endpoints = json::array();
  for (const RouteEndpoint& e : b.endpoints) endpoints.push_back(to_json(e));
  return {{"service", b.service}, {"weight", b.weight}, {"endpoints", std::move(endpoints)}};
}

json to_json(const RouteRule& r) {
  json backends = json::array();
  for (const RouteBackend& b : r.backends) backends.push_back(to_json(b));
  return {{"hosts", r.hosts},
          {"path", r.match.path},
          {"exact", r.match.exact},
          {"method", r.match.method},
          {"headers", r.match.headers},
          {"query", r.match.query},
          {"backends", std::move(backends)}};
}

json to_json(const RouteCertificate& c) {
  return {{"hosts", c.hosts}, {"chain", c.chain}, {"key", c.key}};
}

json to_json(const RouteListener& l) {
  json rules = json::array();
  for (const RouteRule& r : l.rules) rules.push_back(to_json(r));
  json certificates = json::array();
  for (const RouteCertificate& c : l.certificates) certificates.push_back(to_json(c));
  return {{"name", l.name},
          {"sandbox", l.sandbox},
          {"address", l.address},
          {"port", l.port},
          {"protocol", l.protocol},
          {"rules", std::move(rules)},
          {"certificates", std::move(certificates)}};
}

RouteEndpoint endpoint_of(const json& j) {
  return {.id = j.at("id"),
          .name = j.at("name"),
          .revision = j.at("revision"),
          .address = j.at("address"),
          .port = j.at("port")};
}

RouteBackend backend_of(const json& j) {
  RouteBackend b{.service = j.at("service"), .weight = j.at("weight")};
  for (const json& e : j.at("endpoints")) b.endpoints.push_back(endpoint_of(e));
  return b;
}

RouteRule rule_of(const json& j) {
  RouteRule r{.hosts = j.at("hosts"),
              .match = {.path = j.at("path"),
                        .exact = j.at("exact"),
                        .method = j.at("method"),
                        .headers = j.at("headers"),
                        .query = j.at("query")}};
  for (const json& b : j.at("backends")) r.backends.push_back(backend_of(b));
  return r;
}

RouteCertificate certificate_of(const json& j) {
  return {.hosts = j.at("hosts"), .chain = j.at("chain"), .key = j.at("key")};
}

RouteListener listener_of(const json& j) {
  RouteListener l{.name = j.at("name"),
                  .sandbox = j.at("sandbox"),
                  .address = j.at("address"),
                  .port = j.at("port"),
                  .protocol = j.at("protocol").get<RouteProtocol>()};
  for (const json& r : j.at("rules")) l.rules.push_back(rule_of(r));
  // A serve of an earlier release knows none.
  if (j.contains("certificates")) {
    for (const json& c : j.at("certificates")) l.certificates.push_back(certificate_of(c));
  }
  return l;
}

}  // namespace

Result<Message> read_message(std::string_view line) {
  try {
    const json j = json::parse(line);
    Message message;
    message.publish = j.value("publish", std::uint64_t{0});
    if (message.publish != 0) {
      for (const json& l : j.at("listeners")) message.table.listeners.push_back(listener_of(l));
    }
    message.upgrade = j.value("upgrade", "");
    message.stop = j.value("stop", false);
    message.drain = j.value("drain", false);
    message.listen = j.value("listen", "");
    message.unlisten = j.value("unlisten", "");
    if (j.contains("closed")) message.closed = j.at("closed");
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
  json listeners = json::array();
  for (const RouteListener& l : table.listeners) listeners.push_back(to_json(l));
  return json{{"publish", epoch}, {"listeners", std::move(listeners)}}.dump();
}

std::string listen_line(const std::string& listener) { return json{{"listen", listener}}.dump(); }
std::string unlisten_line(const std::string& listener) {
  return json{{"unlisten", listener}}.dump();
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
