#include "controller/api/credentials.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "controller/api/certificate.h"

namespace weir::rest {
namespace {

constexpr std::int64_t kDay = 86400;
constexpr std::int64_t kCaLife = 3650 * kDay;
constexpr std::int64_t kLeafLife = 3 * 365 * kDay;
constexpr std::int64_t kClockSkew = 300;  // a client whose clock is behind ours may connect

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return in ? out.str() : "";
}

tl::unexpected<Error> file_error(const std::string& what, const std::string& path) {
  return fail(Code::unavailable, "cannot " + what + " " + path + ": " + std::strerror(errno));
}

// Written beside and renamed: a crash leaves the old file or the new one, never half of one.
Result<void> write_file(const std::string& path, const std::string& text, mode_t mode) {
  const std::string next = path + ".next";
  ::unlink(next.c_str());
  const int file = ::open(next.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) return file_error("create", next);
  std::size_t done = 0;
  bool good = true;
  while (good && done < text.size()) {
    const ssize_t n = ::write(file, text.data() + done, text.size() - done);
    if (n > 0) done += static_cast<std::size_t>(n);
    good = n > 0 || errno == EINTR;
  }
  good = good && ::fsync(file) == 0;
  const int failure = errno;
  ::close(file);
  errno = failure;
  if (!good) return file_error("write", next);
  if (::rename(next.c_str(), path.c_str()) != 0) return file_error("rename", next);
  return {};
}

class Folder {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) {}

  KeyPair read(const std::string& name) const {
    return {.certificate = read_file(file(name, ".crt")), .key = read_file(file(name, ".key"))};
  }
  // The key first: a certificate without its key is made again, a key alone is replaced.
  Result<void> write(const std::string& name, const KeyPair& pair) const {
    TRY_VOID(write_file(file(name, ".key"), pair.key, 0600));
    return write_file(file(name, ".crt"), pair.certificate, 0644);
  }

 private:
  std::string file(const std::string& name, const char* end) const {
    return path_ + "/" + name + end;
  }
  std::string path_;
};

std::string base64(const std::string& bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

struct Address {
  std::string host;
  std::string port;
};

Result<Address> split_address(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon + 1 == address.size()) {
    return fail(Code::bad_request, "API address \"" + address + "\": want ADDR:PORT");
  }
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return Address{.host = host, .port = address.substr(colon + 1)};
}

bool any_address(const std::string& host) {
  return host.empty() || host == "0.0.0.0" || host == "::" || host == "*";
}

std::vector<std::string> server_hosts(const Address& address) {
  std::vector<std::string> hosts = {"localhost", "127.0.0.1", "::1"};
  char name[256] = "";
  if (::gethostname(name, sizeof name - 1) == 0 && name[0] != '\0') hosts.emplace_back(name);
  if (!any_address(address.host)) hosts.push_back(address.host);
  return hosts;
}

std::string kubeconfig(const Address& address, const KeyPair& ca, const KeyPair& admin) {
  const std::string host = any_address(address.host) ? "127.0.0.1" : address.host;
  const bool six = host.find(':') != std::string::npos;
  const std::string url = "https://" + (six ? "[" + host + "]" : host) + ":" + address.port;
  return "apiVersion: v1\nkind: Config\nclusters:\n- name: weir\n  cluster:\n    server: " + url +
         "\n    certificate-authority-data: " + base64(ca.certificate) +
         "\nusers:\n- name: weir-admin\n  user:\n    client-certificate-data: " +
         base64(admin.certificate) + "\n    client-key-data: " + base64(admin.key) +
         "\ncontexts:\n- name: weir\n  context:\n    cluster: weir\n    user: weir-admin\n"
         "current-context: weir\npreferences: {}\n";
}

Result<KeyPair> ensure_ca(const Folder& folder, std::int64_t now) {
  KeyPair ca = folder.read("ca");
  if (usable(ca, ca.certificate, {}, now)) return ca;
  TRY(ca, make_ca("weir-ca", now - kClockSkew, now + kCaLife));
  TRY_VOID(folder.write("ca", ca));
  return ca;
}

Result<KeyPair> ensure_leaf(const Folder& folder, const std::string& name, const KeyPair& ca,
                            CertificateRequest request, std::int64_t now) {
  KeyPair leaf = folder.read(name);
  if (usable(leaf, ca.certificate, request.hosts, now)) return leaf;
  request.not_before = now - kClockSkew;
  request.not_after = now + kLeafLife;
  TRY(leaf, issue(ca, request));
  TRY_VOID(folder.write(name, leaf));
  return leaf;
}

}  // namespace

Result<Credentials> ensure_credentials(const std::string& data_dir, const std::string& address,
                                       std::int64_t now) {
  TRY(const Address where, split_address(address));
  const std::string pki = data_dir + "/pki";
  std::error_code failed;
  std::filesystem::create_directories(pki, failed);
  if (failed || ::chmod(pki.c_str(), 0700) != 0) {
    return fail(Code::unavailable,
                "cannot make " + pki + ": " + (failed ? failed.message() : std::strerror(errno)));
  }
  const Folder folder(pki);
  TRY(const KeyPair ca, ensure_ca(folder, now));
  const CertificateRequest server = {
      .common_name = "weir", .hosts = server_hosts(where), .server = true};
  TRY(const KeyPair server_pair, ensure_leaf(folder, "server", ca, server, now));
  const CertificateRequest admin = {.common_name = "weir-admin",
                                    .organizations = {"system:masters"}};
  TRY(const KeyPair admin_pair, ensure_leaf(folder, "admin", ca, admin, now));
  const std::string config_path = data_dir + "/admin.kubeconfig";
  const std::string config = kubeconfig(where, ca, admin_pair);
  if (read_file(config_path) != config) {
    TRY_VOID(write_file(config_path, config, 0600));
  }
  return Credentials{.ca_certificate = ca.certificate,
                     .server_certificate = server_pair.certificate,
                     .server_key = server_pair.key,
                     .admin_kubeconfig = config_path};
}

}  // namespace weir::rest
