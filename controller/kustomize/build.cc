#include "controller/kustomize/build.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "controller/kustomize/documents.h"
#include "controller/kustomize/generators.h"
#include "controller/kustomize/kustomization.h"
#include "controller/kustomize/transform.h"

namespace weir::kustomize {
namespace {

constexpr std::array kFileNames{"kustomization.yaml", "kustomization.yml", "Kustomization"};
constexpr const char* kLocalConfig = "config.kubernetes.io/local-config";

bool is_remote(const std::string& path) {
  return path.find("://") != std::string::npos || path.starts_with("git@") ||
         path.starts_with("git::") || path.starts_with("github.com/") ||
         path.find("?ref=") != std::string::npos;
}

tl::unexpected<Error> remote(const std::string& path) {
  return fail(Code::unsupported, "\"" + path +
                                     "\" is not in this source: nothing is fetched while building; "
                                     "copy it into the source and name its path");
}

tl::unexpected<Error> with_place(Error error, const std::string& directory) {
  const std::string place = directory.empty() ? "." : directory;
  error.message = "in '" + place + "': " + error.message;
  return tl::unexpected(std::move(error));
}

// What has been gathered below one kustomization.
struct Gathered {
  Resources resources = {};
  TransformerConfig config = {};
};

class Builder {
 public:
  Builder(const Files& files, const BuildLimits& limits) : files_(files), limits_(limits) {}

  Result<Built> run(const std::string& directory) {
    if (is_remote(directory)) return remote(directory);
    TRY(const std::string root, files_.resolve(directory));
    if (!files_.is_directory(root)) {
      return fail(Code::bad_request, "'" + directory + "' is not a folder");
    }
    TRY(const Kustomization kustomization, load(root));
    TRY(Gathered all, gather(root, kustomization, {}));
    TRY_VOID(add_hashes(all.resources));
    TRY_VOID(fix_references(all.resources, all.config.name_references));
    TRY_VOID(sort_resources(all.resources, kustomization.field("sortOptions")));
    TRY(built_.documents, documents_of(std::move(all.resources)));
    return std::move(built_);
  }

 private:
  // Everything of the kustomization in `root`, on top of what a component is given.
  Result<Gathered> gather(const std::string& root, const Kustomization& kustomization,
                          Gathered all) {
    chain_.push_back(root);
    auto result = gather_here(root, kustomization, std::move(all));
    chain_.pop_back();
    return result;
  }

  Result<Gathered> gather_here(const std::string& root, const Kustomization& kustomization,
                               Gathered all) {
    const ReadFile read = [&](const std::string& path) { return read_below(root, path); };
    for (const std::string& path : kustomization.texts("resources")) {
      auto added = add_resource(root, path, all);
      if (!added) return with_place(std::move(added).error(), root);
    }
    auto configured = configure(kustomization, read, all.config);
    if (!configured) return with_place(std::move(configured).error(), root);
    auto generated = generate(all.resources, kustomization, read);
    if (!generated) return with_place(std::move(generated).error(), root);
    for (const std::string& path : kustomization.texts("components")) {
      auto added = add_component(root, path, std::move(all));
      if (!added) return with_place(std::move(added).error(), root);
      all = *std::move(added);
    }
    auto transformed = transform(all.resources, kustomization, all.config, read);
    if (!transformed) return with_place(std::move(transformed).error(), root);
    TRY_VOID(check_count(all.resources));
    return all;
  }

  static Result<void> configure(const Kustomization& kustomization, const ReadFile& read,
                                TransformerConfig& config) {
    TransformerConfig own = default_config();
    for (const std::string& path : kustomization.texts("configurations")) {
      TRY(const std::string text, read(path));
      TRY(const std::vector<Document> documents, read_any(text, path));
      for (const Document& document : documents) {
        TRY(const TransformerConfig more, read_config(*document, path));
        TRY_VOID(merge(own, more));
      }
    }
    return merge(config, own);
  }

  Result<void> add_resource(const std::string& root, const std::string& path, Gathered& all) {
    if (is_remote(path)) return remote(path);
    TRY(const std::string below, join_path(root, path));
    TRY(const std::string resolved, files_.resolve(below));
    Gathered more;
    if (files_.is_directory(resolved)) {
      TRY_VOID(check_folder(resolved, path));
      TRY(const Kustomization kustomization, load(resolved));
      if (kustomization.is_component) {
        return fail(Code::bad_request, "'" + path + "' is a Component: list it under `components`");
      }
      TRY(more, gather(resolved, kustomization, {}));
      TRY_VOID(merge(all.config, more.config));
    } else {
      TRY(const std::string text, read_below(root, path));
      TRY(more.resources, read_resources(text, path));
    }
    TRY_VOID(append_all(all.resources, std::move(more.resources)));
    return check_count(all.resources);
  }

