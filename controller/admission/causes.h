#pragma once

// Causes: the broken rules of one object, in Kubernetes' words, as Status.details.causes has them.
// Rules add; the door (admission.cc) turns what was gathered into one error.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "controller/result.h"

namespace weir {

// Go's %q, near enough: how Kubernetes shows a text in a message.
std::string shown(std::string_view text);
std::string shown(std::int64_t number);

// Paths of fields: spec.containers[0].name, data[key with odd characters].
std::string at(const std::string& path, std::string_view field);
std::string at(const std::string& path, std::size_t index);
std::string at_key(const std::string& path, std::string_view key);

class Causes {
 public:
  // More would help nobody, and a large broken document must not become a larger answer.
  static constexpr std::size_t kMax = 50;

  void required(const std::string& path, const std::string& detail = {});
  void invalid(const std::string& path, const std::string& value, const std::string& detail);
  void type_invalid(const std::string& path, const std::string& value, const std::string& detail);
  void unsupported(const std::string& path, const std::string& value,
                   const std::vector<std::string>& supported);
  void duplicate(const std::string& path, const std::string& value);
  void forbidden(const std::string& path, const std::string& detail);
  void not_found(const std::string& path, const std::string& value);
  void too_long(const std::string& path, std::size_t bytes);

  // Adds an invalid cause when `problem` is not empty.
  void check(const std::string& path, std::string_view value, const std::string& problem);

  // Those of a part that was looked at by itself: it stands there.
  void add_under(const std::string& path, std::vector<Cause> causes);

  bool empty() const { return causes_.empty(); }
  bool full() const { return causes_.size() >= kMax; }
  std::vector<Cause> take() { return std::move(causes_); }

 private:
  void add(const char* reason, const std::string& path, std::string message);

  std::vector<Cause> causes_;
};

// Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be …
Error invalid_object(const std::string& kind, const std::string& name, std::vector<Cause> causes);

}  // namespace weir
