#include "reconcilers/volumes.h"

#include <algorithm>

#include "reconcilers/volume_files.h"

namespace weir {

namespace {

bool has_files(const api::Volume& volume) {
  return volume.configMap || volume.secret || volume.downwardAPI || volume.projected;
}

const api::Volume* volume_named(const api::PodSpec& spec, const std::string& name) {
  const auto found = std::find_if(spec.volumes.begin(), spec.volumes.end(),
                                  [&](const api::Volume& volume) { return volume.name == name; });
  return found == spec.volumes.end() ? nullptr : &*found;
}

std::string host_path_of(const PodView& view, const api::Volume& volume) {
  if (volume.hostPath) return volume.hostPath->path;
  const EngineState& engine = view.world.engine;
  return (in_memory(volume) ? engine.memory_root : engine.volume_root) + "/" +
         volume_prefix(*view.pod) + volume.name;
}

// Looks at one volume; the text says why it cannot be made.
std::string look_at(const PodView& view, const api::Volume& volume, Volumes& found) {
  if (volume.hostPath) return "";
  if (!has_files(volume) && !volume.emptyDir) return "weir does not support this kind of volume";
  const std::string version = version_of(view, volume);
  const auto written = view.world.volumes.find(volume_prefix(*view.pod) + volume.name);
  const bool there = written != view.world.volumes.end();
  // What an emptyDir holds is the container's: once made, it is never touched again.
  if (there && (volume.emptyDir || written->second == version)) return "";
  if (!view.world.engine.local) {
    return "the engine runs on another host, which cannot mount files that weir writes on this one";
  }
  VolumeContent made = files_of(view, volume);
  if (!made.error.empty()) return made.error;
  found.ready = false;
  found.writes.push_back({.pod = view.key,
                          .pod_uid = view.pod->metadata.uid,
                          .volume = volume.name,
                          .in_memory = in_memory(volume),
                          .empty_dir = volume.emptyDir.has_value(),
                          .group = view.pod->spec.securityContext.fsGroup,
                          .hash = version,
                          .files = std::move(made.files)});
  return "";
}

bool is_inside(const std::string& path) {
  return path.front() != '/' && ("/" + path + "/").find("/../") == std::string::npos;
}

}  // namespace

Volumes volumes_of(const PodView& view) {
  Volumes found;
  for (const api::Volume& volume : view.pod->spec.volumes) {
    const std::string trouble = look_at(view, volume, found);
    if (trouble.empty()) continue;
    found.ready = false;
    if (found.trouble.empty()) {
      found.trouble = "MountVolume.SetUp failed for volume \"" + volume.name + "\" : " + trouble;
    }
  }
  return found;
}

Mounts mounts_of(const PodView& view, const EnvValues& values) {
  Mounts made;
  for (const api::VolumeMount& wanted : view.container->volumeMounts) {
    const api::Volume* volume = volume_named(view.pod->spec, wanted.name);
    if (!volume) return {.error = "volumeMount " + wanted.name + ": the pod has no such volume"};
    Mount mount{.source = host_path_of(view, *volume),
                .target = wanted.mountPath,
                .read_only = wanted.readOnly || has_files(*volume)};
    if (volume->hostPath) mount.source_type = volume->hostPath->type;
    std::string sub_path = wanted.subPath;
    if (!wanted.subPathExpr.empty()) {
      EnvValue expanded = expand(wanted.subPathExpr, values);
      if (expanded.secret) {
        return {.error = "volumeMount " + wanted.name +
                         ": subPathExpr uses a Secret's value, which "
                         "would show in `docker inspect`"};
      }
      sub_path = std::move(expanded.text);
    }
    if (!sub_path.empty()) {
      if (!is_inside(sub_path)) {
        return {.error = "volumeMount " + wanted.name + ": subPath \"" + sub_path +
                         "\" leads out of the volume"};
      }
      mount.within = mount.source;
      mount.source += "/" + sub_path;
      mount.source_type.clear();
    }
    made.mounts.push_back(std::move(mount));
  }
  return made;
}

std::string volume_prefix(const api::Pod& pod) { return pod.metadata.uid + "/"; }

}  // namespace weir
