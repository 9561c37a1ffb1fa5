#pragma once

// The images that a revision resolved to, where its configuration is a part of it
// (configuration.h): the ReplicaSet's annotation kImageDigests says, for each image of its
// template, which digest its first pods ran ("web:1=web@sha256:…"), and pods that it makes later
// run that. So a tag that moves changes no revision's pods, and is no rollout. An image that came
// from no registry has no digest: its id is noted, and nothing follows from it.

#include "reconcilers/revision.h"

namespace weir {

// Writes what is known by now; nothing is written twice. Without `wanted`, it is forgotten.
void record_digests(const World& world, const api::ReplicaSet& of, bool wanted,
                    std::map<std::string, std::string>& annotations);

// Each image of the spec as the digest that this ReplicaSet has for it.
void pin_images(const api::ReplicaSet& set, api::PodSpec& spec);

}  // namespace weir
