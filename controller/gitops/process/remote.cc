#include "controller/gitops/process/remote.h"

#include <sys/time.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "controller/gitops/process/host_key.h"
#include "controller/gitops/tree_path.h"

namespace weir::gitops {

namespace {

constexpr const char* kSystemAuthorities = "/etc/ssl/certs/ca-certificates.crt";
// libssh2 1.10 has no rsa-sha2-256 for its own keys.
constexpr const char* kRsa =
    "; an RSA key signs with SHA-1 here, which most servers refuse: take an ed25519 one";
constexpr const char* kKnownHosts = "private/.ssh/known_hosts";
constexpr const char* kAuthorities = "private/ca.crt";

void write_file(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream out(path, std::ios::binary);
  out << text << std::flush;
  if (!out) throw std::runtime_error("the folder of the cache cannot be written");
}

// libgit2 1.5 waits for a server without end, so a signal that nothing catches ends the process,
// and Fetcher knows what this one means.
void arm(Duration stall) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(stall);
  const std::chrono::microseconds rest = stall - seconds;
  const itimerval timer{.it_interval = {},
                        .it_value = {.tv_sec = seconds.count(), .tv_usec = rest.count()}};
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

std::string status_hint(const std::string& said) {
  if (said.find("status code: 404") != said.npos) {
    return ": it does not exist, or only for who has credentials: see spec.url and secretRef";
  }
  if (said.find("redirect") != said.npos) {
    return ": weir follows no redirect to another host: give the new place in spec.url";
  }
  return "";
}

bool says_unauthorized(const std::string& said) {
  return said.find("status code: 401") != said.npos || said.find("status code: 403") != said.npos ||
         said.find("Failed to authenticate SSH session") != said.npos;
}

}  // namespace

// libgit2 is C: no exception may pass through it, and none of these throws but for lack of memory.
struct Remote::Callbacks {
  static Remote& of(void* payload) { return *static_cast<Remote*>(payload); }

  static int refuse_by(Remote& remote, std::string_view reason, std::string message) {
    remote.refusal_ = {.reason = std::string(reason), .message = std::move(message)};
    return GIT_EUSER;
  }

  static int credentials(git_credential** out, const char*, const char*, unsigned int allowed,
                         void* payload) {
    Remote& remote = of(payload);
    remote.progressed();
    const GitCredentials& given = remote.request_.credentials;
    const std::string user = remote.url_.user.empty() ? "git" : remote.url_.user;
    if (allowed == GIT_CREDENTIAL_USERNAME) return git_credential_username_new(out, user.c_str());
    if (remote.credentials_asked_) {
      return refuse_by(remote, reason::kAuthenticationFailed,
                       "the server does not take the credentials in the Secret of secretRef: see "
                       "whether they are still good and may read this repository" +
                           std::string(remote.url_.scheme == "ssh" ? kRsa : ""));
    }
    remote.credentials_asked_ = true;
    if (remote.url_.scheme == "ssh") {
      return git_credential_ssh_key_memory_new(out, user.c_str(), nullptr, given.identity.c_str(),
                                               given.password.c_str());
    }
    if (!given.bearer_token.empty()) {
      return refuse_by(remote, reason::kAuthenticationFailed,
                       "the server does not take the bearerToken in the Secret of secretRef");
    }
    if (given.username.empty()) {
      return refuse_by(remote, reason::kAuthenticationFailed,
                       "the server asks for credentials: give username and password, or a "
                       "bearerToken, in a Secret and name it in spec.secretRef");
    }
    return git_credential_userpass_plaintext_new(out, given.username.c_str(),
                                                 given.password.c_str());
  }

  static int certificate(git_cert* cert, int valid, const char*, void* payload) {
    Remote& remote = of(payload);
    remote.progressed();
    if (valid) return 0;
    if (cert->cert_type != GIT_CERT_HOSTKEY_LIBSSH2) {
      return refuse_by(remote, reason::kGitOperationFailed,
                       "the server's certificate is not of an authority that is trusted here, or "
                       "not of this host: give the authority as ca.crt in the Secret of secretRef");
    }
    const auto& key = *reinterpret_cast<const git_cert_hostkey*>(cert);
    const std::string shown = fingerprint({key.hostkey, key.hostkey_len});
    const std::string known = known_fingerprint(remote.known_hosts_, remote.url_);
    const std::string which = known.empty()
                                  ? ", and known_hosts has none of this host"
                                  : ", but known_hosts in the Secret of secretRef has " + known;
    return refuse_by(remote, reason::kAuthenticationFailed,
                     "the server shows the host key " + shown + which +
                         ": somebody may stand between, or the server's key was changed; ask its "
                         "owner, then put the right key into known_hosts");
  }

  static int transfer(const git_indexer_progress* progress, void* payload) {
    Remote& remote = of(payload);
    remote.progressed();
    const std::uint64_t limit = remote.request_.limits.pack_bytes;
    remote.received_ = progress->received_bytes;
    if (remote.received_ <= limit) return 0;
    return refuse_by(remote, reason::kGitOperationFailed,
                     "its history is larger than " + std::to_string(limit >> 20) +
                         " MiB: fetch from a repository with less of it");
  }

