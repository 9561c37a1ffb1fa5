#include "controller/gitops/git_url.h"

#include <algorithm>
#include <charconv>

namespace weir::gitops {

namespace {

constexpr std::size_t kUrlMax = 2048;

auto invalid(const std::string& why) {
  return refuse_spec(reason::kUrlInvalid,
                     "spec.url " + why +
                         "; it is https://host/path, ssh://user@host/path, user@host:path or "
                         "file:///path");
}

auto unauthenticated(const std::string& why) { return refuse(reason::kAuthenticationFailed, why); }

// Printable ASCII without what a shell, or libgit2's ssh command line, takes for something else.
bool is_plain(char c) {
  return c > ' ' && c < 0x7F && std::string_view("'\"`\\<>$;|").find(c) == std::string_view::npos;
}

bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= 253 && !host.starts_with('-') &&
         std::all_of(host.begin(), host.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '.' || c == '-' || c == '_' || c == ':';
         });
}

bool is_user(std::string_view user) {
  return !user.empty() && !user.starts_with('-') && is_host(user) && user.find(':') == user.npos;
}

// "user@host:22", "[::1]:22": what stands before the path.
Fetching<GitUrl> parse_authority(std::string_view text, GitUrl url) {
  if (const std::size_t at = text.rfind('@'); at != text.npos) {
    url.user = text.substr(0, at);
    text = text.substr(at + 1);
    if (url.scheme != "ssh") {
      return invalid("has a user in it: give username and password in the Secret of secretRef");
    }
    if (url.user.find(':') != url.user.npos) return invalid("has a password in it");
    // libgit2 takes a URL apart by itself: there must be one way to read it.
    if (!is_user(url.user)) return invalid("has a user that is no plain name");
  }
  std::string_view port;
  if (text.starts_with('[') && text.find(']') != text.npos) {
    url.host = text.substr(1, text.find(']') - 1);
    port = text.substr(text.find(']') + 1);
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    url.host = text.substr(0, colon);
    port = text.substr(colon);
  }
  if (!is_host(url.host)) return invalid("has no host that can be asked");
  if (port.empty()) return url;
  const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), url.port);
  if (port[0] != ':' || error != std::errc{} || end != port.data() + port.size() || url.port < 1 ||
      url.port > 65535) {
    return invalid("has a port that is not between 1 and 65535");
  }
  return url;
}

// "git@host:group/repository.git"
Fetching<GitUrl> parse_scp_like(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == text.npos || text.find('/') < colon || text.find('@') > colon) {
    return invalid("is of no kind that weir knows");
  }
  TRY(GitUrl url, parse_authority(text.substr(0, colon), {.scheme = "ssh"}));
  url.path = text.substr(colon + 1);
  if (url.path.empty()) return invalid("has no path");
  return url;
}

}  // namespace

Fetching<GitUrl> parse_git_url(std::string_view text) {
  if (text.empty() || text.size() > kUrlMax) return invalid("is empty or longer than 2048 bytes");
  if (!std::all_of(text.begin(), text.end(), is_plain)) {
    return invalid("has a space, a quote or another character that belongs in no URL");
  }
  const std::size_t after_scheme = text.find("://");
  if (after_scheme == text.npos) return parse_scp_like(text);
  GitUrl url{.scheme = std::string(text.substr(0, after_scheme))};
  text = text.substr(after_scheme + 3);
  const std::size_t slash = text.find('/');
  if (slash == text.npos || slash + 1 == text.size()) return invalid("has no path");
  url.path = text.substr(slash);
  if (url.path.find_first_of("?#") != url.path.npos) return invalid("has a query or a fragment");
  if (url.scheme == "file") {
    if (slash != 0) return invalid("names a host: a file is on this one");
    return url;
  }
  if (url.scheme != "https" && url.scheme != "http" && url.scheme != "ssh") {
    return invalid("has a scheme that weir does not fetch from");
  }
  return parse_authority(text.substr(0, slash), std::move(url));
}

Fetching<void> check_credentials(const GitUrl& url, const GitCredentials& credentials) {
  const bool basic = !credentials.username.empty() || !credentials.password.empty();
  const bool bearer = !credentials.bearer_token.empty();
  for (const std::string* one : {&credentials.username, &credentials.bearer_token}) {
    // A line break would begin another header of the request.
    if (std::any_of(one->begin(), one->end(), [](char c) { return c >= 0 && c < ' '; })) {
      return unauthenticated(
          "the username or bearerToken in the Secret of secretRef has a line "
          "break or another control character: make it without");
    }
  }
  if (url.scheme == "ssh") {
    if (credentials.identity.empty()) {
      return unauthenticated("ssh needs a private key: give `identity` in the Secret of secretRef");
    }
    if (credentials.known_hosts.empty()) {
      return unauthenticated(
          "ssh needs the server's host keys, or anybody could be that server: give `known_hosts` "
          "in the Secret of secretRef (ssh-keyscan " +
          url.host +
          " shows them; compare them with "
          "what the server's owner publishes)");
    }
    return {};
  }
  if (url.scheme == "http" && (basic || bearer)) {
    return unauthenticated(
        "credentials are not sent over http, where everybody between can read "
        "them: use https in spec.url");
  }
  if (basic && bearer) {
    return unauthenticated(
        "the Secret of secretRef has both a bearerToken and a username or "
        "password: keep one of them");
  }
  if (basic && credentials.username.empty()) {
    return unauthenticated("the Secret of secretRef has a password but no username");
  }
  return {};
}

}  // namespace weir::gitops
