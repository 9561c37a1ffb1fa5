#include "controller/analysis/provider.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "controller/admission/manifest.h"
#include "controller/json_path/json_path.h"
#include "reconcilers/duration.h"

namespace weir::analysis {

using nlohmann::json;

namespace {

constexpr std::size_t kTextMax = 1024;
constexpr std::int64_t kSecondsMax = 300;  // to wait for an answer

void add_headers(const std::vector<api::ProviderHeader>& headers, OutgoingRequest& request) {
  for (const auto& header : headers) request.headers.push_back(header.key + ": " + header.value);
}

void add_login(const auto& metric, OutgoingRequest& request) {
  if (!metric.authentication || !metric.authentication->basicAuth) return;
  request.user = metric.authentication->basicAuth->username;
  request.password = metric.authentication->basicAuth->password;
}

std::string form_escaped(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain || c == '-' || c == '_' || c == '.') {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

// `now()`, `now() - duration("5m")`; empty is now.
Result<Time> instant(const std::string& text, Time now) {
  std::string compact;
  std::copy_if(text.begin(), text.end(), std::back_inserter(compact),
               [](char c) { return c != ' '; });
  std::string_view rest = compact;
  if (rest.empty()) return now;
  const auto wrong = [&] {
    return fail(Code::invalid,
                "rangeQuery: \"" + text + "\" is not now(), or now() - duration(\"5m\")");
  };
  constexpr std::string_view kNow = "now()";
  if (!rest.starts_with(kNow)) return wrong();
  rest.remove_prefix(kNow.size());
  if (rest.empty()) return now;
  const char sign = rest.front();
  rest.remove_prefix(1);
  constexpr std::string_view kOpen = "duration(\"", kClose = "\")";
  if ((sign != '-' && sign != '+') || !rest.starts_with(kOpen) || !rest.ends_with(kClose)) {
    return wrong();
  }
  rest.remove_prefix(kOpen.size());
  rest.remove_suffix(kClose.size());
  const auto length = parse_seconds(rest);
  if (!length) return wrong();
  return sign == '-' ? now - *length : now + *length;
}

std::string unix_seconds(Time time) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

Result<void> check_status(const OutgoingAnswer& answer) {
  if (answer.status >= 200 && answer.status < 300) return {};
  return fail(Code::unavailable, "received HTTP status " + std::to_string(answer.status));
}

// Prometheus writes sample values as texts: "0.95", "NaN", "+Inf".
json number_of(const json& sample) {
  const std::string text = sample.is_string() ? sample.get<std::string>() : "";
  if (text == "+Inf" || text == "Inf") return std::numeric_limits<double>::infinity();
  if (text == "-Inf") return -std::numeric_limits<double>::infinity();
  double number = std::numeric_limits<double>::quiet_NaN();
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

json rate(const api::WeirMetric& metric, const gateway::RevisionTraffic& traffic) {
  if (traffic.requests < minimum_of(metric)) return nullptr;
  const auto requests = static_cast<double>(traffic.requests);
  if (metric.metric == "request-rate") {
    return requests / static_cast<double>(window_of(metric).count());
  }
  if (traffic.requests == 0) return nullptr;
  if (metric.metric == "latency") {
    double quantile = 0.99;
    std::from_chars(metric.quantile.data(), metric.quantile.data() + metric.quantile.size(),
                    quantile);
    return latency_quantile(traffic, quantile);
  }
  const double errors = static_cast<double>(traffic.errors) / requests;
  return metric.metric == "success-rate" ? 1 - errors : errors;
}

}  // namespace

Result<OutgoingRequest> request_of(const api::WebMetric& metric) {
  OutgoingRequest request{
      .method = metric.method.empty() ? "GET" : metric.method,
      .url = metric.url,
      .body = metric.body,
      .deadline = bounded_seconds(std::min(metric.timeoutSeconds.value_or(10), kSecondsMax)),
      .insecure = metric.insecure};
  if (!metric.jsonBody.text.empty()) {
    request.body = metric.jsonBody.text;
    request.headers.emplace_back("Content-Type: application/json");
  }
  add_headers(metric.headers, request);
  add_login(metric, request);
  return request;
}

Result<OutgoingRequest> request_of(const api::PrometheusMetric& metric, Time now) {
  std::string address = metric.address;
  if (address.empty()) return fail(Code::invalid, "prometheus has no address");
  while (address.ends_with('/')) address.pop_back();
  OutgoingRequest request{
      .method = "POST",
      .url = address + "/api/v1/query",
      .headers = {"Content-Type: application/x-www-form-urlencoded"},
      .body = "query=" + form_escaped(metric.query),
      .deadline = bounded_seconds(std::min(metric.timeout.value_or(30), kSecondsMax)),
      .insecure = metric.insecure};
  if (const auto& range = metric.rangeQuery) {
    TRY(const Time start, instant(range->start, now));
    TRY(const Time end, instant(range->end, now));
    request.url += "_range";
    request.body += "&start=" + unix_seconds(start) + "&end=" + unix_seconds(end) +
                    "&step=" + form_escaped(range->step);
  }
  add_headers(metric.headers, request);
  add_login(metric, request);
  return request;
}

Result<json> value_of(const api::WebMetric& metric, const OutgoingAnswer& answer) {
  TRY_VOID(check_status(answer));
  Result<json> document = parse_json(answer.body);
  if (!document) return json(answer.body);
  TRY(const JsonPath path, JsonPath::parse(metric.jsonPath.empty() ? "{$}" : metric.jsonPath));
  TRY(std::vector<json> found, path.found(*document));
  if (found.empty()) return fail(Code::invalid, "jsonPath " + metric.jsonPath + " finds nothing");
  if (found.size() == 1) return std::move(found.front());
  return json(std::move(found));
}

Result<json> value_of(const api::PrometheusMetric&, const OutgoingAnswer& answer) try {
  const Result<json> document = parse_json(answer.body);
  // It says in its answer why it refuses a query.
  const std::string error = document ? document->value("error", "") : "";
  if (!error.empty()) return fail(Code::unavailable, "prometheus: " + kept_text(error));
  TRY_VOID(check_status(answer));
  if (!document) return fail(Code::unavailable, "prometheus answered no JSON");
  const json data = document->value("data", json::object());
  const json result = data.value("result", json());
  const std::string type = data.value("resultType", "");
  if (!result.is_array()) return fail(Code::unavailable, "prometheus answered without a result");
  const auto sample = [](const json& pair) {
    return number_of(pair.is_array() && pair.size() == 2 ? pair[1] : json());
  };
  if (type == "scalar") return sample(result);
  json values = json::array();
  for (const json& series : result) {
    if (series.contains("value")) values.push_back(sample(series["value"]));
    for (const json& pair : series.value("values", json::array())) values.push_back(sample(pair));
  }
  return values;
} catch (const json::exception&) {  // of other types than Prometheus' own
  return fail(Code::unavailable, "it answered what no prometheus answers");
}

std::chrono::seconds window_of(const api::WeirMetric& metric) {
  return parse_seconds(metric.window).value_or(std::chrono::minutes(1));
}

std::int64_t minimum_of(const api::WeirMetric& metric) {
  return metric.minimumRequests.value_or(20);
}

json value_of(const api::WeirMetric& metric, const gateway::RevisionTraffic& canary,
              const gateway::RevisionTraffic& stable) {
  return {{"canary", rate(metric, canary)},
          {"canaryRequests", canary.requests},
          {"stable", rate(metric, stable)},
          {"stableRequests", stable.requests}};
}

std::string value_text(const json& value) {
  const auto shown = [](const json& one) -> std::string {
    if (!one.is_number_float()) return plain_text(one);
    const double number = one.get<double>();
    if (std::isnan(number)) return "NaN";
    if (std::isinf(number)) return number > 0 ? "+Inf" : "-Inf";
    return one.dump();
  };
  std::string text;
  if (value.is_array()) {
    for (const json& one : value) text += (text.empty() ? "[" : ",") + shown(one);
    text = text.empty() ? "[]" : text + "]";
  } else {
    text = shown(value);
  }
  return kept_text(text);
}

std::string kept_text(const std::string& text) {
  std::string kept = json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace))
                         .get<std::string>();
  if (kept.size() <= kTextMax) return kept;
  std::size_t end = kTextMax - 3;
  while (end > 0 && (kept[end] & 0xC0) == 0x80) --end;  // not in the middle of a character
  return kept.substr(0, end) + "...";
}

}  // namespace weir::analysis
