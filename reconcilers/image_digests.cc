#include "reconcilers/image_digests.h"

#include <algorithm>
#include <string_view>

#include "reconcilers/configuration.h"
#include "reconcilers/labels.h"

namespace weir {

namespace {

// "docker.io/library/web:1" and "web@sha256:…" are of the same repository, "web".
std::string_view repository_of(std::string_view image) {
  image = image.substr(0, image.find('@'));
  const std::size_t colon = image.rfind(':');
  if (colon != image.npos && image.find('/', colon) == image.npos) image = image.substr(0, colon);
  for (const std::string_view usual : {"docker.io/", "library/"}) {
    if (image.starts_with(usual)) image.remove_prefix(usual.size());
  }
  return image;
}

// What this image is by digest, when a container of it runs `id`; or its id; empty: unknown yet.
std::string resolved(const World& world, const std::string& image, const std::string& id) {
  if (id.find('@') == id.npos && id.find("sha256:") == id.npos) return {};
  std::vector<std::string> digests{id};
  const auto known = world.images.find(image);
  if (known != world.images.end()) {
    const auto& all = known->second.digests;
    const bool same = known->second.id == id || std::find(all.begin(), all.end(), id) != all.end();
    if (same) digests.insert(digests.end(), all.begin(), all.end());
  }
  const auto own = std::find_if(digests.begin(), digests.end(), [&](const std::string& digest) {
    return digest.find('@') != digest.npos && repository_of(digest) == repository_of(image);
  });
  return own == digests.end() ? id : *own;
}

}  // namespace

void record_digests(const World& world, const api::ReplicaSet& of, bool wanted,
                    std::map<std::string, std::string>& annotations) {
  if (!wanted) {
    annotations.erase(annotation::kImageDigests);
    return;
  }
  auto digests = split(text_at(annotations, annotation::kImageDigests));
  const api::PodSpec& spec = of.spec.template_.spec;
  const auto record = [&](const auto& containers, const auto& statuses) {
    for (const auto& status : statuses) {
      const auto container = std::find_if(containers.begin(), containers.end(),
                                          [&](const auto& c) { return c.name == status.name; });
      if (container == containers.end() || container->image.find('@') != std::string::npos)
        continue;
      const std::string digest = resolved(world, container->image, status.imageID);
      if (digest.empty()) continue;
      std::string& known = digests[container->image];
      if (known.find('@') == std::string::npos) known = digest;
    }
  };
  for (const api::Pod* pod : pods_of(world, of)) {
    record(spec.initContainers, pod->status.initContainerStatuses);
    record(spec.containers, pod->status.containerStatuses);
  }
  if (!digests.empty()) annotations[annotation::kImageDigests] = joined(digests);
}

void pin_images(const api::ReplicaSet& set, api::PodSpec& spec) {
  const auto digests = split(text_at(set.metadata.annotations, annotation::kImageDigests));
  const auto pin = [&](auto& containers) {
    for (auto& container : containers) {
      const auto found = digests.find(container.image);
      if (found != digests.end() && found->second.find('@') != std::string::npos) {
        container.image = found->second;
      }
    }
  };
  pin(spec.initContainers);
  pin(spec.containers);
}

}  // namespace weir
