#include "controller/gitops/fetch_wire.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "controller/gitops/reference.h"
#include "controller/gitops/tree_path.h"
#include "reconcilers/base64.h"

namespace weir::gitops {

namespace {

using nlohmann::json;

constexpr std::size_t kFrame = 4;  // bytes of the length
constexpr int kDepthMax = 4;       // of the header: {"files": [[path, size]]}

std::string secret(const json& text) {
  const auto bytes = base64_decode(text.get_ref<const std::string&>());
  if (!bytes) throw std::invalid_argument("not base64");
  return *bytes;
}

// The fields, once for both directions: `visit(json name, member)`.
template <class Limits, class Visit>
void each_limit(Limits& limits, Visit visit) {
  visit("packBytes", limits.pack_bytes);
  visit("cacheBytes", limits.cache_bytes);
  visit("fileBytes", limits.file_bytes);
  visit("allBytes", limits.all_bytes);
  visit("files", limits.files);
  visit("manifests", limits.manifests);
  visit("entries", limits.entries);
  visit("depth", limits.depth);
  visit("pathBytes", limits.path_bytes);
  visit("memoryBytes", limits.memory_bytes);
}

template <class Request, class Visit>
void each_secret(Request& request, Visit visit) {
  visit("username", request.credentials.username);
  visit("password", request.credentials.password);
  visit("bearerToken", request.credentials.bearer_token);
  visit("identity", request.credentials.identity);
  visit("known_hosts", request.credentials.known_hosts);
  visit("ca.crt", request.credentials.ca_certificate);
}

template <class Request, class Visit>
void each_text(Request& request, Visit visit) {
  visit("source", request.source);
  visit("url", request.url);
  visit("branch", request.ref.branch);
  visit("tag", request.ref.tag);
  visit("semver", request.ref.semver);
  visit("name", request.ref.name);
  visit("commit", request.ref.commit);
  visit("ignore", request.ignore);
  visit("verify", request.verify.mode);
  visit("lastCommit", request.last_commit);
}

json header_of(const Fetched& fetched) {
  json files = json::array();
  for (const auto& [path, bytes] : fetched.files) files.push_back({path, bytes.size()});
  return {{"revision", fetched.revision},
          {"commit", fetched.commit},
          {"unchanged", fetched.unchanged},
          {"author", fetched.author},
          {"committed", fetched.committed.time_since_epoch().count()},
          {"subject", fetched.subject},
          {"verified", fetched.verified},
          {"files", std::move(files)}};
}

std::string framed(const json& header) {
  const std::string text = header.dump(-1, ' ', false, json::error_handler_t::replace);
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(text.size() >> shift & 0xFF));
  }
  return out + text;
}

// The process may say what it likes: nothing of it is taken that it should not have said.
std::optional<std::string> take_files(const json& listed, std::string_view bytes,
                                      const FetchLimits& limits, Fetched& fetched) {
  std::uint64_t all = 0;
  for (const json& one : listed) {
    const std::string& path = one.at(0).get_ref<const std::string&>();
    const auto size = one.at(1).get<std::uint64_t>();
    all += size;
    if (size > limits.file_bytes || all > limits.all_bytes || size > bytes.size() ||
        fetched.files.size() >= limits.files) {
      return "its files are more than was allowed, or than it sent";
    }
    if (why_path_refused(path, limits.path_bytes)) return "a path in it is not allowed";
    if (!fetched.files.emplace(path, bytes.substr(0, size)).second) return "a path is in it twice";
    bytes.remove_prefix(size);
  }
  if (!bytes.empty()) return "it is longer than it says";
  return std::nullopt;
}

FetchResult error_of(const json& error) {
  return tl::unexpected(
      FetchError{.reason = printable(error.at("reason").get<std::string>()),
                 .message = printable(error.at("message").get<std::string>(), 4096),
                 .stalled = error.at("stalled").get<bool>()});
}

}  // namespace

