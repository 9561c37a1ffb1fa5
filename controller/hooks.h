#pragma once

// Webhooks of Git servers: POST /hook/… of the API's server, by whoever knows the token of the
// Receiver that has this path. The signature is checked before the body is looked into; then what
// the Receiver names is asked to look now, by Flux's annotation. On the API's handler threads.
//
// Errors: not_found (no Receiver has the path), unauthorized, bad_request; internal words are kept.

#include <map>
#include <string>

#include "controller/api/writer.h"

namespace weir {

class Hooks {
 public:
  Hooks(const Store& store, const Writer& writer, std::function<Time()> now)
      : store_(store), writer_(writer), now_(std::move(now)) {}

  // `headers`: names in lower case.
  Result<void> receive(const std::string& path, const std::map<std::string, std::string>& headers,
                       std::string_view body) const;

 private:
  const Store& store_;
  const Writer& writer_;
  const std::function<Time()> now_;
};

}  // namespace weir
