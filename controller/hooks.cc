#include "controller/hooks.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/gitops/webhook.h"
#include "controller/log.h"
#include "reconcilers/flux.h"
#include "reconcilers/secrets.h"

namespace weir {

using nlohmann::json;

namespace {

gitops::WebhookType type_of(const std::string& type) {
  if (type == "gitlab") return gitops::WebhookType::gitlab;
  return type == "gitea" ? gitops::WebhookType::gitea : gitops::WebhookType::github;
}

bool counts(const api::ReceiverSpec& spec, const std::string& event) {
  return spec.events.empty() ||
         std::find(spec.events.begin(), spec.events.end(), event) != spec.events.end();
}

}  // namespace

Result<void> Hooks::receive(const std::string& path,
                            const std::map<std::string, std::string>& headers,
                            std::string_view body) const {
  const auto receivers = store_.list(Kind::Receiver).objects;
  const auto found = std::find_if(receivers.begin(), receivers.end(), [&](const StoredPtr& one) {
    return std::get<api::Receiver>(*one->typed).status.webhookPath == path;
  });
  if (found == receivers.end()) return fail(Code::not_found, "there is no such path");
  const auto& receiver = std::get<api::Receiver>(*(*found)->typed);
  const std::string& ns = receiver.metadata.namespace_;
  const StoredPtr secret =
      store_.get({.kind = Kind::Secret, .ns = ns, .name = receiver.spec.secretRef.name});
  std::string token;
  if (secret) token = bytes_of(std::get<api::Secret>(*secret->typed), "token").value_or("");
  TRY(const gitops::WebhookEvent event,
      gitops::check_webhook(type_of(receiver.spec.type), headers, body, token));
  log(Level::info, "a webhook",
      {{"receiver", ns + "/" + receiver.metadata.name},
       {"event", event.event},
       {"ref", event.ref}});
  if (event.event == "ping" || !counts(receiver.spec, event.event)) return {};
  const std::string now = std::to_string(now_().time_since_epoch().count());
  for (const api::FluxObjectReference& ref : receiver.spec.resources) {
    const Kind kind = ref.kind == "Kustomization" ? Kind::Kustomization : Kind::GitRepository;
    const Key key{
        .kind = kind, .ns = ref.namespace_.empty() ? ns : ref.namespace_, .name = ref.name};
    const json patch{{"metadata", {{"annotations", {{flux::kRequestedAt, now}}}}}};
    const auto asked =
        writer_.patch(key, PatchType::merge, patch, false, {.manager = "weir-webhook"});
    if (!asked) {
      log(Level::warning, "a webhook's resource cannot be asked to look",
          {{"object", text(key)}, {"reason", asked.error().message}});
    }
  }
  return {};
}

}  // namespace weir
