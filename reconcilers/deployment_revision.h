#pragma once

// Revisions: their numbers, their history and the annotations that ReplicaSets take over from the
// Deployment. The current revision always has the highest number; an old one that becomes current
// again is renumbered, and remembers its former numbers.

#include <cstdint>

#include "reconcilers/deployment_view.h"

namespace weir {

// The number that the current revision must at least have: one more than every other.
std::int64_t next_revision_number(const DeploymentView& rollout);
// Whether `current` was an older revision until now: the user, or a rollback, went back to it.
bool must_be_renumbered(const DeploymentView& rollout, const Revision& current);

// Writes the number (never lowered) and, when it had another, adds that to the history.
void number_revision(api::ReplicaSet& set, std::int64_t number);
// Copies the Deployment's annotations, change-cause among them, to the ReplicaSet. Bookkeeping
// stays where it is, and so does a cause that is its own: a change of the configuration.
void copy_annotations(const api::Deployment& deployment, api::ReplicaSet& set);
// Whether this annotation belongs to one object and is never copied between the two.
bool is_bookkeeping(const std::string& annotation);

// The ReplicaSet of a new revision, at this size.
api::ReplicaSet new_replica_set(const DeploymentView& rollout,
                                std::optional<std::int64_t> collision_count, std::int64_t size);

}  // namespace weir
