#include "reconcilers/scale_down.h"

#include "reconcilers/labels.h"
#include "reconcilers/object_text.h"

namespace weir {

std::optional<Time> scale_down_at(const api::ReplicaSet& set) {
  const auto time = parse_time(text_at(set.metadata.annotations, annotation::kScaleDownDeadline));
  return time ? std::optional<Time>(*time) : std::nullopt;
}

void set_scale_down(api::ReplicaSet& set, Time now, std::int64_t delay_seconds) {
  set.metadata.annotations[annotation::kScaleDownDeadline] =
      time_text(to_seconds(now) + bounded_seconds(delay_seconds));
}

void forget_scale_down(api::ReplicaSet& set) {
  set.metadata.annotations.erase(annotation::kScaleDownDeadline);
}

}  // namespace weir