  Result<Gathered> add_component(const std::string& root, const std::string& path, Gathered all) {
    if (is_remote(path)) return remote(path);
    TRY(const std::string below, join_path(root, path));
    TRY(const std::string resolved, files_.resolve(below));
    if (!files_.is_directory(resolved)) {
      return fail(Code::bad_request, "'" + path + "' is not a folder");
    }
    TRY_VOID(check_folder(resolved, path));
    TRY(const Kustomization kustomization, load(resolved));
    if (!kustomization.is_component) {
      return fail(Code::bad_request,
                  "expected kind 'Component' in '" + path + "': list it under `resources`");
    }
    return gather(resolved, kustomization, std::move(all));
  }

  // Folders may lie anywhere but at or above one that led here; then they would contain each other.
  Result<void> check_folder(const std::string& resolved, const std::string& path) {
    if (path.starts_with('/')) {
      return fail(Code::bad_request, "the folder '" + path + "' cannot be absolute");
    }
    for (const std::string& visited : chain_) {
      if (is_within(visited, resolved)) {
        return fail(Code::bad_request, "cycle detected: '" + path + "' contains '" +
                                           (visited.empty() ? "." : visited) +
                                           "', which led to it");
      }
    }
    if (chain_.size() >= limits_.depth) {
      return fail(Code::too_large,
                  "more than " + std::to_string(limits_.depth) + " folders refer to each other");
    }
    if (++directories_ > limits_.directories) {
      return fail(Code::too_large,
                  "more than " + std::to_string(limits_.directories) + " folders are built");
    }
    return {};
  }

  Result<Kustomization> load(const std::string& root) {
    std::string name, text;
    for (const char* file : kFileNames) {
      TRY(const std::string path, join_path(root, file));
      const auto resolved = files_.resolve(path);
      if (!resolved || files_.is_directory(*resolved)) continue;
      if (!name.empty()) {
        return fail(Code::bad_request, "Found multiple kustomization files under: '" + root + "'");
      }
      name = path;
      TRY(text, read_below(root, file));
    }
    if (name.empty()) {
      return fail(Code::not_found,
                  "unable to find one of 'kustomization.yaml', 'kustomization.yml' or "
                  "'Kustomization' in directory '" +
                      (root.empty() ? "." : root) + "'");
    }
    return read_kustomization(text, name, built_.warnings);
  }

  static Result<std::string> join_path(const std::string& root, const std::string& path) {
    return path.starts_with('/') ? Result<std::string>(path) : join(root, path);
  }

  // A file of the kustomization in `root`: it may not lie outside, nor lead there by a link.
  Result<std::string> read_below(const std::string& root, const std::string& path) {
    if (is_remote(path)) return remote(path);
    TRY(const std::string whole, join_path(root, path));
    TRY(const std::string resolved, files_.resolve(whole));
    if (!is_within(resolved, root) || resolved == root) {
      return fail(Code::denied, "security; file '" + path + "' is not in or below '" +
                                    (root.empty() ? "." : root) + "'");
    }
    if (files_.is_directory(resolved)) {
      return fail(Code::bad_request, "'" + path + "' is a folder, not a file");
    }
    if (++read_files_ > limits_.files) {
      return fail(Code::too_large,
                  "more than " + std::to_string(limits_.files) + " files are read");
    }
    const std::size_t left = limits_.total_bytes - read_bytes_;
    TRY(std::string text, files_.read(resolved, std::min(limits_.file_bytes, left)));
    read_bytes_ += text.size();
    return text;
  }

  Result<void> check_count(const Resources& resources) const {
    if (resources.size() <= limits_.documents) return {};
    return fail(Code::too_large, "more than " + std::to_string(limits_.documents) + " objects");
  }

  // Annotations are texts at last, and what is only for this machine stays here.
  Result<std::vector<json>> documents_of(Resources resources) const {
    std::vector<json> out;
    std::size_t bytes = 0;
    for (Resource& resource : resources) {
      json& document = *resource.document;
      const json* local = find(document, {"metadata", "annotations", kLocalConfig});
      if (local != nullptr && scalar_text(*local) != "false") continue;
      finish_annotations(document);
      bytes += document.dump(-1, ' ', false, json::error_handler_t::replace).size();
      if (bytes > limits_.output_bytes) {
        return fail(Code::too_large,
                    "the output is larger than " + std::to_string(limits_.output_bytes) + " bytes");
      }
      out.push_back(std::move(document));
    }
    return out;
  }

  static void finish_annotations(json& document) {
    const auto metadata = document.find("metadata");
    if (metadata == document.end() || !metadata->is_object()) return;
    const auto annotations = metadata->find("annotations");
    if (annotations == metadata->end()) return;
    if (annotations->empty()) {
      metadata->erase(annotations);
      return;
    }
    if (!annotations->is_object()) return;
    for (json& value : *annotations) value = scalar_text(value);
  }

  const Files& files_;
  const BuildLimits limits_;
  Built built_ = {};
  std::vector<std::string> chain_ = {};  // the folders from the top to the one at hand
  std::size_t directories_ = 0, read_files_ = 0, read_bytes_ = 0;
};

}  // namespace

Result<Built> build(const Files& files, const std::string& directory, const BuildLimits& limits) {
  return Builder(files, limits).run(directory);
}

}  // namespace weir::kustomize
