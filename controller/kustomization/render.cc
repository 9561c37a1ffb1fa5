#include "controller/kustomization/render.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "controller/admission/manifest.h"
#include "controller/kustomization/substitute.h"
#include "controller/kustomize/build.h"
#include "controller/yaml/yaml_text.h"
#include "reconcilers/flux.h"

namespace weir::kustomization {

using nlohmann::json;

namespace {

constexpr std::array kNames{"kustomization.yaml", "kustomization.yml", "Kustomization"};
// The Kustomization's own fields lie over the commit's folder as an overlay beside it.
constexpr char kOverlay[] = "overlay";
constexpr char kSource[] = "source";
constexpr char kSubstitute[] = "kustomize.toolkit.fluxcd.io/substitute";
constexpr char kDisabled[] = "disabled";

// "./apps/prod/" → "apps/prod"
Result<std::string> folder_of(const std::string& path) {
  std::string relative = path;
  relative.erase(0, std::min(relative.find_first_not_of('/'), relative.size()));
  return kustomize::join("", relative);
}

std::string parent(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash);
}

std::string joined(const std::string& folder, const std::string& name) {
  return folder.empty() || name.empty() ? folder + name : folder + "/" + name;
}

bool has_kustomization(const SourceFiles& files, const std::string& folder) {
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](const char* name) { return files.contains(joined(folder, name)); });
}

bool is_manifest(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return (name.ends_with(".yaml") || name.ends_with(".yml")) && !name.starts_with('.');
}

// Every manifest in and below it; of a folder below that has a kustomization.yaml, the folder.
json resources_of(const SourceFiles& files, const std::string& folder) {
  std::set<std::string> found;
  const std::string prefix = folder.empty() ? "" : folder + "/";
  for (const auto& [path, bytes] : files) {
    if (!path.starts_with(prefix)) continue;
    std::string whole;
    for (std::string up = parent(path); up.size() > folder.size(); up = parent(up)) {
      if (has_kustomization(files, up)) whole = up;
    }
    if (!whole.empty()) {
      found.insert(whole.substr(prefix.size()));
    } else if (is_manifest(path)) {
      found.insert(path.substr(prefix.size()));
    }
  }
  return json(found);
}

json patch_of(const api::KustomizationPatch& patch) {
  json out = {{"patch", patch.patch}};
  if (const auto& target = patch.target) {
    json& to = out["target"] = json::object();
    const std::pair<const char*, const std::string&> fields[] = {
        {"annotationSelector", target->annotationSelector},
        {"group", target->group},
        {"kind", target->kind},
        {"labelSelector", target->labelSelector},
        {"name", target->name},
        {"namespace", target->namespace_},
        {"version", target->version}};
    for (const auto& [name, text] : fields) {
      if (!text.empty()) to[name] = text;
    }
  }
  return out;
}

json image_of(const api::KustomizationImage& image) {
  json out = {{"name", image.name}};
  if (!image.newName.empty()) out["newName"] = image.newName;
  if (!image.newTag.empty()) out["newTag"] = image.newTag;
  if (!image.digest.empty()) out["digest"] = image.digest;
  return out;
}

// What the spec says, as a kustomization.yaml over the folder.
Result<json> overlay_of(const api::KustomizationSpec& spec, const SourceFiles& files,
                        const std::string& folder) {
  const std::string source = "../" + std::string(kSource);
  json overlay = {{"apiVersion", "kustomize.config.k8s.io/v1beta1"},
                  {"kind", "Kustomization"},
                  {"resources", json::array({joined(source, folder)})}};
  if (!spec.targetNamespace.empty()) overlay["namespace"] = spec.targetNamespace;
  if (!spec.namePrefix.empty()) overlay["namePrefix"] = spec.namePrefix;
  if (!spec.nameSuffix.empty()) overlay["nameSuffix"] = spec.nameSuffix;
  for (const auto& patch : spec.patches) overlay["patches"].push_back(patch_of(patch));
  for (const auto& image : spec.images) overlay["images"].push_back(image_of(image));
  for (const std::string& component : spec.components) {
    TRY(const std::string path, kustomize::join(folder, component));
    if (spec.ignoreMissingComponents && !has_kustomization(files, path)) continue;
    overlay["components"].push_back(joined(source, path));
  }
  return overlay;
}

