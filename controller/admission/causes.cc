#include "controller/admission/causes.h"

namespace weir {
namespace {

std::string with_detail(std::string head, const std::string& detail) {
  return detail.empty() ? head : head + ": " + detail;
}

}  // namespace

std::string shown(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string shown(std::int64_t number) { return std::to_string(number); }

std::string at(const std::string& path, std::string_view field) {
  return path.empty() ? std::string(field) : path + "." + std::string(field);
}
std::string at(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}
std::string at_key(const std::string& path, std::string_view key) {
  return path + "[" + std::string(key) + "]";
}

void Causes::add(const char* reason, const std::string& path, std::string message) {
  if (!full()) causes_.push_back({.reason = reason, .field = path, .message = std::move(message)});
}

void Causes::add_under(const std::string& path, std::vector<Cause> causes) {
  for (Cause& cause : causes) {
    if (!full()) causes_.push_back({cause.reason, at(path, cause.field), std::move(cause.message)});
  }
}

void Causes::required(const std::string& path, const std::string& detail) {
  add("FieldValueRequired", path, with_detail("Required value", detail));
}
void Causes::invalid(const std::string& path, const std::string& value, const std::string& detail) {
  add("FieldValueInvalid", path, with_detail("Invalid value: " + value, detail));
}
void Causes::type_invalid(const std::string& path, const std::string& value,
                          const std::string& detail) {
  add("FieldValueTypeInvalid", path, with_detail("Invalid value: " + value, detail));
}
void Causes::unsupported(const std::string& path, const std::string& value,
                         const std::vector<std::string>& supported) {
  std::string list;
  for (const std::string& one : supported) list += (list.empty() ? "" : ", ") + shown(one);
  add("FieldValueNotSupported", path,
      with_detail("Unsupported value: " + value, "supported values: " + list));
}
void Causes::duplicate(const std::string& path, const std::string& value) {
  add("FieldValueDuplicate", path, "Duplicate value: " + value);
}
void Causes::forbidden(const std::string& path, const std::string& detail) {
  add("FieldValueForbidden", path, "Forbidden: " + detail);
}
void Causes::not_found(const std::string& path, const std::string& value) {
  add("FieldValueNotFound", path, "Not found: " + value);
}
void Causes::too_long(const std::string& path, std::size_t bytes) {
  add("FieldValueTooLong", path, "Too long: must have at most " + std::to_string(bytes) + " bytes");
}

void Causes::check(const std::string& path, std::string_view value, const std::string& problem) {
  if (!problem.empty()) invalid(path, shown(value), problem);
}

Error invalid_object(const std::string& kind, const std::string& name, std::vector<Cause> causes) {
  std::string list;
  for (const Cause& cause : causes) {
    list += (list.empty() ? "" : ", ") + cause.field + ": " + cause.message;
  }
  if (causes.size() > 1) list = "[" + list + "]";
  return {.code = Code::invalid,
          .message = kind + " " + shown(name) + " is invalid: " + list,
          .causes = std::move(causes)};
}

}  // namespace weir