  static int sideband(const char*, int, void* payload) {
    of(payload).progressed();
    return 0;
  }
};

Remote::Remote(git_repository* repository, const FetchRequest& request, GitUrl url)
    : repository_(repository),
      request_(request),
      url_(std::move(url)),
      authorization_("Authorization: Bearer " + request.credentials.bearer_token) {}

void Remote::progressed() const { arm(request_.limits.stall); }

git_remote_connect_options Remote::options() {
  git_remote_connect_options options{};
  git_remote_connect_options_init(&options, GIT_REMOTE_CONNECT_OPTIONS_VERSION);
  options.callbacks.credentials = Callbacks::credentials;
  options.callbacks.certificate_check = Callbacks::certificate;
  options.callbacks.transfer_progress = Callbacks::transfer;
  options.callbacks.sideband_progress = Callbacks::sideband;
  options.callbacks.payload = this;
  // To the same host, and never from https to http, it is followed all the same.
  options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
  return options;
}

Fetching<RemoteHeads> Remote::connect() {
  TRY(known_hosts_, ordered_known_hosts(request_.credentials.known_hosts));
  write_file(kKnownHosts, known_hosts_);
  const bool own_authority = !request_.credentials.ca_certificate.empty();
  if (own_authority) write_file(kAuthorities, request_.credentials.ca_certificate);
  if (url_.scheme == "https" &&
      git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS,
                       own_authority ? kAuthorities : kSystemAuthorities, nullptr) != 0) {
    return refuse(reason::kAuthenticationFailed,
                  own_authority ? "ca.crt in the Secret of secretRef is no certificate in PEM"
                                : "the host has no certificate authorities: install "
                                  "ca-certificates");
  }
  progressed();
  remote_ = opened<RemoteHandle>([&](git_remote** out) {
    return git_remote_create_anonymous(out, repository_, request_.url.c_str());
  });
  if (!remote_) return failure(GIT_ERROR);
  git_remote_connect_options connection = options();
  std::string header = authorization_;
  char* headers[] = {header.data()};
  if (!request_.credentials.bearer_token.empty()) connection.custom_headers = {headers, 1};
  if (const int code = git_remote_connect_ext(remote_.get(), GIT_DIRECTION_FETCH, &connection)) {
    return failure(code);
  }
  progressed();
  const git_remote_head** listed = nullptr;
  std::size_t count = 0;
  if (const int code = git_remote_ls(&listed, &count, remote_.get())) return failure(code);
  RemoteHeads heads;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = listed[i]->name;
    if (name.ends_with("^{}")) {
      heads[name.substr(0, name.size() - 3)].peeled = hex(listed[i]->oid);
    } else {
      heads[name].id = hex(listed[i]->oid);
    }
  }
  return heads;
}

Fetching<void> Remote::download(const std::vector<std::string>& refs) {
  std::vector<std::string> specs;
  for (const std::string& ref : refs) specs.push_back("+" + ref + ":" + ref);
  std::vector<char*> pointers;
  for (std::string& spec : specs) pointers.push_back(spec.data());
  const git_strarray wanted{.strings = pointers.data(), .count = pointers.size()};
  git_fetch_options fetch{};
  git_fetch_options_init(&fetch, GIT_FETCH_OPTIONS_VERSION);
  const git_remote_connect_options connection = options();
  fetch.callbacks = connection.callbacks;
  fetch.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
  fetch.update_fetchhead = 0;
  fetch.prune = GIT_FETCH_NO_PRUNE;
  fetch.follow_redirects = connection.follow_redirects;
  std::string header = authorization_;
  char* headers[] = {header.data()};
  if (!request_.credentials.bearer_token.empty()) fetch.custom_headers = {headers, 1};
  progressed();
  if (const int code = git_remote_download(remote_.get(), &wanted, &fetch)) return failure(code);
  if (const int code = git_remote_update_tips(remote_.get(), &connection.callbacks, 0,
                                              GIT_REMOTE_DOWNLOAD_TAGS_NONE, nullptr)) {
    return failure(code);
  }
  git_remote_disconnect(remote_.get());
  arm(Duration(0));  // what follows asks nobody
  return {};
}

tl::unexpected<FetchError> Remote::failure(int code) const {
  const std::string doing = "cannot fetch " + request_.url + ": ";
  if (!refusal_.reason.empty()) return refuse(refusal_.reason, doing + refusal_.message);
  const std::string said = printable(git_message(), 512);
  if (code == GIT_EAUTH || says_unauthorized(said)) {
    return refuse(reason::kAuthenticationFailed,
                  doing + said +
                      (url_.scheme == "ssh"
                           ? ": see `identity` in the Secret of secretRef, a private key, and "
                             "`password`, which opens it"
                           : ": see the credentials in the Secret of secretRef"));
  }
  return refuse(reason::kGitOperationFailed, doing + said + status_hint(said));
}

}  // namespace weir::gitops
