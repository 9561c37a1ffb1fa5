#include "controller/gitops/process/host_key.h"

#include <libssh2.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <sstream>
#include <vector>

#include "reconcilers/base64.h"

namespace weir::gitops {

namespace {

constexpr int kSshPort = 22;

using Session = std::unique_ptr<LIBSSH2_SESSION, int (*)(LIBSSH2_SESSION*)>;
using KnownHosts = std::unique_ptr<LIBSSH2_KNOWNHOSTS, void (*)(LIBSSH2_KNOWNHOSTS*)>;

int rank(const std::string& line) {
  if (line.find(" ssh-ed25519 ") != line.npos) return 0;
  return line.find(" ecdsa-sha2-") != line.npos ? 1 : 2;
}

}  // namespace

Fetching<std::string> ordered_known_hosts(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || line.starts_with('#')) continue;
    const std::string hosts = line.substr(0, line.find(' '));
    if (line.starts_with('@') || hosts.find_first_of("*?!") != hosts.npos) {
      return refuse(reason::kAuthenticationFailed,
                    "known_hosts in the Secret of secretRef has a line that is not supported, with "
                    "an @ marker or a pattern: write each host out, as ssh-keyscan does");
    }
    lines.push_back(std::move(line));
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const std::string& a, const std::string& b) { return rank(a) < rank(b); });
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

std::string fingerprint(std::string_view key) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  unsigned length = 0;
  EVP_Digest(key.data(), key.size(), sum.data(), &length, EVP_sha256(), nullptr);
  std::string text =
      base64_encode(std::string_view(reinterpret_cast<const char*>(sum.data()), length));
  while (text.ends_with('=')) text.pop_back();
  return "SHA256:" + text;
}

std::string known_fingerprint(const std::string& known_hosts, const GitUrl& server) {
  const Session session(libssh2_session_init(), libssh2_session_free);
  const KnownHosts hosts(session ? libssh2_knownhost_init(session.get()) : nullptr,
                         libssh2_knownhost_free);
  if (!hosts) return "";
  std::istringstream in(known_hosts);
  for (std::string line; std::getline(in, line);) {
    libssh2_knownhost_readline(hosts.get(), line.c_str(), line.size(),
                               LIBSSH2_KNOWNHOST_FILE_OPENSSH);
  }
  // No server has this key, so what is found is one that differs: the one that is known.
  libssh2_knownhost* found = nullptr;
  const int type = LIBSSH2_KNOWNHOST_TYPE_PLAIN | LIBSSH2_KNOWNHOST_KEYENC_RAW;
  const int check =
      libssh2_knownhost_checkp(hosts.get(), server.host.c_str(),
                               server.port == 0 ? kSshPort : server.port, "", 1, type, &found);
  if (check != LIBSSH2_KNOWNHOST_CHECK_MISMATCH || !found || !found->key) return "";
  const auto key = base64_decode(found->key);
  return key ? fingerprint(*key) : "";
}

}  // namespace weir::gitops
