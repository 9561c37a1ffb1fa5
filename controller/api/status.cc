#include "controller/api/status.h"

#include <nlohmann/json.hpp>

namespace weir::rest {
namespace {

using nlohmann::json;

struct Row {
  Code code;
  int status;
  const char* reason;
};

// Disk full is 503 and not 429: clients that meet 429 wait and try again for a long time, and the
// operator would not see why.
constexpr Row kRows[] = {
    {Code::not_found, 404, "NotFound"},
    {Code::already_exists, 409, "AlreadyExists"},
    {Code::conflict, 409, "Conflict"},
    {Code::invalid, 422, "Invalid"},
    {Code::bad_request, 400, "BadRequest"},
    {Code::denied, 403, "Forbidden"},
    {Code::unauthorized, 401, "Unauthorized"},
    {Code::gone, 410, "Expired"},
    {Code::too_large, 413, "RequestEntityTooLarge"},
    {Code::unsupported, 415, "UnsupportedMediaType"},
    {Code::unavailable, 503, "ServiceUnavailable"},
    {Code::timed_out, 504, "Timeout"},
    {Code::exhausted, 503, "ServiceUnavailable"},
    {Code::internal, 500, "InternalError"},
};

const Row& row(Code code) {
  for (const Row& row : kRows) {
    if (row.code == code) return row;
  }
  return kRows[std::size(kRows) - 1];
}

// Invalid objects are named by kind, everything else by resource, as upstream does.
json details(const Error& error, const Subject& subject) {
  json out = json::object();
  if (!subject.name.empty()) out["name"] = subject.name;
  if (subject.kind) {
    const KindInfo& kind = info(*subject.kind);
    if (!kind.group.empty()) out["group"] = kind.group;
    out["kind"] = error.code == Code::invalid ? kind.name : kind.plural;
  }
  for (const Cause& cause : error.causes) {
    json entry = {{"reason", cause.reason}, {"message", cause.message}};
    if (!cause.field.empty()) entry["field"] = cause.field;
    out["causes"].push_back(std::move(entry));
  }
  return out;
}

}  // namespace

int http_status(Code code) { return row(code).status; }

json status_object(const Error& error, const Subject& subject) {
  const Row& found = row(error.code);
  json out = {{"kind", "Status"},    {"apiVersion", "v1"},       {"metadata", json::object()},
              {"status", "Failure"}, {"message", error.message}, {"reason", found.reason},
              {"code", found.status}};
  if (json more = details(error, subject); !more.empty()) out["details"] = std::move(more);
  return out;
}

Response failure(const Error& error, const Subject& subject) {
  return json_response(status_object(error, subject), http_status(error.code));
}

Response refusal(int status, const char* reason, const std::string& message) {
  json out = status_object({.code = Code::internal, .message = message});
  out["code"] = status;
  out["reason"] = reason;
  return json_response(out, status);
}

Response json_response(const json& document, int status) {
  // Replacing bad UTF-8 cannot happen for stored objects (the border refuses it); messages that
  // quote a client's bytes may hold some.
  return {.status = status, .body = document.dump(-1, ' ', false, json::error_handler_t::replace)};
}

}  // namespace weir::rest
