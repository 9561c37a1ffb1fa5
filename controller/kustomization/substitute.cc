#include "controller/kustomization/substitute.h"

#include <cctype>
#include <charconv>
#include <optional>

namespace weir::kustomization {

namespace {

constexpr int kNestedMax = 8;

bool is_name_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool is_name_part(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(value) : std::nullopt;
}

// As bash: a negative one counts from the end.
std::optional<std::string> part_of(const std::string& value, std::string_view range) {
  const std::size_t colon = range.find(':');
  const auto size = static_cast<std::int64_t>(value.size());
  auto from = number(range.substr(0, colon));
  if (!from) return std::nullopt;
  if (*from < 0) from = std::max<std::int64_t>(0, size + *from);
  if (*from >= size) return "";
  if (colon == range.npos) return value.substr(static_cast<std::size_t>(*from));
  const auto length = number(range.substr(colon + 1));
  if (!length || *length < 0) return std::nullopt;
  return value.substr(static_cast<std::size_t>(*from), static_cast<std::size_t>(*length));
}

std::string replaced(std::string value, const std::string& from, const std::string& to, bool all) {
  if (from.empty()) return value;
  for (std::size_t at = value.find(from); at != value.npos; at = value.find(from, at + to.size())) {
    if (value.size() + to.size() > kSubstitutedMax) return value;
    value.replace(at, from.size(), to);
    if (!all) break;
  }
  return value;
}

std::string cased(std::string value, bool upper, bool all) {
  for (char& c : value) {
    const auto byte = static_cast<unsigned char>(c);
    c = static_cast<char>(upper ? std::toupper(byte) : std::tolower(byte));
    if (!all) break;
  }
  return value;
}

class Substitution {
 public:
  Substitution(const std::map<std::string, std::string>& values) : values_(values) {}

  Result<std::string> in(std::string_view text, int depth) const {
    if (depth > kNestedMax) return fail(Code::bad_request, "variables are nested too deep");
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      if (text.substr(at).starts_with("$${")) {
        out += "${";
        at += 3;
      } else if (text.substr(at).starts_with("${")) {
        const std::size_t end = end_of(text, at + 2);
        if (end == text.npos) return bad(text.substr(at));
        TRY(const std::string value, one(text.substr(at + 2, end - at - 2), depth));
        out += value;
        at = end + 1;
      } else {
        out += text[at++];
      }
      if (out.size() > kSubstitutedMax) {
        return fail(Code::too_large, "with its variables filled in it is larger than " +
                                         std::to_string(kSubstitutedMax) + " bytes");
      }
    }
    return out;
  }

 private:
  static tl::unexpected<Error> bad(std::string_view form) {
    return fail(Code::bad_request,
                "bad substitution: " + std::string(form.substr(0, 60)) +
                    " ($${…} stays as it is, as does everything in an object with the annotation "
                    "kustomize.toolkit.fluxcd.io/substitute: disabled)");
  }

  // Of the brace that closes; variables inside have their own.
  static std::size_t end_of(std::string_view text, std::size_t at) {
    for (int open = 1; at < text.size(); ++at) {
      if (text.substr(at).starts_with("${")) {
        ++open;
        ++at;
      } else if (text[at] == '}' && --open == 0) {
        return at;
      } else if (text[at] == '\n') {
        break;
      }
    }
    return text.npos;
  }

  Result<std::string> one(std::string_view form, int depth) const {
    const bool length = form.starts_with('#');
    const std::string_view all = length ? form.substr(1) : form;
    std::size_t end = 0;
    while (end < all.size() && is_name_part(all[end])) ++end;
    const std::string name(all.substr(0, end));
    if (!is_variable_name(name)) return bad("${" + std::string(form) + "}");
    const auto found = values_.find(name);
    const std::string value = found == values_.end() ? "" : found->second;
    const std::string_view rest = all.substr(end);
    if (length) {
      return rest.empty() ? Result<std::string>(std::to_string(value.size()))
                          : bad("${" + std::string(form) + "}");
    }
    if (rest.empty()) return value;
    if (rest.starts_with(":-") || rest.starts_with(":=")) {
      return value.empty() ? in(rest.substr(2), depth + 1) : Result<std::string>(value);
    }
    if (rest.starts_with('-') || rest.starts_with('=')) {
      return found == values_.end() ? in(rest.substr(1), depth + 1) : Result<std::string>(value);
    }
    TRY(const auto changed, changed_by(value, rest, depth));
    return changed ? Result<std::string>(*changed) : bad("${" + std::string(form) + "}");
  }

  // nullopt: there is no such operator.
  Result<std::optional<std::string>> changed_by(const std::string& value, std::string_view rest,
                                                int depth) const {
    if (rest == "^" || rest == "^^") return cased(value, true, rest == "^^");
    if (rest == "," || rest == ",,") return cased(value, false, rest == ",,");
    if (rest.starts_with(':')) return part_of(value, rest.substr(1));
    const bool doubled = rest.size() > 1 && rest[0] == rest[1];
    TRY(const std::string text, in(rest.substr(doubled ? 2 : 1), depth + 1));
    if (rest.starts_with('/')) {
      const std::size_t slash = text.find('/');
      const std::string to = slash == text.npos ? "" : text.substr(slash + 1);
      return replaced(value, text.substr(0, slash), to, doubled);
    }
    if (rest.starts_with('#')) return value.starts_with(text) ? value.substr(text.size()) : value;
    if (rest.starts_with('%')) {
      return value.ends_with(text) ? value.substr(0, value.size() - text.size()) : value;
    }
    return std::nullopt;
  }

  const std::map<std::string, std::string>& values_;
};

}  // namespace

Result<std::string> substitute(std::string_view text,
                               const std::map<std::string, std::string>& values) {
  return Substitution(values).in(text, 0);
}

bool is_variable_name(std::string_view name) {
  if (name.empty() || !is_name_start(name.front())) return false;
  for (const char c : name) {
    if (!is_name_part(c)) return false;
  }
  return true;
}

}  // namespace weir::kustomization
