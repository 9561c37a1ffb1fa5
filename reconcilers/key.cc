#include "reconcilers/key.h"

namespace weir {

std::string text(const Key& key) {
  std::string out(info(key.kind).name);
  out += ' ';
  if (!key.ns.empty()) out += key.ns + '/';
  return out + key.name;
}

Key key_of(const Object& object) {
  const api::ObjectMeta& m = meta(object);
  return {.kind = kind_of(object), .ns = m.namespace_, .name = m.name};
}

}  // namespace weir