std::string request_text(const FetchRequest& request) {
  json out = {
      {"sparseCheckout", request.sparse_checkout},  {"evenIfUnchanged", request.even_if_unchanged},
      {"allowForcePush", request.allow_force_push}, {"timeout", request.timeout.count()},
      {"stall", request.limits.stall.count()},      {"keys", json::array()}};
  for (const std::string& key : request.verify.keys) out["keys"].push_back(base64_encode(key));
  each_text(request, [&](const char* name, const std::string& text) { out[name] = text; });
  each_secret(request,
              [&](const char* name, const std::string& text) { out[name] = base64_encode(text); });
  each_limit(request.limits,
             [&](const char* name, std::uint64_t limit) { out["limits"][name] = limit; });
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<FetchRequest> parse_request(std::string_view text) {
  try {
    const json in = json::parse(text);
    FetchRequest request;
    each_text(request, [&](const char* name, std::string& into) { in.at(name).get_to(into); });
    each_secret(request, [&](const char* name, std::string& into) { into = secret(in.at(name)); });
    each_limit(request.limits, [&](const char* name, std::uint64_t& into) {
      in.at("limits").at(name).get_to(into);
    });
    for (const json& key : in.at("keys")) request.verify.keys.push_back(secret(key));
    in.at("sparseCheckout").get_to(request.sparse_checkout);
    in.at("evenIfUnchanged").get_to(request.even_if_unchanged);
    in.at("allowForcePush").get_to(request.allow_force_push);
    request.timeout = Duration(in.at("timeout").get<Duration::rep>());
    request.limits.stall = Duration(in.at("stall").get<Duration::rep>());
    return request;
  } catch (const std::exception&) {  // what() may quote a credential
    return fail(Code::invalid, "the request on stdin is not one of weir serve");
  }
}

std::string answer_bytes(const FetchResult& result) {
  if (!result) {
    const FetchError& error = result.error();
    return framed(
        {{"error",
          {{"reason", error.reason}, {"message", error.message}, {"stalled", error.stalled}}}});
  }
  std::string out = framed(header_of(*result));
  for (const auto& [path, bytes] : result->files) out += bytes;
  return out;
}

Result<FetchResult> parse_answer(std::string_view bytes, const FetchLimits& limits) {
  const auto broken = [](const std::string& why) {
    return fail(Code::invalid, "the fetch process gave no good answer: " + why);
  };
  if (bytes.size() < kFrame) return broken("it is not whole");
  std::size_t length = 0;
  for (std::size_t i = 0; i < kFrame; ++i)
    length = length << 8 | static_cast<unsigned char>(bytes[i]);
  bytes.remove_prefix(kFrame);
  if (length > kHeaderMax || length > bytes.size()) return broken("it is not whole");
  try {
    const json header =
        json::parse(bytes.substr(0, length), [](int depth, json::parse_event_t, const json&) {
          if (depth > kDepthMax) throw std::invalid_argument("too deep");
          return true;
        });
    if (header.contains("error")) return error_of(header.at("error"));
    Fetched fetched{.revision = printable(header.at("revision").get<std::string>(), 1024),
                    .commit = header.at("commit").get<std::string>(),
                    .unchanged = header.at("unchanged").get<bool>(),
                    .author = printable(header.at("author").get<std::string>()),
                    .committed = Time(Duration(header.at("committed").get<Duration::rep>())),
                    .subject = printable(header.at("subject").get<std::string>()),
                    .verified = printable(header.at("verified").get<std::string>(), 1024)};
    if (!is_commit_id(fetched.commit)) return broken("it has no commit");
    if (auto why = take_files(header.at("files"), bytes.substr(length), limits, fetched)) {
      return broken(*why);
    }
    return fetched;
  } catch (const std::exception&) {
    return broken("its header is not understood");
  }
}

std::size_t answer_max(const FetchLimits& limits) {
  return kFrame + kHeaderMax + static_cast<std::size_t>(limits.all_bytes);
}

}  // namespace weir::gitops
