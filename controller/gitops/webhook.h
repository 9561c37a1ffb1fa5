#pragma once

// Is a webhook from who knows the secret, and of what does it tell? As Flux's Receiver of the types
// github, gitlab and (for Gitea and Forgejo, which Flux takes as github) gitea. Pure: whoever has
// the HTTP server hands over what came.
//
// The signature is checked before the body is looked into. Errors: `unauthorized` (without saying
// what was wrong with it), `too_large`, `bad_request`.

#include <map>
#include <string>
#include <string_view>

#include "controller/result.h"

namespace weir::gitops {

inline constexpr std::size_t kWebhookBodyMax = 4u << 20;

enum class WebhookType {
  github,  // X-Hub-Signature-256: sha256=HEX, an HMAC of the body
  gitlab,  // X-Gitlab-Token: the secret itself
  gitea,   // X-Gitea-Signature: HEX, an HMAC of the body
};

struct WebhookEvent {
  std::string event = {};       // "push", "ping", "Push Hook": as the sender calls it
  std::string ref = {};         // "refs/heads/main"; empty: it says none
  std::string repository = {};  // "group/name"
  bool operator==(const WebhookEvent&) const = default;
};

// Header names in lower case. An empty secret is no secret: nobody passes.
Result<WebhookEvent> check_webhook(WebhookType type,
                                   const std::map<std::string, std::string>& headers,
                                   std::string_view body, std::string_view secret);

}  // namespace weir::gitops
