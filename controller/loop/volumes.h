#pragma once

// VolumeFiles: the door to the host's disk for what pods mount: configMap, secret, projected and
// emptyDir volumes, and the environment that must not show in `docker inspect`. Work is done on a
// thread of its own, in order; `on_done` is called on that thread.
//
// A volume of files changes all at once, as the kubelet does it: the files lie in a folder named by
// their hash, `..data` points to it and is swapped by a rename, each file is a link through ..data.

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "controller/result.h"
#include "reconcilers/plan.h"

namespace weir {

struct EnvironmentFile {
  std::string environment;  // host path of the NAME=VALUE records, on tmpfs
  std::string starter;      // host path of the static program that reads them
};

class VolumeFiles {
 public:
  using OnDone = std::function<void(Result<void>)>;
  using OnEnvironment = std::function<void(Result<EnvironmentFile>)>;

  virtual ~VolumeFiles() = default;
  virtual void write(WriteVolume volume, OnDone on_done) = 0;
  virtual void remove(std::string pod_uid, OnDone on_done) = 0;
  virtual void write_environment(std::string pod_uid, std::string container,
                                 std::map<std::string, std::string> values,
                                 OnEnvironment on_done) = 0;
};

// `disk_root` holds what may lie on disk, `memory_root` what must not (a tmpfs).
std::unique_ptr<VolumeFiles> disk_volumes(std::string disk_root, std::string memory_root);

}  // namespace weir
