#include "controller/analysis/outgoing.h"

#include <strings.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "reconcilers/base64.h"

namespace weir::analysis {

namespace {

constexpr std::size_t kBodyMax = 1u << 20;
constexpr std::size_t kHostMax = 253;  // of a DNS name

constexpr std::array<std::string_view, 5> kMethods{"GET", "POST", "PUT", "PATCH", "DELETE"};
// What would say otherwise than the request itself how long it is.
constexpr std::array<std::string_view, 2> kOwnHeaders{"Content-Length", "Transfer-Encoding"};

using Refusal = tl::unexpected<Error>;

Refusal refused(std::string why) { return fail(Code::invalid, std::move(why)); }

bool is_header(const std::string& header, std::string_view name) {
  return header.size() > name.size() && header[name.size()] == ':' &&
         ::strncasecmp(header.data(), name.data(), name.size()) == 0;
}

bool any_header(const std::vector<std::string>& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const std::string& one) { return is_header(one, name); });
}

// The token of RFC 9110.
bool is_name(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kOthers.find(c) != kOthers.npos;
}
bool is_value(char c) { return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != 0x7f); }

Result<void> check_headers(const OutgoingRequest& request) {
  for (const std::string& header : request.headers) {
    const auto colon = std::find(header.begin(), header.end(), ':');
    const bool good = colon != header.begin() && colon != header.end() &&
                      std::all_of(header.begin(), colon, is_name) &&
                      std::all_of(colon, header.end(), is_value);
    if (!good) return refused("a header is a name, a colon and a value on one line");
  }
  for (const std::string_view name : kOwnHeaders) {
    if (any_header(request.headers, name)) return refused(std::string(name) + " cannot be set");
  }
  const bool basic = !request.user.empty() || !request.password.empty();
  if (basic && any_header(request.headers, "Authorization")) {
    return refused("an Authorization header and basic authentication exclude each other");
  }
  if (request.user.find(':') != std::string::npos) return refused("a user name has no colon");
  return {};
}

Result<engine::Url> check_url(const std::string& text) {
  auto url = engine::parse_url(text);
  if (!url || url->host.empty() || url->host.size() > kHostMax) {
    return refused("the URL is not of the form http://host/path or https://host/path");
  }
  if (url->scheme != "http" && url->scheme != "https") {
    return refused("the URL's scheme is http or https");
  }
  if (url->has_credentials) return refused("the URL has no user and no password in it");
  return *std::move(url);
}

Result<engine::Url> check(const OutgoingRequest& request) {
  TRY(engine::Url url, check_url(request.url));
  if (std::find(kMethods.begin(), kMethods.end(), request.method) == kMethods.end()) {
    return refused("the method is GET, POST, PUT, PATCH or DELETE");
  }
  if (request.method == "GET" && !request.body.empty()) return refused("GET has no body");
  if (request.deadline <= Duration(0)) return refused("the deadline is above 0");
  for (const auto& [name, address] : request.hosts) {
    if (!parse_ip(address)) return refused("the address of " + name + " is not known");
  }
  TRY_VOID(check_headers(request));
  return url;
}

// As names are compared: without case, and without the dot that ends a whole one.
std::string plain(std::string host) {
  std::transform(host.begin(), host.end(), host.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (host.ends_with('.')) host.pop_back();
  return host;
}

engine::HttpCall call_for(const OutgoingRequest& request, const engine::Url& url) {
  engine::HttpCall call{.verify = !request.insecure,
                        .method = request.method,
                        .url = request.url,
                        .body = request.body,
                        .connect_deadline = request.deadline,
                        .deadline = request.deadline,
                        .body_max = kBodyMax};
  for (const std::string& header : request.headers) {
    // libcurl takes "Name:" for the wish not to send it, and "Name;" for one without value.
    const bool empty = header.find_last_not_of(" \t") == header.find(':');
    call.headers.push_back(empty ? header.substr(0, header.find(':')) + ";" : header);
  }
  if (!request.user.empty() || !request.password.empty()) {
    call.headers.push_back("Authorization: Basic " +
                           base64_encode(request.user + ":" + request.password));
  }
  if (!any_header(request.headers, "User-Agent")) call.headers.push_back("User-Agent: weir");
  // Else libcurl would call every body a form.
  if (!any_header(request.headers, "Content-Type")) call.headers.push_back("Content-Type:");
  for (const auto& [name, address] : request.hosts) {
    if (plain(name) == plain(url.host)) call.connect_to = address;
  }
  return call;
}

Error failure(const engine::HttpFailure& failure, const std::string& host,
              const std::string& denied) {
  using What = engine::HttpFailure::What;
  if (failure.what == What::denied) {
    return {.code = Code::denied, .message = host + " may not be reached: " + denied};
  }
  if (failure.timed_out) {
    return {.code = Code::timed_out, .message = host + ": no whole answer in time"};
  }
  if (failure.what == What::too_large) {
    return {.code = Code::too_large,
            .message = host + ": the answer is larger than 1 MiB, or its headers than 256 KiB"};
  }
  return {.code = Code::unavailable, .message = host + ": " + failure.why};
}

}  // namespace

void Outgoing::send(OutgoingRequest request, OnAnswer on_answer) {
  http_.post([this, request = std::move(request), on_answer = std::move(on_answer)] {
    start(request, on_answer);
  });
}

void Outgoing::start(const OutgoingRequest& request, const OnAnswer& on_answer) {
  const auto url = check(request);
  if (!url) return on_answer(tl::unexpected(url.error()));
  const std::string host = url->scheme + "://" + url->host + ":" + url->port;
  engine::HttpCall call = call_for(request, *url);
  std::vector<IpAddress> own;
  for (const auto& [name, address] : request.hosts) own.push_back(*parse_ip(address));
  const auto denied = std::make_shared<std::string>();
  call.may_connect = [this, own = std::move(own), denied](const sockaddr& to) {
    const auto address = ip_of(&to);
    const auto why = address ? policy_.why_denied(*address, own) : "it has no IP address";
    if (why) *denied = *why;
    return !why;
  };
  http_.start(std::move(call), [host, denied, on_answer](auto answer) {
    if (!answer) return on_answer(tl::unexpected(failure(answer.error(), host, *denied)));
    on_answer(OutgoingAnswer{.status = answer->status, .body = std::move(answer->body)});
  });
}

}  // namespace weir::analysis
