#pragma once

// Revisions that contain their configuration (annotation weir.dev/rollout-on-config-change: "true"
// on a Deployment, a Rollout or their Namespace; what the object says counts for more).
//
// What a template names are ConfigMaps and Secrets that may change; what a revision's ReplicaSet
// names in their place are snapshots: immutable ConfigMaps and Secrets of the same content, named
// after it (app-3f29c0d1e5b7a864), so that the same content has the same name. So
//   - another content is another template, and rolled out as one: surge, gates, deadline, rollback,
//     steps and analyses all hold; content that returns finds the revision that it had;
//   - pods of a revision see its content for as long as they are made and restarted;
//   - `kubectl rollout undo` copies names of snapshots into the template, which brings template and
//     configuration back together.
// The user's own template, ConfigMaps and Secrets are never touched.
//
// After an undo, or an automatic rollback, the template names snapshots: what is in the ConfigMaps
// meanwhile is not rolled out, as it is what was undone. That ends, and the template names the
// user's objects again, when one of those changes once more (annotation kUndone remembers their
// content), when they have the snapshots' content anyway, or when somebody applies the manifest,
// which is a wish for what the ConfigMaps hold now, as it is for the image.
//
// Turning it on or off makes no pod anew: the current revision's ReplicaSet is told the other
// names, and its pods go on as they are. Content that changed before it was turned on is taken for
// what the pods have. An object that is gone is no change: pods get the content that they had; an
// optional one that is absent counts as empty.
//
// Limits: a name that grows beyond 253 characters is cut before the hash. A snapshot's name tells
// whether two contents are equal, also of Secrets. An undo of a Rollout whose workloadRef names a
// Deployment ends only when that is applied again.

#include <map>
#include <string>
#include <vector>

#include "reconcilers/revision.h"

namespace weir {

// Whose revisions they are.
struct Owner {
  Kind kind = Kind::Deployment;
  const api::ObjectMeta& metadata;
};

bool rolls_out_on_config_change(const World& world, const api::ObjectMeta& object);

// A template with its configuration.
struct Configured {
  api::PodTemplateSpec pod_template = {};         // as the ReplicaSet has it
  std::vector<Object> snapshots = {};             // those that it names and whose content is known
  std::map<std::string, std::string> names = {};  // "ConfigMap/app" → "app-3f29c0d1e5b7a864"
};

// The template as it is, when the owner does not ask for more.
Configured configured(const World& world, const Owner& owner,
                      const api::PodTemplateSpec& pod_template,
                      const std::vector<Revision>& revisions);

// Naming the user's objects in place of snapshots.
api::PodTemplateSpec without_snapshots(const World& world, const std::string& ns,
                                       api::PodTemplateSpec pod_template);

// The revision of this template: the one that names the same objects, or that did so before the
// configuration was part of revisions, or was no longer; -1: none.
std::ptrdiff_t index_of_configured(const World& world, const Owner& owner,
                                   const std::vector<Revision>& revisions,
                                   const api::PodTemplateSpec& pod_template,
                                   const Configured& wanted);

// Ends what an undo began, where it is time, and otherwise remembers that it stands (above). The
// template and the annotations are the owner's, about to be written. True: the template was
// changed.
bool follow_again(const World& world, const Owner& owner, api::PodTemplateSpec& pod_template,
                  std::map<std::string, std::string>& annotations);

// "ConfigMap app, Secret db changed", when nothing else did since the newest revision; or empty.
std::string configuration_change(const World& world, const std::string& ns,
                                 const std::vector<Revision>& revisions,
                                 const api::PodTemplateSpec& pod_template,
                                 const Configured& wanted);

// What the object of a snapshot is one of; empty: it is none.
std::string snapshot_of(const World& world, const Key& key);
// The revision with the highest number; null: there is none.
const Revision* newest(const std::vector<Revision>& revisions);

// The values of annotations that hold several: "ConfigMap/app=app-1, Secret/db=db-2".
std::string joined(const std::map<std::string, std::string>& entries);
std::map<std::string, std::string> split(const std::string& entries);

}  // namespace weir
