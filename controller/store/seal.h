#pragma once

// Sealer: encrypts what must not be readable in a stolen database or backup: the bodies of Secrets.
// AES-256-GCM, a random nonce each time. The row's place (kind, namespace, name, uid, version) is
// authenticated with it, so a sealed body put in another row does not open.
//
// The store owns one. It keeps no state between calls. Without a key file (tests) it seals nothing.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "controller/result.h"

namespace weir {

class Sealer {
 public:
  // Reads the 32 bytes of the key file, after making it (0600, durable) when it is absent and
  // `may_create`: a lost key must not be replaced while something sealed with it exists.
  static Result<Sealer> open(const std::string& key_file, bool may_create);

  bool has_key() const { return !key_.empty(); }
  // Names the key without giving it away: the store keeps it, to know a wrong key at once.
  std::string fingerprint() const;
  Result<std::string> seal(std::string_view plain, std::string_view place) const;
  Result<std::string> unseal(std::string_view sealed, std::string_view place) const;

 private:
  std::string key_;
};

}  // namespace weir
