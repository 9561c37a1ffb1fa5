#include "controller/gitops/semver.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace weir::gitops {

namespace {

constexpr std::size_t kRangeMax = 256;  // bytes of text: more is no range that a person wrote

constexpr std::string_view kSpace = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0;;) {
    const std::size_t end = text.find(separator, at);
    parts.push_back(text.substr(at, end == text.npos ? end : end - at));
    if (end == text.npos) return parts;
    at = end + separator.size();
  }
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_identifier(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}
bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool leading_zero = text.size() > 1 && text.front() == '0';
  if (!all_digits(text) || leading_zero || error != std::errc{}) return std::nullopt;
  return value;
}

// "rc.1", "build.7": identifiers between dots.
bool are_identifiers(std::string_view text) {
  const auto parts = split(text, ".");
  return std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), is_identifier);
  });
}

int sign(bool less, bool greater) { return less ? -1 : greater ? 1 : 0; }

// Of one identifier of a pre-release: numbers by value and before words; words by their bytes.
int compare_identifier(std::string_view left, std::string_view right) {
  const bool left_number = all_digits(left), right_number = all_digits(right);
  if (left_number != right_number) return left_number ? -1 : 1;
  if (left_number && left.size() != right.size()) {
    return sign(left.size() < right.size(), true);
  }
  return sign(left<right, left> right);
}

// 1.0.0-alpha < 1.0.0-alpha.1 < 1.0.0-beta < 1.0.0
int compare_pre(const std::string& left, const std::string& right) {
  if (left.empty() || right.empty()) return sign(!left.empty() && right.empty(), !right.empty());
  const auto lefts = split(left, "."), rights = split(right, ".");
  for (std::size_t i = 0; i < std::min(lefts.size(), rights.size()); ++i) {
    if (const int order = compare_identifier(lefts[i], rights[i])) return order;
  }
  return sign(lefts.size() < rights.size(), lefts.size() > rights.size());
}

// The text before "-" and "+", and what stands between those.
struct Parts {
  std::string_view numbers = {};
  std::string_view pre = {};
};

std::optional<Parts> parts_of(std::string_view text) {
  if (text.starts_with("v")) text.remove_prefix(1);
  if (const std::size_t plus = text.find('+'); plus != text.npos) {
    if (!are_identifiers(text.substr(plus + 1))) return std::nullopt;
    text = text.substr(0, plus);
  }
  const std::size_t dash = text.find('-');
  if (dash == text.npos) return Parts{.numbers = text};
  Parts parts{.numbers = text.substr(0, dash), .pre = text.substr(dash + 1)};
  return are_identifiers(parts.pre) ? std::optional(parts) : std::nullopt;
}

}  // namespace

std::optional<Version> parse_version(std::string_view text) {
  const auto parts = parts_of(text);
  if (!parts) return std::nullopt;
  const auto numbers = split(parts->numbers, ".");
  if (numbers.size() != 3) return std::nullopt;
  const auto major = number(numbers[0]), minor = number(numbers[1]), patch = number(numbers[2]);
  if (!major || !minor || !patch) return std::nullopt;
  // semver.org: numbers in a pre-release have no leading zero either.
  for (const std::string_view identifier : split(parts->pre, ".")) {
    if (all_digits(identifier) && !number(identifier)) return std::nullopt;
  }
  return Version{.major = *major, .minor = *minor, .patch = *patch, .pre = std::string(parts->pre)};
}

int compare(const Version& left, const Version& right) {
  const std::array<std::array<std::uint64_t, 2>, 3> numbers{
      {{left.major, right.major}, {left.minor, right.minor}, {left.patch, right.patch}}};
  for (const auto& [a, b] : numbers) {
    if (a != b) return sign(a < b, true);
  }
  return compare_pre(left.pre, right.pre);
}

Result<VersionRange::Comparator> VersionRange::parse_comparator(std::string_view text) {
  const auto improper = [&] {
    return fail(Code::invalid, "\"" + std::string(text) + "\" is no version or comparison");
  };
  const std::size_t operation_end = std::min(text.find_first_not_of("=!<>~^"), text.size());
  Comparator out{.operation = std::string(text.substr(0, operation_end))};
  constexpr std::array<std::string_view, 12> kOperations{
      "", "=", "!=", ">", "<", ">=", "=>", "<=", "=<", "~", "~>", "^"};
  if (std::find(kOperations.begin(), kOperations.end(), out.operation) == kOperations.end()) {
    return improper();
  }
  const auto parts = parts_of(trimmed(text.substr(operation_end)));
  if (!parts) return improper();
  const auto numbers = split(parts->numbers, ".");
  if (numbers.size() > 3) return improper();
  const std::array<std::uint64_t*, 3> into{&out.version.major, &out.version.minor,
                                           &out.version.patch};
  out.given = 0;
  bool wild = false;  // what follows a wildcard is one, too
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const bool wildcard = numbers[i] == "x" || numbers[i] == "X" || numbers[i] == "*";
    const auto value = number(numbers[i]);
    if (!wildcard && !value) return improper();
    wild = wild || wildcard;
    if (wild) continue;
    *into[i] = *value;
    out.given = static_cast<int>(i) + 1;
  }
  out.version.pre = std::string(parts->pre);
  return out;
}