// Of folders as the commit has them: the overlay is nobody's but ours.
Error in_the_source(Error error) {
  const std::string source = kSource;
  const std::pair<std::string, std::string> words[] = {{"in '" + std::string(kOverlay) + "': ", ""},
                                                       {"'" + source + "/", "'"},
                                                       {"'../" + source + "/", "'"},
                                                       {"'" + source + "'", "'.'"}};
  for (const auto& [from, to] : words) {
    for (std::size_t at = error.message.find(from); at != std::string::npos;
         at = error.message.find(from, at + to.size())) {
      error.message.replace(at, from.size(), to);
    }
  }
  return error;
}

Result<std::vector<json>> build(const ApplySource& what) {
  TRY(const std::string folder, folder_of(what.spec.path));
  SourceFiles files = *what.files;
  const bool exists =
      folder.empty() || std::any_of(files.begin(), files.end(), [&](const auto& file) {
        return file.first.starts_with(folder + "/");
      });
  if (!exists) {
    return fail(Code::not_found,
                "kustomization path not found: " + what.spec.path + " is not in " + what.revision);
  }
  if (!has_kustomization(files, folder)) {
    files[joined(folder, kNames[0])] = json({{"apiVersion", "kustomize.config.k8s.io/v1beta1"},
                                             {"kind", "Kustomization"},
                                             {"resources", resources_of(files, folder)}})
                                           .dump();
  }
  TRY(const json overlay, overlay_of(what.spec, files, folder));
  SourceFiles both;
  for (auto& [path, bytes] : files) both[joined(kSource, path)] = std::move(bytes);
  both[joined(kOverlay, kNames[0])] = overlay.dump();
  const kustomize::MapFiles contents(std::move(both));
  auto built = kustomize::build(contents, kOverlay);
  if (!built) return tl::unexpected(in_the_source(std::move(built).error()));
  return std::move(built->documents);
}

std::string annotation_at(const json& document, const char* name) {
  const auto metadata = document.find("metadata");
  if (metadata == document.end() || !metadata->is_object()) return {};
  const auto annotations = metadata->find("annotations");
  if (annotations == metadata->end() || !annotations->is_object()) return {};
  const auto found = annotations->find(name);
  return found != annotations->end() && found->is_string() ? found->get<std::string>() : "";
}

std::string named(const json& document) {
  const auto text_at = [](const json& object, const char* name) {
    const auto found = object.is_object() ? object.find(name) : object.end();
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
  };
  const auto metadata = document.find("metadata");
  const std::string name = metadata == document.end() ? "" : text_at(*metadata, "name");
  return text_at(document, "kind") + "/" + name;
}

// In its YAML, so that a number may come of ${COUNT}.
Result<json> filled_in(const json& document, const std::map<std::string, std::string>& values) {
  if (annotation_at(document, kSubstitute) == kDisabled) return document;
  auto text = substitute(to_yaml(document), values);
  auto parsed = text ? parse_manifest(*text) : tl::unexpected(text.error());
  if (parsed && parsed->size() != 1) {
    parsed = fail(Code::bad_request, "with its variables filled in it is not one object any more");
  }
  if (!parsed) return fail(parsed.error().code, named(document) + ": " + parsed.error().message);
  return std::move(parsed->front());
}

void put(json& document, const char* field, const std::map<std::string, std::string>& values) {
  for (const auto& [name, value] : values) document["metadata"][field][name] = value;
}

}  // namespace

Result<std::vector<json>> render(const ApplySource& what) {
  TRY(std::vector<json> documents, build(what));
  for (json& document : documents) {
    if (what.spec.postBuild) {
      TRY(document, filled_in(document, what.substitutes));
    }
    if (const auto& common = what.spec.commonMetadata) {
      put(document, "labels", common->labels);
      put(document, "annotations", common->annotations);
    }
    put(document, "labels",
        {{flux::kNameLabel, what.kustomization.name},
         {flux::kNamespaceLabel, what.kustomization.ns}});
  }
  return documents;
}

}  // namespace weir::kustomization
