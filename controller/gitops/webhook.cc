#include "controller/gitops/webhook.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <nlohmann/json.hpp>

#include "controller/gitops/tree_path.h"

namespace weir::gitops {

namespace {

using nlohmann::json;

constexpr int kDepthMax = 32;

struct Sender {
  const char* signature;  // the header
  std::string_view prefix;
  bool hmac;  // or the secret itself
  const char* event;
};

Sender sender_of(WebhookType type) {
  switch (type) {
    case WebhookType::github:
      return {"x-hub-signature-256", "sha256=", true, "x-github-event"};
    case WebhookType::gitlab:
      return {"x-gitlab-token", "", false, "x-gitlab-event"};
    case WebhookType::gitea:
      return {"x-gitea-signature", "", true, "x-gitea-event"};
  }
  return {};
}

std::string mac(std::string_view secret, std::string_view body) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  unsigned length = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(body.data()), body.size(), sum.data(), &length);
  return {reinterpret_cast<const char*>(sum.data()), length};
}

// What was sent and what it should be are both hashed with the secret, so that the comparison takes
// as long whatever their lengths are.
bool same(std::string_view sent, std::string_view wanted, std::string_view secret) {
  const std::string left = mac(secret, sent), right = mac(secret, wanted);
  return CRYPTO_memcmp(left.data(), right.data(), right.size()) == 0;
}

std::string hexadecimal(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return out;
}

std::string text_at(const json& body, const json::json_pointer& place) {
  const json* found = body.contains(place) ? &body.at(place) : nullptr;
  return found && found->is_string() ? printable(found->get_ref<const std::string&>(), 512) : "";
}

}  // namespace

Result<WebhookEvent> check_webhook(WebhookType type,
                                   const std::map<std::string, std::string>& headers,
                                   std::string_view body, std::string_view secret) {
  if (body.size() > kWebhookBodyMax) return fail(Code::too_large, "the body is above 4 MiB");
  const Sender sender = sender_of(type);
  const auto header = [&](const char* name) {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
  };
  std::string_view sent = header(sender.signature);
  const bool prefixed = sent.starts_with(sender.prefix);
  if (prefixed) sent.remove_prefix(sender.prefix.size());
  const std::string wanted = sender.hmac ? hexadecimal(mac(secret, body)) : std::string(secret);
  if (!same(sent, wanted, secret) || !prefixed || secret.empty()) {
    return fail(Code::unauthorized,
                std::string(sender.signature) + " is missing, or not of this secret and body");
  }
  WebhookEvent event{.event = printable(header(sender.event), 64)};
  bool too_deep = false;
  const json parsed = json::parse(
      body,
      [&](int depth, json::parse_event_t, json&) {
        too_deep = too_deep || depth > kDepthMax;
        return !too_deep;
      },
      false);
  if (too_deep || !parsed.is_object()) return fail(Code::bad_request, "the body is no JSON object");
  event.ref = text_at(parsed, json::json_pointer("/ref"));
  event.repository = text_at(
      parsed, json::json_pointer(type == WebhookType::gitlab ? "/project/path_with_namespace"
                                                             : "/repository/full_name"));
  return event;
}

}  // namespace weir::gitops
