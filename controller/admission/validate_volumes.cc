#include <algorithm>
#include <array>
#include <set>

#include "controller/admission/validate.h"
#include "controller/admission/validate_names.h"

namespace weir {
namespace {

// Where a Docker socket is, by every name that a standard host has for it.
constexpr std::array<std::string_view, 4> kSockets = {"/var/run/docker.sock", "/run/docker.sock",
                                                      "/run/containerd/containerd.sock",
                                                      "/var/run/containerd/containerd.sock"};

std::string normalised(std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view part = path.substr(start, end - start);
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
    start = end + 1;
  }
  std::string out;
  for (const std::string_view part : parts) out.append("/").append(part);
  return out.empty() ? "/" : out;
}

// Counts the sources that are set, opaque ones included.
int count_sources(const api::Volume& v) {
  int count = 0;
  const auto typed = [&](bool set) { count += set ? 1 : 0; };
  typed(v.configMap.has_value());
  typed(v.downwardAPI.has_value());
  typed(v.emptyDir.has_value());
  typed(v.hostPath.has_value());
  typed(v.persistentVolumeClaim.has_value());
  typed(v.projected.has_value());
  typed(v.secret.has_value());
  for (const api::Json* other : {&v.awsElasticBlockStore,
                                 &v.azureDisk,
                                 &v.azureFile,
                                 &v.cephfs,
                                 &v.cinder,
                                 &v.csi,
                                 &v.ephemeral,
                                 &v.fc,
                                 &v.flexVolume,
                                 &v.flocker,
                                 &v.gcePersistentDisk,
                                 &v.gitRepo,
                                 &v.glusterfs,
                                 &v.image,
                                 &v.iscsi,
                                 &v.nfs,
                                 &v.photonPersistentDisk,
                                 &v.portworxVolume,
                                 &v.quobyte,
                                 &v.rbd,
                                 &v.scaleIO,
                                 &v.storageos,
                                 &v.vsphereVolume}) {
    typed(!other->text.empty());
  }
  return count;
}

void validate_items(const std::vector<api::KeyToPath>& items, const std::string& path,
                    Causes& causes) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string place = at(at(path, "items"), i);
    if (items[i].key.empty()) causes.required(at(place, "key"));
    if (items[i].path.empty()) {
      causes.required(at(place, "path"));
    } else {
      causes.check(at(place, "path"), items[i].path, relative_path_problem(items[i].path));
    }
  }
}

void validate_files(const std::vector<api::DownwardAPIVolumeFile>& files, const std::string& path,
                    Causes& causes) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string place = at(at(path, "items"), i);
    if (files[i].path.empty()) causes.required(at(place, "path"));
    causes.check(at(place, "path"), files[i].path, relative_path_problem(files[i].path));
    if (!files[i].fieldRef && !files[i].resourceFieldRef) {
      causes.required(place, "one of fieldRef and resourceFieldRef is required");
    }
  }
}

void validate_projected(const api::ProjectedVolumeSource& projected, const std::string& path,
                        Causes& causes) {
  for (std::size_t i = 0; i < projected.sources.size(); ++i) {
    const api::VolumeProjection& source = projected.sources[i];
    const std::string place = at(at(path, "sources"), i);
    if (source.configMap) {
      if (source.configMap->name.empty()) causes.required(at(place, "configMap.name"));
      validate_items(source.configMap->items, at(place, "configMap"), causes);
    }
    if (source.secret) {
      if (source.secret->name.empty()) causes.required(at(place, "secret.name"));
      validate_items(source.secret->items, at(place, "secret"), causes);
    }
    if (source.downwardAPI) {
      validate_files(source.downwardAPI->items, at(place, "downwardAPI"), causes);
    }
  }
}

void validate_host_path(const api::HostPathVolumeSource& source, const std::string& path,
                        Causes& causes) {
  if (source.path.empty()) return causes.required(at(path, "path"));
  const std::string whole = "/" + source.path + "/";
  if (whole.find("/../") != std::string::npos) {
    causes.invalid(at(path, "path"), shown(source.path), "must not contain '..'");
  }
  if (!source.path.starts_with('/')) {
    causes.invalid(at(path, "path"), shown(source.path), "must be an absolute path");
  }
  const std::string problem = host_path_problem(source.path);
  if (!problem.empty()) causes.forbidden(at(path, "path"), problem);
}

void validate_source(const api::Volume& volume, const std::string& path, Causes& causes) {
  if (volume.configMap) {
    if (volume.configMap->name.empty()) causes.required(at(path, "configMap.name"));
    validate_items(volume.configMap->items, at(path, "configMap"), causes);
  }
  if (volume.secret) {
    if (volume.secret->secretName.empty()) causes.required(at(path, "secret.secretName"));
    validate_items(volume.secret->items, at(path, "secret"), causes);
  }
  if (volume.downwardAPI) {
    validate_files(volume.downwardAPI->items, at(path, "downwardAPI"), causes);
  }
  if (volume.projected) validate_projected(*volume.projected, at(path, "projected"), causes);
  if (volume.hostPath) validate_host_path(*volume.hostPath, at(path, "hostPath"), causes);
}

}  // namespace

std::string host_path_problem(std::string_view path, std::string_view engine_socket) {
  const std::string real = normalised(path);
  const auto holds = [&](std::string_view socket) {
    return real == "/" || socket == real || socket.starts_with(real + "/");
  };
  std::vector<std::string_view> sockets(kSockets.begin(), kSockets.end());
  if (!engine_socket.empty()) sockets.push_back(engine_socket);
  const auto found = std::ranges::find_if(sockets, holds);
  if (found == sockets.end()) return "";
  return "'" + std::string(path) + "' holds the Docker socket (" + std::string(*found) +
         "): a container that can reach it owns the whole host. Mount a folder beside it";
}

void validate_volumes(const api::PodSpec& pod, const std::string& path, Causes& causes) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < pod.volumes.size(); ++i) {
    const api::Volume& volume = pod.volumes[i];
    const std::string place = at(at(path, "volumes"), i);
    if (volume.name.empty()) {
      causes.required(at(place, "name"));
    } else {
      causes.check(at(place, "name"), volume.name, dns_label_problem(volume.name));
      if (!names.insert(volume.name).second) {
        causes.duplicate(at(place, "name"), shown(volume.name));
      }
    }
    if (count_sources(volume) > 1) {
      causes.forbidden(place, "may not specify more than 1 volume type");
    }
    validate_source(volume, place, causes);
  }
}

}  // namespace weir
