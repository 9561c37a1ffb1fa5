#include "reconcilers/volume_files.h"

#include <algorithm>

#include "reconcilers/base64.h"
#include "reconcilers/field_ref.h"
#include "reconcilers/pod_hash.h"
#include "reconcilers/secrets.h"

namespace weir {

namespace {

using Texts = std::map<std::string, std::string>;

// A file's place inside its volume may not lead out of it.
bool is_inside(const std::string& path) {
  if (path.empty() || path.front() == '/') return false;
  const std::string padded = "/" + path + "/";
  return padded.find("/../") == std::string::npos;
}

class Collector {
 public:
  explicit Collector(const PodView& view) : view_(view) {}

  template <class Source>
  void config_map(const Source& source, std::int64_t mode) {
    const auto* map = view_.world.get<api::ConfigMap>(view_.key.ns, source.name);
    if (!map) {
      if (source.optional != true) fail("configmap \"" + source.name + "\" not found");
      return;
    }
    const auto read = [map](const std::string& key) -> std::optional<std::string> {
      if (const auto text = map->data.find(key); text != map->data.end()) return text->second;
      const auto binary = map->binaryData.find(key);
      return binary == map->binaryData.end() ? std::nullopt : base64_decode(binary->second);
    };
    std::vector<std::string> keys;
    for (const auto& [key, value] : map->data) keys.push_back(key);
    for (const auto& [key, value] : map->binaryData) keys.push_back(key);
    add(source.items, keys, read, mode, source.optional == true, "config");
  }

  void secret(const std::string& name, const std::vector<api::KeyToPath>& items, bool optional,
              std::int64_t mode) {
    const auto* secret = view_.world.get<api::Secret>(view_.key.ns, name);
    if (!secret) {
      if (!optional) fail("secret \"" + name + "\" not found");
      return;
    }
    const auto read = [secret](const std::string& key) { return bytes_of(*secret, key); };
    std::vector<std::string> keys;
    for (const auto& [key, value] : secret->data) keys.push_back(key);
    add(items, keys, read, mode, optional, "secret");
  }

  void downward(const std::vector<api::DownwardAPIVolumeFile>& items, std::int64_t mode) {
    for (const api::DownwardAPIVolumeFile& item : items) {
      Lookup found = item.fieldRef           ? field_value(view_, item.fieldRef->fieldPath)
                     : item.resourceFieldRef ? resource_value(view_, *item.resourceFieldRef)
                                             : Lookup{.error = "item " + item.path + " is empty"};
      if (!found.value) {
        fail(std::move(found.error));
      } else {
        add_file(item.path, *std::move(found.value), item.mode.value_or(mode));
      }
    }
  }

  void projected(const api::ProjectedVolumeSource& source) {
    for (const api::VolumeProjection& part : source.sources) {
      if (part.configMap) config_map(*part.configMap, source.defaultMode);
      if (part.secret) {
        secret(part.secret->name, part.secret->items, part.secret->optional == true,
               source.defaultMode);
      }
      if (part.downwardAPI) downward(part.downwardAPI->items, source.defaultMode);
      if (part.serviceAccountToken) {
        fail("serviceAccountToken is not supported: weir has no service accounts");
      }
    }
  }

  VolumeContent result() { return std::move(made_); }

 private:
  void fail(std::string error) {
    if (made_.error.empty()) made_.error = std::move(error);
  }

  // The chosen keys under their chosen paths, or, without `items`, all keys under their own names.
  template <class Read>
  void add(const std::vector<api::KeyToPath>& items, const std::vector<std::string>& keys,
           const Read& read, std::int64_t mode, bool optional, const char* kind) {
    for (const api::KeyToPath& item : items) {
      std::optional<std::string> bytes = read(item.key);
      if (bytes) {
        add_file(item.path, *std::move(bytes), item.mode.value_or(mode));
      } else if (!optional) {
        fail("references non-existent " + std::string(kind) + " key: " + item.key);
      }
    }
    if (!items.empty()) return;
    for (const std::string& key : keys) {
      std::optional<std::string> bytes = read(key);
      if (bytes) {
        add_file(key, *std::move(bytes), mode);
      } else {
        fail("the value of " + std::string(kind) + " key " + key + " is not base64");
      }
    }
  }

  // Of two sources with one path, the later wins, as in Kubernetes.
  void add_file(const std::string& path, std::string bytes, std::int64_t mode) {
    if (!is_inside(path)) {
      fail("path \"" + path + "\" leads out of the volume");
      return;
    }
    std::erase_if(made_.files, [&](const VolumeFile& file) { return file.path == path; });
    made_.files.push_back(
        {.path = path, .bytes = std::move(bytes), .mode = static_cast<int>(mode & 0777)});
  }

  const PodView& view_;
  VolumeContent made_;
};

template <class T>
void add_version(Fnv64& hash, const PodView& view, const std::string& name) {
  const T* object = view.world.get<T>(view.key.ns, name);
  hash.add(object ? object->metadata.uid : "absent");
  hash.add(object ? object->metadata.resourceVersion : "");
}

void add_values(Fnv64& hash, const PodView& view,
                const std::vector<api::DownwardAPIVolumeFile>& items) {
  for (const api::DownwardAPIVolumeFile& item : items) {
    if (item.fieldRef) hash.add(field_value(view, item.fieldRef->fieldPath).value.value_or(""));
    if (item.resourceFieldRef) {
      hash.add(resource_value(view, *item.resourceFieldRef).value.value_or(""));
    }
  }
}

}  // namespace

VolumeContent files_of(const PodView& view, const api::Volume& volume) {
  Collector collector(view);
  if (volume.configMap) collector.config_map(*volume.configMap, volume.configMap->defaultMode);
  if (volume.secret) {
    collector.secret(volume.secret->secretName, volume.secret->items,
                     volume.secret->optional == true, volume.secret->defaultMode);
  }
  if (volume.downwardAPI) {
    collector.downward(volume.downwardAPI->items, volume.downwardAPI->defaultMode);
  }
  if (volume.projected) collector.projected(*volume.projected);
  return collector.result();
}

std::string version_of(const PodView& view, const api::Volume& volume) {
  Fnv64 hash;
  add_fields(hash, volume);
  hash.add(view.pod->spec.securityContext.fsGroup.value_or(-1));
  if (volume.configMap) add_version<api::ConfigMap>(hash, view, volume.configMap->name);
  if (volume.secret) add_version<api::Secret>(hash, view, volume.secret->secretName);
  if (volume.downwardAPI) add_values(hash, view, volume.downwardAPI->items);
  if (!volume.projected) return hash.hex();
  for (const api::VolumeProjection& part : volume.projected->sources) {
    if (part.configMap) add_version<api::ConfigMap>(hash, view, part.configMap->name);
    if (part.secret) add_version<api::Secret>(hash, view, part.secret->name);
    if (part.downwardAPI) add_values(hash, view, part.downwardAPI->items);
  }
  return hash.hex();
}

bool in_memory(const api::Volume& volume) {
  if (volume.secret) return true;
  if (volume.emptyDir) return volume.emptyDir->medium == "Memory";
  if (!volume.projected) return false;
  const auto& sources = volume.projected->sources;
  return std::any_of(sources.begin(), sources.end(),
                     [](const api::VolumeProjection& part) { return part.secret.has_value(); });
}

}  // namespace weir
