#include "controller/gitops/process/signature.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <vector>

#include "controller/gitops/child_process.h"
#include "controller/gitops/tree_path.h"
#include "reconcilers/base64.h"

namespace weir::gitops {

namespace {

constexpr const char* kGpgv = "/usr/bin/gpgv";
constexpr const char* kSshKeygen = "/usr/bin/ssh-keygen";
constexpr const char* kKeyring = "private/keyring.gpg";
constexpr const char* kSigners = "private/allowed_signers";
constexpr const char* kSignature = "private/signature";
constexpr std::size_t kSaidMax = 64u << 10;

constexpr std::string_view kPgpKey = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
constexpr std::string_view kPgpKeyEnd = "-----END PGP PUBLIC KEY BLOCK-----";
constexpr std::string_view kPgpSignature = "-----BEGIN PGP SIGNATURE-----";
constexpr std::string_view kSshSignature = "-----BEGIN SSH SIGNATURE-----";

// Why, without the object: the caller names it and knows the reason.
using Checked = tl::expected<std::string, std::string>;

tl::unexpected<std::string> no(std::string why) { return tl::unexpected(std::move(why)); }

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    while (line.ends_with('\r') || line.ends_with(' ')) line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(std::move(word));
  return words;
}

// gpgv reads keys as bytes only. The armor: headers, an empty line, base64, "=" and a checksum.
std::string without_armor(const std::string& text) {
  std::string out, block;
  enum class In { nothing, headers, body } in = In::nothing;
  for (const std::string& line : lines_of(text)) {
    if (line == kPgpKey) {
      in = In::headers;
      block.clear();
    } else if (line == kPgpKeyEnd) {
      out += base64_decode(block).value_or("");
      in = In::nothing;
    } else if (in == In::headers && line.find(':') == line.npos) {
      in = In::body;
      block += line;
    } else if (in == In::body && !line.starts_with('=')) {
      block += line;
    }
  }
  return out;
}

// A line of an authorized_keys file becomes one of allowed_signers; one of these stays.
std::string signer_line(const std::string& line) {
  constexpr std::array<std::string_view, 4> kKinds{"ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"};
  const bool is_key = std::any_of(kKinds.begin(), kKinds.end(),
                                  [&](std::string_view kind) { return line.starts_with(kind); });
  return (is_key ? "key " : "") + line + "\n";
}

bool write_file(const char* path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << bytes << std::flush;
  return static_cast<bool>(out);
}

// The program's stdout; it has as long as the whole fetch has.
Checked ask(std::vector<std::string> words, const std::string& input, bool* good) {
  const std::string program = words.front();
  const auto ended =
      run_child({.words = std::move(words),
                 .input = input,
                 .output_max = kSaidMax,
                 .deadline = std::chrono::steady_clock::now() + std::chrono::hours(1),
                 .hide_errors = true});
  if (!ended || ended->how != ChildEnd::How::exited) {
    return no(program + " cannot be run: install the package " +
              (program == kGpgv ? "gpgv" : "openssh-client") + " on the host");
  }
  *good = ended->number == 0;
  return ended->output;
}

// "[GNUPG:] VALIDSIG FINGERPRINT … PRIMARY": the id of the primary key, as Flux shows it.
Checked check_pgp(const std::string& payload, const std::string& signature,
                  const std::string& keyring) {
  if (keyring.empty()) return no("it is a PGP signature, and no PGP key is given");
  if (!write_file(kKeyring, keyring) || !write_file(kSignature, signature)) {
    return no("the folder of the cache cannot be written");
  }
  bool good = false;
  TRY(const std::string said,
      ask({kGpgv, "--status-fd", "1", "--keyring", std::string("./") + kKeyring, kSignature, "-"},
          payload, &good));
  std::string key;
  bool is_good = false;
  for (const std::string& line : lines_of(said)) {
    const std::vector<std::string> words = words_of(line);
    if (words.size() < 2 || words[0] != "[GNUPG:]") continue;
    if (words[1] == "NO_PUBKEY") return no("it is by none of the given keys");
    if (words[1] == "EXPKEYSIG") return no("its key has expired");
    if (words[1] == "REVKEYSIG") return no("its key has been revoked");
    if (words[1] == "EXPSIG") return no("it has expired");
    is_good = is_good || words[1] == "GOODSIG";
    if (words[1] == "VALIDSIG" && words.back().size() >= 16) {
      key = words.back().substr(words.back().size() - 16);
    }
  }
  if (!good || !is_good || key.empty()) return no("it does not fit what is signed");
  return key;
}

// Good "git" signature for PRINCIPAL with ED25519 key SHA256:…
Checked check_ssh(const std::string& payload, const std::string& signature,
                  const std::string& signers) {
  if (signers.empty()) return no("it is an SSH signature, and no SSH key is given");
  if (!write_file(kSigners, signers) || !write_file(kSignature, signature)) {
    return no("the folder of the cache cannot be written");
  }
  bool good = false;
  TRY(const std::string principals,
      ask({kSshKeygen, "-Y", "find-principals", "-f", kSigners, "-s", kSignature}, "", &good));
  const std::vector<std::string> found = lines_of(principals);
  if (!good || found.empty()) return no("it is by none of the given keys");
  for (const std::string& principal : found) {
    TRY(const std::string said, ask({kSshKeygen, "-Y", "verify", "-f", kSigners, "-I", principal,
                                     "-n", "git", "-s", kSignature},
                                    payload, &good));
    const std::size_t at = said.rfind("SHA256:");
    if (good && at != said.npos) return said.substr(at, said.find_first_of(" \n", at) - at);
  }
  return no("it does not fit what is signed, or its key may not sign");
}

Checked check(const std::string& payload, const std::string& signature,
              const std::vector<std::string>& keys) {
  std::string keyring, signers;
  for (const std::string& key : keys) {
    if (key.find(kPgpKey) != key.npos) {
      keyring += without_armor(key);
      continue;
    }
    for (const std::string& line : lines_of(key)) {
      if (!line.empty() && !line.starts_with('#')) signers += signer_line(line);
    }
  }
  if (signature.starts_with(kSshSignature)) return check_ssh(payload, signature, signers);
  if (signature.starts_with(kPgpSignature)) return check_pgp(payload, signature, keyring);
  return no("it is neither a PGP nor an SSH signature");
}

// A tag's text ends with the signature of all before it.
Checked check_tag(const Signed& what, const std::vector<std::string>& keys) {
  const auto odb =
      opened<Odb>([&](git_odb** out) { return git_repository_odb(out, what.repository); });
  const auto object = opened<OdbObject>(
      [&](git_odb_object** out) { return git_odb_read(out, odb.get(), &what.tag); });
  if (!object || git_odb_object_type(object.get()) != GIT_OBJECT_TAG) return no("");
  const std::string text(static_cast<const char*>(git_odb_object_data(object.get())),
                         git_odb_object_size(object.get()));
  std::size_t begin = text.npos;
  for (const std::string_view kind : {kPgpSignature, kSshSignature}) {
    const std::size_t at = text.rfind("\n" + std::string(kind));
    if (at != text.npos && (begin == text.npos || at + 1 > begin)) begin = at + 1;
  }
  if (begin == text.npos) return no("");
  return check(text.substr(0, begin), text.substr(begin), keys);
}

Checked check_commit(const Signed& what, const std::vector<std::string>& keys) {
  git_buf signature = GIT_BUF_INIT, payload = GIT_BUF_INIT;
  git_oid id = what.commit;
  const int code =
      git_commit_extract_signature(&signature, &payload, what.repository, &id, nullptr);
  const Checked checked =
      code == 0 ? check({payload.ptr, payload.size}, {signature.ptr, signature.size}, keys)
                : Checked(no("it has no signature"));
  git_buf_dispose(&signature);
  git_buf_dispose(&payload);
  return checked;
}

}  // namespace

