#include "reconcilers/kustomization_view.h"

#include "reconcilers/flux.h"
#include "reconcilers/inventory.h"
#include "reconcilers/labels.h"

namespace weir {

namespace {

constexpr std::chrono::minutes kInterval{10};

}  // namespace

std::string KustomizationView::requested_at() const {
  return text_at(kustomization.metadata.annotations, flux::kRequestedAt);
}
Duration KustomizationView::interval() const { return duration_of(spec().interval, kInterval); }
Duration KustomizationView::retry_interval() const {
  return duration_of(spec().retryInterval, interval());
}
Duration KustomizationView::timeout() const { return duration_of(spec().timeout, interval()); }

void KustomizationDraft::say(const KustomizationView& view, const char* type,
                             const char* status_text, const std::string& reason,
                             const std::string& message) {
  weir::say(status.conditions,
            {.type = type, .status = status_text, .reason = reason, .message = message}, view.now,
            view.generation());
}

void KustomizationDraft::note(const KustomizationView& view, std::string reason,
                              std::string message, bool warning) {
  plan.events.push_back({.about = view.key,
                         .warning = warning,
                         .reason = std::move(reason),
                         .message = std::move(message)});
}

void KustomizationDraft::fail(const KustomizationView& view, const std::string& reason,
                              const std::string& message) {
  const auto* before = find_condition(view.status().conditions, "Ready");
  if (!before || before->reason != reason || before->message != message) {
    note(view, reason, message, true);
  }
  failed = true;
  say(view, "Ready", "False", reason, message);
  remove_condition(status.conditions, "Reconciling");
}

std::vector<Key> applied_keys(const api::KustomizationStatus& status) {
  std::vector<Key> keys;
  if (!status.inventory) return keys;
  for (const api::InventoryEntry& entry : status.inventory->entries) {
    if (const auto key = key_of(entry)) keys.push_back(*key);
  }
  return keys;
}

}  // namespace weir
