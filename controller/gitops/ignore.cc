#include "controller/gitops/ignore.h"

#include <fnmatch.h>

#include <algorithm>

namespace weir::gitops {

namespace {

// Flux's, from its documentation of GitRepository ("Excluding files").
constexpr std::string_view kOfGit = ".git/\n.gitignore\n.gitmodules\n.gitattributes\n";
constexpr std::string_view kOfFlux =
    "*.jpg\n*.jpeg\n*.gif\n*.png\n*.wmv\n*.flv\n*.tar.gz\n*.zip\n"
    ".github/\n.circleci/\n.travis.yml\n.gitlab-ci.yml\nappveyor.yml\n.drone.yml\n"
    "cloudbuild.yaml\ncodeship-services.yml\ncodeship-steps.yml\n"
    "**/.goreleaser.yml\n**/.sops.yaml\n**/.flux.yaml\n";

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    parts.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

using Parts = std::vector<std::string>;

bool name_matches(const std::string& pattern, const std::string& name) {
  return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

// Does the pattern match the path or a folder above it? "**" is any number of folders. `reached` is
// how many parts of the path it took. The table of what can be reached keeps this from growing
// with the number of "**".
bool anchored_match(const Parts& pattern, const Parts& path, std::size_t& reached) {
  std::vector<bool> can(path.size() + 1, false);
  can[0] = true;
  for (std::size_t p = 0; p < pattern.size(); ++p) {
    std::vector<bool> next(path.size() + 1, false);
    for (std::size_t i = 0; i <= path.size(); ++i) {
      if (!can[i]) continue;
      if (pattern[p] == "**") {
        // At the end it is everything inside, so at least one part.
        const bool last = p + 1 == pattern.size();
        for (std::size_t j = last ? i + 1 : i; j <= path.size(); ++j) next[j] = true;
      } else if (i < path.size() && name_matches(pattern[p], path[i])) {
        next[i + 1] = true;
      }
    }
    can = std::move(next);
  }
  const auto first = std::find(can.begin(), can.end(), true);
  reached = static_cast<std::size_t>(first - can.begin());
  return first != can.end();
}

}  // namespace

IgnoreRules::Pattern IgnoreRules::parse(std::string_view line, std::string_view folder) {
  Pattern pattern;
  if (!folder.empty()) pattern.folder = split(folder, '/');
  if (line.starts_with('!')) {
    pattern.takes_back = true;
    line.remove_prefix(1);
  }
  while (line.ends_with(' ') && !line.ends_with("\\ ")) line.remove_suffix(1);
  if (line.ends_with('/')) {
    pattern.only_folders = true;
    line.remove_suffix(1);
  }
  pattern.anchored = line.find('/') != line.npos;
  if (line.starts_with('/')) line.remove_prefix(1);
  pattern.parts = split(line, '/');
  return pattern;
}

void IgnoreRules::add(std::string_view text, std::string_view folder) {
  for (std::string& line : split(text, '\n')) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.starts_with('#') || line.find_first_not_of(" \t") == line.npos) continue;
    given_.push_back(parse(line, folder));
  }
}

bool IgnoreRules::matches(const Pattern& pattern, const Parts& path) {
  const std::size_t above = pattern.folder.size();
  if (path.size() <= above ||
      !std::equal(pattern.folder.begin(), pattern.folder.end(), path.begin())) {
    return false;
  }
  const Parts below(path.begin() + static_cast<Parts::difference_type>(above), path.end());
  // The last part is the file: a pattern of folders must match one above it.
  const std::size_t parts = pattern.only_folders ? below.size() - 1 : below.size();
  if (!pattern.anchored) {
    return std::any_of(
        below.begin(), below.begin() + static_cast<Parts::difference_type>(parts),
        [&](const std::string& name) { return name_matches(pattern.parts.front(), name); });
  }
  std::size_t reached = 0;
  return anchored_match(pattern.parts, below, reached) && reached <= parts;
}

bool IgnoreRules::any_matches(const std::vector<Pattern>& patterns, const Parts& path,
                              bool* takes_back) {
  const auto last = std::find_if(patterns.rbegin(), patterns.rend(),
                                 [&](const Pattern& pattern) { return matches(pattern, path); });
  if (last != patterns.rend()) *takes_back = last->takes_back;
  return last != patterns.rend();
}

bool IgnoreRules::leaves_out(std::string_view path) const {
  static const IgnoreRules of_git = [] {
    IgnoreRules rules;
    rules.add(kOfGit);
    return rules;
  }();
  static const IgnoreRules of_flux = [] {
    IgnoreRules rules;
    rules.add(kOfFlux);
    return rules;
  }();
  const Parts parts = split(path, '/');
  bool takes_back = false;
  if (any_matches(given_, parts, &takes_back)) return !takes_back;
  if (given_.empty() && any_matches(of_flux.given_, parts, &takes_back)) return true;
  return any_matches(of_git.given_, parts, &takes_back);
}

}  // namespace weir::gitops
