#pragma once

// Made from crd-schemas/ by crd-schemas/generate.cc. Change those.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weir::api {

// A number or a text, as ports and maxSurge are.
struct IntOrString {
  bool is_string = false;
  std::int64_t number = 0;
  std::string text = {};
  bool operator==(const IntOrString&) const = default;
};

// A value that weir carries and does not read: its JSON text, keys sorted. Empty: absent.
struct Json {
  std::string text = {};
  bool operator==(const Json&) const = default;
};

struct SinkMeta {
  std::string name = {};
  bool operator==(const SinkMeta&) const = default;
};

// Something small.
struct Handle {
  IntOrString port = {};
  std::string scheme = "HTTP";
  bool operator==(const Handle&) const = default;
};

// A handle with more.
struct Lever {
  IntOrString port = {};
  std::string scheme = "HTTP";
  std::optional<std::int64_t> force = {};
  bool operator==(const Lever&) const = default;
};

struct SinkSpecPolicy {
  IntOrString limit = {.is_string = true, .number = 0, .text = "25%"};
  IntOrString step = {.is_string = false, .number = 3, .text = {}};
  bool operator==(const SinkSpecPolicy&) const = default;
};

struct SinkSpec {
  Json affinity = {};
  std::string amount = {};
  std::map<std::string, std::string> amounts = {};
  std::int64_t count = 0;
  bool default_ = true;
  Handle handle = {};
  std::vector<Lever> levers = {};
  std::optional<bool> maybe = {};
  std::string namespace_ = {};
  std::string password = {};
  bool plain = false;
  SinkSpecPolicy policy = {};
  double ratio = 0.5;
  std::optional<std::chrono::sys_seconds> started = {};
  std::string title = "unnamed";
  bool operator==(const SinkSpec&) const = default;
};

struct SinkStatus {
  bool ready = false;
  bool operator==(const SinkStatus&) const = default;
};

// A sink.
struct Sink {
  SinkMeta metadata = {};
  SinkSpec spec = {};
  SinkStatus status = {};
  bool operator==(const Sink&) const = default;
};

}  // namespace weir::api
