#include "controller/cli/client/files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "controller/admission/manifest.h"
#include "controller/cli/client/host_files.h"
#include "controller/cli/text/fields.h"
#include "controller/kustomize/build.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;

// As much as a thousand full documents need; more is not a manifest.
constexpr std::size_t kFileBytesMax = 256UL << 20;
// A folder with more files was hardly meant.
constexpr std::size_t kFilesMax = 10'000;

constexpr Limits kReplyLimits{
    .bytes = 512UL << 20, .depth = 100, .nodes = 50'000'000, .aliases = 0, .documents = 1};

Result<std::string> read_all(std::istream& input, const std::string& name) {
  std::string text;
  char chunk[64 * 1024];
  while (input.read(chunk, sizeof chunk), input.gcount() > 0) {
    text.append(chunk, static_cast<std::size_t>(input.gcount()));
    if (text.size() > kFileBytesMax) {
      return fail(Code::too_large, "error: " + name + " is larger than 256 MiB");
    }
  }
  if (input.bad()) return fail(Code::internal, "error: cannot read " + name);
  return text;
}

bool is_manifest(const fs::path& name) {
  const std::string extension = name.extension().string();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

template <class Iterator>
Result<std::vector<std::string>> names_in(Iterator begin, const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (Iterator it = std::move(begin); it != Iterator{}; it.increment(error)) {
    if (it->is_regular_file(error) && is_manifest(it->path())) names.push_back(it->path().string());
    if (names.size() > kFilesMax) {
      return fail(Code::too_large, "error: more than 10,000 files in " + folder);
    }
  }
  if (error) return fail(Code::internal, "error: cannot read " + folder + ": " + error.message());
  std::sort(names.begin(), names.end());
  if (names.empty()) {
    return fail(Code::bad_request, "error: no .yaml, .yml or .json files in " + folder);
  }
  return names;
}

// The files that one -f means.
Result<std::vector<std::string>> expand(const std::string& name, bool recursive) {
  std::error_code error;
  if (name.starts_with("http://") || name.starts_with("https://")) {
    return fail(Code::bad_request,
                "error: " + name + ": URLs are not read; use curl " + name + " | weir … -f -");
  }
  if (name == "-" || !fs::is_directory(name, error)) return std::vector<std::string>{name};
  if (recursive) {
    fs::recursive_directory_iterator begin(name, error);
    if (!error) return names_in(std::move(begin), name);
  } else {
    fs::directory_iterator begin(name, error);
    if (!error) return names_in(std::move(begin), name);
  }
  return fail(Code::internal, "error: cannot read " + name + ": " + error.message());
}

}  // namespace

Result<std::string> read_file(const std::string& name) {
  std::error_code error;
  if (fs::is_directory(name, error)) {
    return fail(Code::bad_request, "error: " + name + " is a folder");
  }
  std::ifstream input(name, std::ios::binary);
  if (!input) {
    const char* why = errno == ENOENT ? "does not exist" : std::strerror(errno);
    return fail(Code::not_found,
                "error: the path \"" + name + "\" " +
                    (errno == ENOENT ? why : "cannot be read: " + std::string(why)));
  }
  return read_all(input, name);
}

Result<std::vector<json>> read_documents(std::string_view text, const std::string& name) {
  auto documents = parse_manifest(text);
  if (documents) return *std::move(documents);
  Error error = std::move(documents).error();
  error.code = Code::invalid;
  error.message = "error: error parsing " + name + ": " + error.message;
  return tl::unexpected(std::move(error));
}

Result<json> read_reply(std::string_view text) {
  auto document = parse_json(text, kReplyLimits);
  if (document) return *std::move(document);
  Error error = std::move(document).error();
  error.code = Code::internal;
  error.message = "error: the server's answer is not JSON: " + error.message;
  return tl::unexpected(std::move(error));
}

Result<std::vector<std::shared_ptr<const json>>> kustomized(const std::string& directory,
                                                            std::ostream& err) {
  auto built = kustomize::build(HostFiles(), directory);
  if (!built) {
    Error error = std::move(built).error();
    error.message = "error: " + error.message;
    // Not the command line is wrong, but what it names.
    if (error.code == Code::bad_request) error.code = Code::invalid;
    return tl::unexpected(std::move(error));
  }
  for (const std::string& warning : built->warnings) err << "Warning: " << warning << std::endl;
  std::vector<std::shared_ptr<const json>> out;
  for (json& document : built->documents) {
    out.push_back(std::make_shared<json>(std::move(document)));
  }
  return out;
}

Manifests read_manifests(const ManifestFlags& flags, std::istream& input, std::ostream& err) {
  Manifests out;
  if (!flags.kustomize.empty()) {
    auto built = kustomized(flags.kustomize, err);
    if (!built) {
      out.errors.push_back(std::move(built).error());
      return out;
    }
    for (auto& document : *built) {
      out.documents.push_back({.document = std::move(document), .source = flags.kustomize});
    }
  }
  const auto add_file = [&](const std::string& name) -> Result<bool> {
    const std::string source = name == "-" ? "STDIN" : name;
    TRY(const std::string text, name == "-" ? read_all(input, source) : read_file(name));
    TRY(std::vector<json> documents, read_documents(text, source));
    for (json& document : documents) {
      out.documents.push_back(
          {.document = std::make_shared<json>(std::move(document)), .source = source});
    }
    return true;
  };
  for (const std::string& argument : flags.files) {
    const auto names = expand(argument, flags.recursive);
    if (!names) {
      out.errors.push_back(names.error());
      continue;
    }
    for (const std::string& name : *names) {
      if (const auto added = add_file(name); !added) out.errors.push_back(added.error());
    }
  }
  std::stable_partition(out.documents.begin(), out.documents.end(), [](const Manifest& manifest) {
    return cli::text(*manifest.document, {"kind"}) == "Namespace";
  });
  return out;
}

}  // namespace weir::cli
