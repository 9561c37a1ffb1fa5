#include "controller/engine/probe.h"

#include <strings.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <utility>

namespace weir::engine {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBodyMax = 10u << 10;
constexpr int kRedirectsMax = 10;

std::string lower_first(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

// "http://10.1.2.3:8080/healthz" → "10.1.2.3:8080"
std::string authority(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  return url.substr(begin, url.find_first_of("/?#", begin) - begin);
}

Error failure(const HttpFailure& failure, const std::string& address, Duration timeout) {
  using What = HttpFailure::What;
  switch (failure.what) {
    case What::not_sent:
      if (failure.why.find("imed out") != std::string::npos ||
          failure.why.find("imeout") != std::string::npos) {
        return {.code = Code::timed_out, .message = "dial tcp " + address + ": i/o timeout"};
      }
      return {.code = Code::unavailable,
              .message = "dial tcp " + address + ": connect: " + lower_first(failure.why)};
    case What::too_late:
      return {.code = Code::timed_out,
              .message = "context deadline exceeded (no answer within " +
                         std::to_string(timeout.count()) + " ms)"};
    case What::broken:
      return {.code = Code::unavailable, .message = lower_first(failure.why)};
    case What::denied:
    case What::too_large:
    case What::stopped:
      break;
  }
  return {.code = Code::unavailable, .message = failure.why};
}

struct HttpProbe {
  HttpGet request;
  OnReply on_reply;
  Clock::time_point end;
  int redirects = 0;
};

void get(HttpClient& http, const std::shared_ptr<HttpProbe>& state, const std::string& url) {
  const auto left = std::chrono::ceil<Duration>(state->end - Clock::now());
  const Duration deadline = std::max(left, Duration(1));
  HttpCall call{.url = url,
                .headers = state->request.headers,
                .connect_deadline = deadline,
                .deadline = deadline,
                .body_max = kBodyMax,
                .cut_body = true,
                .new_connection = true,
                .keep_connection = false};
  // Many programs leave the kubelet's probes out of their logs by this name; a probe may set its
  // own.
  const auto names_agent = [](const std::string& header) {
    return strncasecmp(header.c_str(), "User-Agent:", 11) == 0;
  };
  if (std::none_of(call.headers.begin(), call.headers.end(), names_agent)) {
    call.headers.push_back("User-Agent: kube-probe/1.28 (weir)");
  }
  http.start(std::move(call), [&http, state, url](auto answer) {
    if (!answer) {
      Error error = failure(answer.error(), authority(url), state->request.timeout);
      error.message = "Get \"" + url + "\": " + error.message;
      return state->on_reply(tl::unexpected(std::move(error)));
    }
    // Followed on the same host alone; anywhere else the redirect itself is the answer.
    if (!answer->redirect.empty() && same_host(url, answer->redirect) &&
        state->redirects++ < kRedirectsMax) {
      return get(http, state, answer->redirect);
    }
    state->on_reply(HttpResult{.status = answer->status, .body = std::move(answer->body)});
  });
}

}  // namespace

void probe(HttpClient& http, const HttpGet& request, OnReply on_reply) {
  get(http,
      std::make_shared<HttpProbe>(HttpProbe{.request = request,
                                            .on_reply = std::move(on_reply),
                                            .end = Clock::now() + request.timeout}),
      request.url);
}

void probe(HttpClient& http, const TcpConnect& request, OnReply on_reply) {
  const bool ipv6 = request.host.find(':') != std::string::npos && request.host[0] != '[';
  const std::string address =
      (ipv6 ? "[" + request.host + "]" : request.host) + ":" + std::to_string(request.port);
  HttpCall call{.url = "http://" + address,
                .connect_deadline = request.timeout,
                .deadline = request.timeout,
                .only_connect = true,
                .new_connection = true,
                .keep_connection = false};
  http.start(std::move(call),
             [address, timeout = request.timeout, on_reply = std::move(on_reply)](auto answer) {
               if (answer) return on_reply(Done{});
               on_reply(tl::unexpected(failure(answer.error(), address, timeout)));
             });
}

}  // namespace weir::engine
