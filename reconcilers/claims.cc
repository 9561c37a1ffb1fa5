#include "reconcilers/claims.h"

#include <algorithm>

namespace weir {

const api::OwnerReference* controller_of(const api::ObjectMeta& object) {
  const auto found = std::find_if(object.ownerReferences.begin(), object.ownerReferences.end(),
                                  [](const auto& owner) { return owner.controller == true; });
  return found == object.ownerReferences.end() ? nullptr : &*found;
}

bool is_controlled_by(const api::ObjectMeta& object, const std::string& uid) {
  const api::OwnerReference* controller = controller_of(object);
  return controller && controller->uid == uid;
}

api::OwnerReference controller_reference(Kind kind, const api::ObjectMeta& owner) {
  return {.apiVersion = std::string(info(kind).api_version),
          .blockOwnerDeletion = true,
          .controller = true,
          .kind = std::string(info(kind).name),
          .name = owner.name,
          .uid = owner.uid};
}

void remove_owner(api::ObjectMeta& object, const std::string& uid) {
  std::erase_if(object.ownerReferences, [&](const auto& owner) { return owner.uid == uid; });
}

}  // namespace weir
