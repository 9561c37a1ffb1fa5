#include "reconcilers/secrets.h"

#include "reconcilers/base64.h"

namespace weir {

std::optional<std::string> bytes_of(const api::Secret& secret, const std::string& key) {
  const auto found = secret.data.find(key);
  return found == secret.data.end() ? std::nullopt : base64_decode(found->second);
}

std::map<std::string, std::string> bytes_of(const api::Secret& secret) {
  std::map<std::string, std::string> values;
  for (const auto& [key, encoded] : secret.data) {
    if (auto bytes = base64_decode(encoded)) values[key] = *std::move(bytes);
  }
  return values;
}

}  // namespace weir
