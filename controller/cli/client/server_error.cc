// The words of kubectl for a Status object.

#include <nlohmann/json.hpp>

#include "controller/cli/client/files.h"
#include "controller/cli/client/http.h"

namespace weir::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kBodyShownMax = 1000;

std::string text_at(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

// bad_request is this program's own code, for wrong usage (exit 2): a server's 400 is `invalid`.
Code code_of(long http_status, const std::string& reason) {
  if (reason == "AlreadyExists") return Code::already_exists;
  switch (http_status) {
    case 401:
      return Code::unauthorized;
    case 403:
      return Code::denied;
    case 404:
      return Code::not_found;
    case 409:
      return Code::conflict;
    case 410:
      return Code::gone;
    case 413:
      return Code::too_large;
    case 415:
      return Code::unsupported;
    case 429:
      return Code::exhausted;
    case 503:
      return Code::unavailable;
    case 504:
      return Code::timed_out;
    default:
      return http_status >= 500 ? Code::internal : Code::invalid;
  }
}

std::vector<Cause> causes_of(const json& details) {
  std::vector<Cause> causes;
  const auto it = details.find("causes");
  if (it == details.end() || !it->is_array()) return causes;
  for (const json& cause : *it) {
    if (!cause.is_object()) continue;
    causes.push_back({.reason = text_at(cause, "reason"),
                      .field = text_at(cause, "field"),
                      .message = text_at(cause, "message")});
  }
  return causes;
}

// `The Deployment "web" is invalid: spec.replicas: Invalid value: …`, one line a cause.
std::string invalid_text(const json& details, const std::vector<Cause>& causes,
                         const std::string& message) {
  const std::string kind = text_at(details, "kind");
  if (kind.empty()) return "The request is invalid: " + message;
  std::string text = "The " + kind + " \"" + text_at(details, "name") + "\" is invalid";
  if (causes.empty()) return text + ": " + message;
  text += ":";
  for (const Cause& cause : causes) {
    text += causes.size() == 1 ? " " : "\n* ";
    text += cause.field.empty() ? cause.message : cause.field + ": " + cause.message;
  }
  return text;
}

}  // namespace

Error server_error(long http_status, const std::string& body, const std::string& doing) {
  const auto parsed = read_reply(body);
  const bool is_status = parsed && parsed->is_object() && text_at(*parsed, "kind") == "Status";
  const std::string context = doing.empty() ? "" : doing + ": ";
  if (!is_status) {
    std::string text = body.substr(0, kBodyShownMax);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    if (text.empty()) text = "HTTP " + std::to_string(http_status);
    return {.code = code_of(http_status, ""), .message = "Error from server: " + context + text};
  }
  const std::string reason = text_at(*parsed, "reason");
  const std::string message = text_at(*parsed, "message");
  const json details = parsed->value("details", json::object());
  Error error{.code = code_of(http_status, reason), .causes = causes_of(details)};
  if (reason == "Unauthorized") {
    error.message = "error: You must be logged in to the server (" + message + ")";
  } else if (reason == "Invalid") {
    error.message = invalid_text(details, error.causes, message);
  } else if (reason.empty()) {
    error.message = "Error from server: " + context + message;
  } else {
    error.message = "Error from server (" + reason + "): " + context + message;
  }
  return error;
}

}  // namespace weir::cli
