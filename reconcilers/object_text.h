#pragma once

// Objects as text: for plans, `weir why`, tests and hashes. Pure; the same object gives the same
// bytes. Only what differs from the defaults is printed, so that a new field of a kind changes no
// text (and no hash) of objects that do not use it. Values of Secrets are never printed.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gen/kinds.h"

namespace weir {

// Deployment{metadata: {name: "web"}, spec: {replicas: 3, …}}
std::string to_text(const Object& object);

// The same without the kind, for hashing: {metadata: {labels: {app: "web"}}, spec: {…}}
std::string template_text(const api::PodTemplateSpec& pod_template);

// What changed, one line a field: `spec.replicas: 3 -> 5`, `metadata.labels.app: (none) -> "x"`,
// `spec.template.spec.containers[0].image: "web:1" -> "web:2"`. Empty when nothing did.
std::vector<std::string> diff(const Object& before, const Object& after);

// RFC 3339 in UTC with whole seconds, as metav1.Time is written: 2024-02-29T23:59:59Z.
std::string time_text(std::chrono::sys_seconds time);
// Reads RFC 3339 with any offset; fractions of a second are cut off. nullopt: not a time.
std::optional<std::chrono::sys_seconds> parse_time(std::string_view text);

}  // namespace weir
