#include "controller/admission/validate_names.h"

#include <algorithm>

namespace weir {
namespace {

bool lower(char c) { return c >= 'a' && c <= 'z'; }
bool upper(char c) { return c >= 'A' && c <= 'Z'; }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool lower_or_digit(char c) { return lower(c) || digit(c); }
bool alphanumeric(char c) { return lower(c) || upper(c) || digit(c); }

template <class Test>
bool all(std::string_view text, Test test) {
  return std::ranges::all_of(text, test);
}

std::string too_long(std::size_t limit) {
  return "must be no more than " + std::to_string(limit) + " characters";
}

bool is_label(std::string_view text) {
  return !text.empty() && lower_or_digit(text.front()) && lower_or_digit(text.back()) &&
         all(text, [](char c) { return lower_or_digit(c) || c == '-'; });
}

// ([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]
bool is_name_part(std::string_view text) {
  return !text.empty() && alphanumeric(text.front()) && alphanumeric(text.back()) &&
         all(text, [](char c) { return alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

constexpr char kLabel[] =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr char kSubdomain[] =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr char kNamePart[] =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr char kQualified[] =
    "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used "
    "for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain "
    "prefix and '/' (e.g. 'example.com/MyName')";
constexpr char kLabelValue[] =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
    "'12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
constexpr char kEnvName[] =
    "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or "
    "'.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or "
    "'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')";
constexpr char kConfigKey[] =
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
    "'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is "
    "'[-._a-zA-Z0-9]+')";

}  // namespace

std::string dns_label_problem(std::string_view text) {
  if (text.size() > 63) return too_long(63);
  return is_label(text) ? "" : kLabel;
}

std::string dns_subdomain_problem(std::string_view text) {
  if (text.size() > 253) return too_long(253);
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('.', start), text.size());
    if (!is_label(text.substr(start, end - start))) return kSubdomain;
    start = end + 1;
  }
  return "";
}

std::string qualified_name_problem(std::string_view text) {
  const std::size_t slash = text.find('/');
  std::string_view name = text;
  if (slash != std::string_view::npos) {
    const std::string_view prefix = text.substr(0, slash);
    name = text.substr(slash + 1);
    if (name.find('/') != std::string_view::npos) return kQualified;
    if (prefix.empty()) return "prefix part must be non-empty";
    const std::string problem = dns_subdomain_problem(prefix);
    if (!problem.empty()) return "prefix part " + problem;
  }
  if (name.empty()) return "name part must be non-empty";
  if (name.size() > 63) return "name part " + too_long(63);
  return is_name_part(name) ? "" : kNamePart;
}

std::string label_value_problem(std::string_view text) {
  if (text.size() > 63) return too_long(63);
  return text.empty() || is_name_part(text) ? "" : kLabelValue;
}

std::string env_name_problem(std::string_view text) {
  if (text == "." || text == "..") return "must not be '" + std::string(text) + "'";
  if (text.starts_with("..")) return "must not start with '..'";
  const auto allowed = [](char c) { return alphanumeric(c) || c == '-' || c == '.' || c == '_'; };
  return !text.empty() && !digit(text.front()) && all(text, allowed) ? "" : kEnvName;
}

std::string config_key_problem(std::string_view text) {
  if (text.size() > 253) return too_long(253);
  if (text == "." || text == "..") return "must not be '" + std::string(text) + "'";
  if (text.starts_with("..")) return "must not start with '..'";
  const auto allowed = [](char c) { return alphanumeric(c) || c == '-' || c == '.' || c == '_'; };
  return !text.empty() && all(text, allowed) ? "" : kConfigKey;
}

std::string port_name_problem(std::string_view text) {
  if (text.size() > 15) return too_long(15);
  if (!all(text, [](char c) { return lower_or_digit(c) || c == '-'; })) {
    return "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)";
  }
  if (!std::ranges::any_of(text, lower)) return "must contain at least one letter (a-z)";
  if (text.find("--") != std::string_view::npos) return "must not contain consecutive hyphens";
  if (text.front() == '-' || text.back() == '-') {
    return "must not begin or end with a hyphen";
  }
  return "";
}

std::string header_name_problem(std::string_view text) {
  constexpr std::string_view kToken =
      "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const bool good = !text.empty() && text.find_first_not_of(kToken) == text.npos;
  return good ? "" : "must be the name of a header field";
}

bool frames(std::string name) {
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  constexpr std::string_view kFraming[] = {"connection", "content-length",   "host",
                                           "keep-alive", "proxy-connection", "te",
                                           "trailer",    "upgrade",          "transfer-encoding"};
  return std::find(std::begin(kFraming), std::end(kFraming), name) != std::end(kFraming);
}

std::string relative_path_problem(std::string_view text) {
  if (text.starts_with('/')) return "must be a relative path";
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('/', start), text.size());
    if (text.substr(start, end - start) == "..") return "must not contain '..'";
    start = end + 1;
  }
  return "";
}

}  // namespace weir
