#include "reconcilers/container_spec.h"

#include <algorithm>

#include "reconcilers/environment.h"
#include "reconcilers/field_ref.h"
#include "reconcilers/quantity.h"
#include "reconcilers/volumes.h"

namespace weir {

namespace {

std::map<std::string, std::string> labels_of(const PodView& view, const Incarnation& incarnation) {
  const api::ObjectMeta& m = view.pod->metadata;
  std::map<std::string, std::string> labels{
      {label::kInstance, view.world.engine.instance},
      {label::kStore, view.world.engine.store},
      {label::kUid, m.uid},
      {label::kSpec, view.hash},
      {label::kAttempt, std::to_string(incarnation.attempt)},
      {label::kBackoff, std::to_string(incarnation.backoff)},
      {label::kPodName, m.name},
      {label::kPodNamespace, m.namespace_},
      {label::kPodUid, m.uid},
      {label::kContainerName, view.container->name},
  };
  const std::string owner = owner_of(*view.pod);
  if (!owner.empty()) labels[label::kOwner] = owner;
  return labels;
}

// A word of the command line shows in `docker inspect` and in `ps`: no Secret may stand in it.
std::string add_words(const char* field, const std::vector<std::string>& words,
                      const EnvValues& values, std::vector<std::string>& out) {
  for (const std::string& word : words) {
    EnvValue expanded = expand(word, values);
    if (expanded.secret) {
      return std::string(field) + ": \"" + word +
             "\" would put a Secret's value on the command "
             "line, where `docker inspect` shows it; let the program read the variable itself";
    }
    out.push_back(std::move(expanded.text));
  }
  return "";
}

void add_environment(const EnvValues& values, ContainerSpec& spec) {
  for (const auto& [name, value] : values) {
    if (value.secret) {
      spec.secret_env[name] = value.text;
    } else {
      spec.env.push_back(name + "=" + value.text);
    }
  }
}

std::string add_command(const PodView& view, const Image& image, const EnvValues& values,
                        ContainerSpec& spec) {
  std::string error = add_words("command", view.container->command, values, spec.entrypoint);
  if (error.empty()) error = add_words("args", view.container->args, values, spec.command);
  if (!error.empty() || spec.secret_env.empty()) return error;
  // The starter that brings the secret environment runs what the image would have run: in full.
  if (spec.entrypoint.empty()) {
    spec.entrypoint = image.entrypoint;
    if (spec.command.empty()) spec.command = image.command;
  }
  if (spec.entrypoint.empty() && spec.command.empty()) return "the image names no program to run";
  return "";
}

}  // namespace

BuiltSpec build_spec(const PodView& view, const Incarnation& incarnation, const Image& image) {
  const api::Container& container = *view.container;
  BuiltSpec built{.spec = {.name = incarnation.name,
                           .labels = labels_of(view, incarnation),
                           .image = container.image,
                           .working_dir = container.workingDir,
                           .tty = container.tty,
                           .open_stdin = container.stdin_}};
  Environment environment = environment_of(view);
  Mounts mounts = mounts_of(view, environment.values);
  built.error = !environment.error.empty() ? environment.error : mounts.error;
  built.notes = std::move(environment.notes);
  built.spec.mounts = std::move(mounts.mounts);
  add_environment(environment.values, built.spec);
  add_network(view, built.spec);
  const auto try_next = [&](std::string error) {
    if (built.error.empty()) built.error = std::move(error);
  };
  try_next(add_command(view, image, environment.values, built.spec));
  try_next(add_resources(view, built.spec));
  try_next(add_security(view, image, built.spec));
  return built;
}

std::string container_name(const PodView& view, int attempt) {
  return "weir_" + view.container->name + "_" + view.key.name + "_" + view.key.ns + "_" +
         std::to_string(attempt);
}

std::string add_resources(const PodView& view, ContainerSpec& spec) {
  constexpr std::int64_t kSharesMin = 2, kSharesMax = 262144;  // the kernel's
  const api::Container& container = *view.container;
  const auto read = [&](const std::string& text, auto parse, std::int64_t& out) {
    const auto value = text.empty() ? std::optional<std::int64_t>(0) : parse(text);
    out = value.value_or(0);
    return value ? "" : "resources: cannot read quantity \"" + text + "\"";
  };
  std::int64_t limit_milli = 0, request_milli = 0;
  std::string error = read(limit_of(container, "memory"), quantity_value, spec.memory_bytes);
  if (error.empty()) error = read(limit_of(container, "cpu"), quantity_milli, limit_milli);
  if (error.empty()) error = read(requested(container, "cpu"), quantity_milli, request_milli);
  constexpr std::int64_t kMilliMax = 1'000'000'000;  // a million CPUs
  spec.nano_cpus = std::min(limit_milli, kMilliMax) * 1'000'000;
  if (request_milli > 0) {
    spec.cpu_shares =
        std::clamp(std::min(request_milli, kMilliMax) * 1024 / 1000, kSharesMin, kSharesMax);
  }
  return error;
}

std::string owner_of(const api::Pod& pod) {
  for (const api::OwnerReference& owner : pod.metadata.ownerReferences) {
    if (owner.controller == true) return owner.kind + "/" + owner.name;
  }
  return "";
}

}  // namespace weir
