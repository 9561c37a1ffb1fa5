#include "controller/admission/validate.h"
#include "controller/admission/validate_names.h"
#include "reconcilers/base64.h"

namespace weir {
namespace {

// Kubernetes' limit for the values of one ConfigMap or Secret.
constexpr std::size_t kBytesMax = 1u << 20;

constexpr char kImmutable[] = "field is immutable when `immutable` is set";

std::size_t decoded_bytes(const std::string& base64) { return base64.size() / 4 * 3; }

// Keys that a Secret of this type must have.
std::vector<std::string> keys_of_type(const std::string& type) {
  if (type == "kubernetes.io/dockerconfigjson") return {".dockerconfigjson"};
  if (type == "kubernetes.io/dockercfg") return {".dockercfg"};
  if (type == "kubernetes.io/tls") return {"tls.crt", "tls.key"};
  if (type == "kubernetes.io/ssh-auth") return {"ssh-privatekey"};
  return {};
}

template <class T>
void validate_immutable(const T& before, const T& after, Causes& causes) {
  if (!before.immutable.value_or(false)) return;
  if (!after.immutable.value_or(false)) causes.forbidden("immutable", kImmutable);
  if (before.data != after.data) causes.forbidden("data", kImmutable);
}

}  // namespace

void validate_config_map(const api::ConfigMap& config_map, Causes& causes) {
  std::size_t bytes = 0;
  for (const auto& [key, value] : config_map.data) {
    causes.check(at_key("data", key), key, config_key_problem(key));
    if (config_map.binaryData.contains(key)) {
      causes.invalid(at_key("data", key), shown(key), "duplicate of key present in binaryData");
    }
    bytes += value.size();
  }
  for (const auto& [key, value] : config_map.binaryData) {
    causes.check(at_key("binaryData", key), key, config_key_problem(key));
    bytes += decoded_bytes(value);
  }
  if (bytes > kBytesMax) causes.too_long("data", kBytesMax);
}

void validate_config_map_update(const api::ConfigMap& before, const api::ConfigMap& after,
                                Causes& causes) {
  validate_immutable(before, after, causes);
  if (before.immutable.value_or(false) && before.binaryData != after.binaryData) {
    causes.forbidden("binaryData", kImmutable);
  }
}

void validate_secret(const api::Secret& secret, Causes& causes) {
  std::size_t bytes = 0;
  for (const auto& [key, value] : secret.data) {
    causes.check(at_key("data", key), key, config_key_problem(key));
    bytes += decoded_bytes(value);
  }
  if (bytes > kBytesMax) causes.too_long("data", kBytesMax);
  for (const std::string& key : keys_of_type(secret.type)) {
    if (!secret.data.contains(key)) causes.required(at_key("data", key));
  }
  if (secret.type == "kubernetes.io/basic-auth" && !secret.data.contains("username") &&
      !secret.data.contains("password")) {
    causes.required(at_key("data", "username"));
    causes.required(at_key("data", "password"));
  }
}

void validate_secret_update(const api::Secret& before, const api::Secret& after, Causes& causes) {
  validate_immutable(before, after, causes);
  if (before.type != after.type) {
    causes.invalid("type", shown(after.type), "field is immutable");
  }
}

}  // namespace weir