// ">= 1.2.3, < 2 || 3.x": what stands between two "||".
Result<std::vector<VersionRange::Comparator>> VersionRange::parse_all(std::string_view text) {
  // "1.2 - 1.4.5" is ">=1.2 <=1.4.5".
  std::string plain(text);
  for (std::size_t dash = plain.find(" - "); dash != plain.npos; dash = plain.find(" - ")) {
    const std::size_t last = plain.find_last_not_of(kSpace, dash);
    if (last == plain.npos) return fail(Code::invalid, "\"" + plain + "\" has no lower end");
    const std::size_t before = plain.find_last_of(" \t,", last);
    plain.replace(dash, 3, " <=");
    plain.insert(before == plain.npos ? 0 : before + 1, ">=");
  }
  std::vector<Comparator> out;
  for (std::size_t at = 0; at < plain.size();) {
    at = plain.find_first_not_of(" \t,", at);
    if (at == plain.npos) break;
    // An operator may stand apart from its version.
    const std::size_t version = plain.find_first_not_of(" \t=!<>~^", at);
    const std::size_t end = version == plain.npos
                                ? plain.size()
                                : std::min(plain.find_first_of(" \t,", version), plain.size());
    TRY(Comparator one, parse_comparator(trimmed(std::string_view(plain).substr(at, end - at))));
    out.push_back(std::move(one));
    at = end;
  }
  if (out.empty()) return fail(Code::invalid, "an empty range: give \"*\" for every version");
  return out;
}

Result<VersionRange> VersionRange::parse(std::string_view text) {
  if (text.size() > kRangeMax) return fail(Code::invalid, "it is longer than 256 bytes");
  VersionRange out;
  for (const std::string_view part : split(text, "||")) {
    TRY(std::vector<Comparator> all, parse_all(part));
    out.any_of_.push_back(std::move(all));
  }
  return out;
}

bool VersionRange::contains(const Version& version) const {
  return std::any_of(any_of_.begin(), any_of_.end(), [&](const std::vector<Comparator>& all) {
    return std::all_of(all.begin(), all.end(),
                       [&](const Comparator& one) { return one.admits(version); });
  });
}

// A worked example, by how many numbers are given:
//   ^1.2.3 is >=1.2.3 <2   ^0.2.3 is >=0.2.3 <0.3   ^0.0.3 is 0.0.3   ^0.0 is 0.0.x   ^0 is 0.x
//   ~1.2.3 is >=1.2.3 <1.3   ~1.2 is 1.2.x   ~1 is 1.x   1.2 is ~1.2   >1.2 is >=1.3   <=1.2 is
//   <1.3
bool VersionRange::Comparator::admits(const Version& other) const {
  const bool names_pre = !version.pre.empty();
  if (!other.pre.empty() && !names_pre && !(operation == "!=" && given == 3)) return false;
  const int order = compare(other, version);
  const auto same = [&](int numbers) {
    return (numbers < 1 || other.major == version.major) &&
           (numbers < 2 || other.minor == version.minor) &&
           (numbers < 3 || other.patch == version.patch);
  };
  if (operation == "!=") {
    // !=4.1-alpha is neither 4.1.x-alpha, but 4.1.0 it may be.
    const bool other_pre = given == 2 && compare_pre(other.pre, version.pre) != 0;
    return given == 3 ? order != 0 : !same(given) || other_pre;
  }
  if (operation == ">") return order > 0 && (given == 3 || !same(given));
  if (operation == "<") return order < 0;
  if (operation == ">=" || operation == "=>") return order >= 0;
  if (operation == "<=" || operation == "=<") return order <= 0 || (given < 3 && same(given));
  if (operation == "^") {
    // Up to the first number that is not 0, or the last that is given.
    const int fixed = version.major > 0 || given < 2 ? 1 : version.minor > 0 || given < 3 ? 2 : 3;
    return order >= 0 && same(std::min(fixed, given));
  }
  if (given == 3 && (operation.empty() || operation == "=")) return order == 0;
  // ~ and a plain version with wildcards. ~0.0.0 is every version, by the library's own rule.
  if (given == 3 && version.major == 0 && version.minor == 0 && version.patch == 0) {
    return order >= 0;
  }
  return order >= 0 && same(std::min(2, given));
}

}  // namespace weir::gitops
