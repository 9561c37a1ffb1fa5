#pragma once

// From the words of the command line to resources and names: TYPE NAME…, TYPE/NAME…,
// TYPE1,TYPE2, `all`, -f FILE.

#include <string>
#include <vector>

#include "controller/cli/client/client.h"
#include "controller/cli/client/files.h"
#include "controller/cli/client/resources.h"
#include "controller/cli/verbs/session.h"

namespace weir::cli {

struct Target {
  Resource resource;
  std::string namespace_name = {};  // empty: not namespaced, or all namespaces
  std::string name = {};            // empty: every object of the kind

  std::string path() const { return resource.path(namespace_name, name); }
};

struct TargetWords {
  const std::vector<std::string>& what;
  bool all_namespaces = false;
  // The kind that a bare name means, as for `logs NAME`; empty: a kind must be given.
  std::string default_kind = {};
};
Result<std::vector<Target>> targets_of(Session& session, const TargetWords& words);

// The objects of manifests, by name; the errors go to `outcome`.
std::vector<Target> targets_of(Session& session, const ManifestFlags& flags, Outcome& outcome);

// The target of one manifest: its resource exists, it has a name, its namespace agrees with -n.
Result<Target> target_of(Session& session, const Manifest& manifest);

// The objects that named targets, or a selector on lists, mean. A missing object is an Error.
struct Selection {
  std::string selector = {}, field_selector = {};
  bool all = false;  // lists without a selector are meant
};
Result<std::vector<Target>> expand_lists(Session& session, std::vector<Target> targets,
                                         const Selection& selection);

// TYPE/NAME or TYPE NAME: exactly one object.
Result<Target> one_target(Session& session, const std::vector<std::string>& what);

}  // namespace weir::cli
