#pragma once

// What actions become on the way to the engine, and what its answers mean. Pure functions of the
// executor's, apart so that each can be read and tested alone.

#include <optional>
#include <string>

#include "controller/engine/engine.h"
#include "controller/loop/volumes.h"

namespace weir {

// Kubernetes gives postStart no deadline of its own; a hook that hangs would hold its pod for ever.
inline constexpr Duration kPostStartDeadline{300'000};

// The engine's verdict on a failed action as the reason that Kubernetes gives: ErrImagePull,
// NameConflict, PortConflict, CreateContainerError, RunContainerError …
std::string reason_of(const std::string& identity, const Error& error);

// True when this container, found under the name asked for, is the one that the spec describes.
bool is_made_from(const Container& container, const ContainerSpec& spec);

// The same container, its secret environment replaced by the two mounts that deliver it.
ContainerSpec with_starter(ContainerSpec spec, const EnvironmentFile& file);

// X-Registry-Auth for the image's registry out of the pod's imagePullSecrets; empty: none fits.
std::string registry_auth(const World& world, const PullImage& action);

engine::Request hook_request(const api::LifecycleHandler& handler, const std::string& container_id,
                             const std::string& ip, Duration deadline);
// Why the hook failed; nothing when it did not.
std::optional<std::string> hook_failure(const Result<engine::Reply>& reply);

engine::Request probe_request(const RunProbe& probe);
struct ProbeVerdict {
  enum Result { success, failure, unknown } result = unknown;
  std::string message = {};
};
// Kubernetes: 200–399 is success; an engine that cannot be asked says nothing about the container.
ProbeVerdict probe_verdict(const RunProbe& probe, const Result<engine::Reply>& reply);

}  // namespace weir
