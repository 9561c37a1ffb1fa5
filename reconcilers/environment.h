#pragma once

// The environment of a container: envFrom, env, the references in them, and $(NAME) expansion, as
// the kubelet does it. What comes from a Secret is kept apart, also when it arrives through an
// expansion: it must not show in `docker inspect`.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "reconcilers/pod_view.h"

namespace weir {

struct EnvValue {
  std::string text = {};
  bool secret = false;
};
using EnvValues = std::map<std::string, EnvValue>;

struct Environment {
  EnvValues values = {};
  std::string error = {};             // why the container cannot be made
  std::vector<EventNote> notes = {};  // keys that are no names of variables
};

Environment environment_of(const PodView& view);

// $(NAME) becomes the value, $$ becomes $; what is not known stays as it is. The result is secret
// if one of the values was.
EnvValue expand(std::string_view text, const EnvValues& values);

}  // namespace weir
