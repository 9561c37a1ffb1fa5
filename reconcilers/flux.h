#pragma once

// What the reconcilers of Flux's kinds share: its annotations and labels, intervals and back-off,
// and how a condition is said.

#include <string>
#include <vector>

#include "gen/types.h"
#include "reconcilers/conditions.h"
#include "reconcilers/time.h"

namespace weir {

namespace flux {
// `flux reconcile` writes the time: look now.
inline constexpr char kRequestedAt[] = "reconcile.fluxcd.io/requestedAt";
inline constexpr char kFinalizer[] = "finalizers.fluxcd.io";
// On everything that a Kustomization has applied: which.
inline constexpr char kNameLabel[] = "kustomize.toolkit.fluxcd.io/name";
inline constexpr char kNamespaceLabel[] = "kustomize.toolkit.fluxcd.io/namespace";
// On what it applies: "disabled" keeps it when the source has it no more.
inline constexpr char kPrune[] = "kustomize.toolkit.fluxcd.io/prune";
// weir's own: "true" on a GitRepository lets its branch go back.
inline constexpr char kAllowForcePush[] = "weir.dev/allow-force-push";
// weir's own, on a Kustomization: a revision that is applied although it once went back.
inline constexpr char kRelease[] = "weir.dev/release";
}  // namespace flux

// A duration that admission has seen; what cannot be read is `otherwise`.
Duration duration_of(const std::string& text, Duration otherwise);
// After so many failures in a row: 2 s, 4 s, 8 s … at most `longest`.
Duration back_off(int failures, Duration longest);

void say(std::vector<api::Condition>& conditions, const Statement& what, Time now,
         std::int64_t generation);

// "default/web", or "web" in its own namespace: how messages name another object.
std::string qualified(const std::string& ns, const std::string& name);

}  // namespace weir
