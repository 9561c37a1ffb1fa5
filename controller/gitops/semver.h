#pragma once

// Semantic versions, and the ranges of spec.ref.semver. The rules are those of the Go library that
// Flux uses (Masterminds/semver v3): operators = != > < >= <= ~ ^, wildcards x X *, ranges
// "1.2 - 1.4", AND by space or comma, OR by "||". Pre-releases match only what names one itself.
// Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/result.h"

namespace weir::gitops {

struct Version {
  std::uint64_t major = 0, minor = 0, patch = 0;
  std::string pre = {};  // "rc.1"; what follows a "+" has no part in the order
  bool operator==(const Version&) const = default;
};

// Of a tag: "1.2.3", "v1.2.3-rc.1+build"; nullopt: it is no whole version.
std::optional<Version> parse_version(std::string_view text);

// Negative, 0 or positive, by the order of semver.org.
int compare(const Version& left, const Version& right);

class VersionRange {
 public:
  // Error: `invalid`, with the part that is none.
  static Result<VersionRange> parse(std::string_view text);
  bool contains(const Version& version) const;

 private:
  struct Comparator {
    std::string operation = {};
    Version version = {};
    int given = 3;  // how many of major, minor and patch are not wildcards
    bool admits(const Version& other) const;
  };
  static Result<Comparator> parse_comparator(std::string_view text);
  static Result<std::vector<Comparator>> parse_all(std::string_view text);

  std::vector<std::vector<Comparator>> any_of_;  // of each, all
};

}  // namespace weir::gitops