Fetching<std::string> verify(const Signed& what, const FetchRequest& request) {
  const auto& [mode, keys] = request.verify;
  std::string verified;
  if (mode == "Tag" || mode == "TagAndHEAD") {
    const std::string tag = "tag '" + printable(what.tag_name) + "'";
    if (what.tag_name.empty()) {
      return refuse_spec(reason::kInvalidVerificationMode,
                         "cannot verify a tag's signature where spec.ref asks for no tag: give "
                         "tag, semver or a name of refs/tags/, or verify HEAD");
    }
    const Checked key = check_tag(what, keys);
    if (!key && key.error().empty()) {
      return refuse(reason::kInvalidGitObject, "cannot verify signature of " + tag +
                                                   " since it is not signed: sign it (git tag -s)");
    }
    if (!key) {
      return refuse(reason::kInvalidTagSignature,
                    "signature verification of " + tag + " failed: " + key.error());
    }
    verified = tag + " with key '" + *key + "'";
  }
  if (mode == "HEAD" || mode == "TagAndHEAD") {
    const std::string commit = "commit '" + hex(what.commit) + "'";
    const Checked key = check_commit(what, keys);
    if (!key) {
      return refuse(reason::kInvalidCommitSignature,
                    "signature verification of " + commit + " failed: " + key.error());
    }
    verified += (verified.empty() ? "" : " and ") + commit + " with key '" + *key + "'";
  }
  return "verified signature of " + verified;
}

}  // namespace weir::gitops
