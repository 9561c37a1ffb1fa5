#include "controller/kustomize/files.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace weir::kustomize {

MapFiles::MapFiles(std::map<std::string, std::string> contents) : contents_(std::move(contents)) {}

Result<std::string> MapFiles::resolve(const std::string& path) const {
  if (path.starts_with('/')) {
    return fail(Code::denied, "the path \"" + path + "\" leads out of the source");
  }
  TRY(std::string normal, join("", path));
  if (contents_.contains(normal) || is_directory(normal)) return normal;
  return fail(Code::not_found, "the path \"" + path + "\" does not exist");
}

bool MapFiles::is_directory(const std::string& resolved) const {
  if (resolved.empty()) return true;
  const auto first = contents_.lower_bound(resolved + "/");
  return first != contents_.end() && first->first.starts_with(resolved + "/");
}

Result<std::string> MapFiles::read(const std::string& resolved, std::size_t limit) const {
  const auto found = contents_.find(resolved);
  if (found == contents_.end()) {
    return fail(Code::not_found, "the file \"" + resolved + "\" does not exist");
  }
  if (found->second.size() > limit) {
    return fail(Code::too_large,
                "the file \"" + resolved + "\" is larger than " + std::to_string(limit) + " bytes");
  }
  return found->second;
}

Result<std::string> join(const std::string& base, const std::string& path) {
  std::vector<std::string> parts;
  const std::string whole = base + "/" + path;
  for (std::size_t begin = 0; begin < whole.size();) {
    const std::size_t end = std::min(whole.find('/', begin), whole.size());
    const std::string part = whole.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (parts.empty()) {
      return fail(Code::denied, "the path \"" + path + "\" leads out of the source");
    } else {
      parts.pop_back();
    }
  }
  std::string out = base.starts_with('/') ? "/" : "";
  for (std::size_t i = 0; i < parts.size(); ++i) out += (i == 0 ? "" : "/") + parts[i];
  return out;
}

bool is_within(const std::string& path, const std::string& directory) {
  return directory.empty() || directory == "/" || path == directory ||
         path.starts_with(directory + "/");
}

}  // namespace weir::kustomize
