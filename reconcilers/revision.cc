#include "reconcilers/revision.h"

#include <algorithm>
#include <tuple>

#include "reconcilers/labels.h"

namespace weir {

namespace {

bool same_metadata(api::ObjectMeta a, api::ObjectMeta b) {
  for (const char* label : {kPodTemplateHash, kRolloutsPodTemplateHash}) {
    a.labels.erase(label);
    b.labels.erase(label);
  }
  return a == b;
}

bool is_older(const Revision& a, const Revision& b) {
  const auto age = [](const Revision& r) {
    return std::tie(r.set->metadata.creationTimestamp, r.number, r.set->metadata.name);
  };
  return age(a) < age(b);
}

}  // namespace

std::vector<Revision> revisions_of(const World& world, const Claims<api::ReplicaSet>& claims,
                                   const char* numbered_by, std::chrono::seconds min_ready,
                                   Time now) {
  std::vector<Revision> revisions;
  const auto add = [&](const api::ReplicaSet* set) {
    revisions.push_back({.set = set,
                         .number = number_at(set->metadata.annotations, numbered_by).value_or(0),
                         .replicas = count(pods_of(world, *set), *set, min_ready, now)});
  };
  std::for_each(claims.owned.begin(), claims.owned.end(), add);
  std::for_each(claims.adopted.begin(), claims.adopted.end(), add);
  std::sort(revisions.begin(), revisions.end(), is_older);
  return revisions;
}

std::ptrdiff_t index_of_template(const std::vector<Revision>& revisions,
                                 const api::PodTemplateSpec& pod_template) {
  const auto found =
      std::find_if(revisions.begin(), revisions.end(), [&](const Revision& revision) {
        return same_template(revision.set->spec.template_, pod_template);
      });
  return found == revisions.end() ? -1 : found - revisions.begin();
}

bool same_template(const api::PodTemplateSpec& a, const api::PodTemplateSpec& b) {
  return a.spec == b.spec && same_metadata(a.metadata, b.metadata);
}

std::vector<const Revision*> active(std::vector<const Revision*> revisions) {
  std::erase_if(revisions, [](const Revision* revision) { return revision->size() == 0; });
  return revisions;
}

}  // namespace weir
