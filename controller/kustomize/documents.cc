#include "controller/kustomize/documents.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <deque>
#include <nlohmann/json.hpp>
#include <utility>

#include "controller/admission/manifest_yaml.h"

namespace weir::kustomize {
namespace {

using Words = std::array<const char*, 8>;
constexpr Words kTrue{"y", "Y", "yes", "Yes", "YES", "on", "On", "ON"};
constexpr Words kFalse{"n", "N", "no", "No", "NO", "off", "Off", "OFF"};

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

// 2026-01-02, month and day with one digit or two.
bool is_date(const std::string& text) {
  int part = 0, digits = 0;
  for (const char c : text) {
    if (is_digit(c)) {
      if (++digits > (part == 0 ? 4 : 2)) return false;
    } else if (c == '-' && part < 2 && digits >= (part == 0 ? 4 : 1)) {
      ++part;
      digits = 0;
    } else {
      return false;
    }
  }
  return part == 2 && digits > 0;
}

std::string as_time(const std::string& date) {
  std::string out;
  std::size_t begin = 0;
  for (int part = 0; part < 3; ++part) {
    const std::size_t end = std::min(date.find('-', begin), date.size());
    const std::string digits = date.substr(begin, end - begin);
    out += (part == 0 ? "" : "-") + std::string(digits.size() == 1 ? "0" : "") + digits;
    begin = end + 1;
  }
  return out + "T00:00:00Z";
}

// Go's number syntax has more than YAML 1.2's: 1_000, 0b101.
Scalar plain_in_go(const std::string& text) {
  if (is_date(text)) return as_time(text);
  const bool numeric = is_digit(text[0]) || ((text[0] == '-' || text[0] == '+') && text.size() > 1);
  if (!numeric) return plain_scalar(text);
  std::string digits = text;
  std::erase(digits, '_');
  if (digits.starts_with("0b") && digits.size() > 2 && digits.size() < 64 &&
      digits.find_first_not_of("01", 2) == std::string::npos) {
    return static_cast<std::int64_t>(std::stoll(digits.substr(2), nullptr, 2));
  }
  Scalar value = plain_scalar(digits);
  return std::holds_alternative<std::string>(value) ? Scalar(text) : value;
}

Scalar read_plain(const std::string& text, const std::string& path) {
  if (path.starts_with("metadata.annotations.")) return text;
  return text.empty() ? plain_scalar(text) : plain_in_go(text);
}

std::string with_name(const std::string& name, const std::string& message) {
  return name.empty() ? message : name + ": " + message;
}

Result<void> check_object(const json& document, const std::string& name) {
  if (!document.is_object()) {
    return fail(Code::bad_request, with_name(name, "a document is not an object"));
  }
  const std::string kind = text_at(document, {"kind"});
  if (kind.empty()) return fail(Code::bad_request, with_name(name, "missing kind in an object"));
  if (text_at(document, {"metadata", "name"}).empty() && !kind.ends_with("List")) {
    return fail(Code::bad_request, with_name(name, "missing metadata.name in a " + kind));
  }
  return {};
}

Result<std::vector<Document>> read_with(std::string_view text, const std::string& name,
                                        const ReadPlain& read_plain) {
  if (const auto good = check_text(text); !good) {
    return fail(Code::bad_request, with_name(name, good.error().message));
  }
  auto parsed = parse_yaml(text, Limits{}, read_plain);
  if (!parsed) return fail(Code::bad_request, with_name(name, parsed.error().message));
  std::vector<Document> out;
  for (json& document : *parsed) {
    if (!document.is_null() && !(document.is_object() && document.empty())) {
      out.emplace_back(std::move(document));
    }
  }
  return out;
}

}  // namespace

Result<std::vector<Document>> read_any(std::string_view text, const std::string& name) {
  return read_with(text, name, read_plain);
}

Result<std::vector<Document>> read_yaml11(std::string_view text, const std::string& name) {
  return read_with(text, name, [](const std::string& plain, const std::string&) {
    for (const bool value : {true, false}) {
      for (const char* word : value ? kTrue : kFalse) {
        if (plain == word) return Scalar(value);
      }
    }
    return plain_scalar(plain);
  });
}

Result<Resources> read_resources(std::string_view text, const std::string& name) {
  TRY(std::vector<Document> documents, read_any(text, name));
  std::deque<json> waiting;
  for (Document& document : documents) waiting.push_back(std::move(*document));
  Resources out;
  while (!waiting.empty()) {
    json document = std::move(waiting.front());
    waiting.pop_front();
    TRY_VOID(check_object(document, name));
    if (!text_at(document, {"kind"}).ends_with("List")) {
      out.push_back({.document = std::move(document)});
      continue;
    }
    const auto items = document.find("items");
    if (items == document.end()) {
      // Not a list but by its name; Kustomize keeps it.
      document.emplace("metadata", json::object());
      out.push_back({.document = std::move(document)});
      continue;
    }
    if (items->is_null()) continue;
    if (!items->is_array()) {
      return fail(Code::bad_request, with_name(name, "the items of a list are not a list"));
    }
    for (json& item : *items) waiting.push_back(std::move(item));
  }
  return out;
}

json plain_value(const std::string& text) {
  const Scalar scalar = text.empty() ? Scalar(nullptr) : plain_in_go(text);
  return std::visit([](const auto& value) { return json(value); }, scalar);
}

}  // namespace weir::kustomize
