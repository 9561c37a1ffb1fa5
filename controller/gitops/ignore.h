#pragma once

// Which files of a repository are left out: .gitignore's syntax, read as Flux's source-controller
// reads spec.ignore and .sourceignore files. The last pattern that matches decides, "!" takes back,
// and a pattern that matches a folder matches everything below it. Pure.

#include <string>
#include <string_view>
#include <vector>

namespace weir::gitops {

class IgnoreRules {
 public:
  // The lines of a .sourceignore in `folder` ("" is the root), or of spec.ignore. Order counts.
  void add(std::string_view text, std::string_view folder = "");

  // A file, by its path from the root. Where no line was added Flux's own exclusions count; those
  // of what belongs to git itself (.git/, .gitignore …) always do, unless a line takes them back.
  bool leaves_out(std::string_view path) const;

 private:
  struct Pattern {
    std::vector<std::string> folder = {};
    std::vector<std::string> parts = {};
    bool takes_back = false;
    bool only_folders = false;
    bool anchored = false;  // it has a "/" and so matches from its folder, not at any depth
  };
  static Pattern parse(std::string_view line, std::string_view folder);
  static bool matches(const Pattern& pattern, const std::vector<std::string>& path);
  static bool any_matches(const std::vector<Pattern>& patterns,
                          const std::vector<std::string>& path, bool* takes_back);

  std::vector<Pattern> given_;
};

}  // namespace weir::gitops
