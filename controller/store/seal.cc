#include "controller/store/seal.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace weir {
namespace {

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;

struct File {
  int fd = -1;
  ~File() {
    if (fd >= 0) ::close(fd);
  }
};

tl::unexpected<Error> file_error(const std::string& path, const std::string& what) {
  return fail(errno == ENOSPC ? Code::exhausted : Code::unavailable,
              "encryption key " + path + ": " + what + ": " + std::strerror(errno));
}

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// Written beside, synced, renamed, and the folder synced: after a crash the key file is whole or
// absent, and it is there before the first Secret is acknowledged.
Result<void> create_key(const std::string& path) {
  std::string key(kKeySize, '\0');
  if (RAND_bytes(bytes(key), static_cast<int>(key.size())) != 1) {
    return fail(Code::internal, "encryption key " + path + ": no random bytes from OpenSSL");
  }
  const std::string beside = path + ".new";
  {
    const File file{.fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
    if (file.fd < 0) return file_error(beside, "cannot be made");
    if (::write(file.fd, key.data(), key.size()) != static_cast<ssize_t>(key.size()) ||
        ::fsync(file.fd) != 0) {
      return file_error(beside, "cannot be written");
    }
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) return file_error(path, "cannot be made");
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const File directory{.fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (directory.fd < 0 || ::fsync(directory.fd) != 0) {
    return file_error(folder, "cannot be synced");
  }
  return {};
}

struct CipherDeleter {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, CipherDeleter>;

}  // namespace

Result<Sealer> Sealer::open(const std::string& key_file, bool may_create) {
  Sealer sealer;
  if (key_file.empty()) return sealer;
  if (::access(key_file.c_str(), F_OK) != 0 && errno == ENOENT) {
    if (!may_create) {
      return fail(Code::unavailable,
                  "encryption key " + key_file +
                      ": is missing, and the store holds Secrets encrypted with it: put the key "
                      "file back from a backup");
    }
    TRY_VOID(create_key(key_file));
  }
  const File file{.fd = ::open(key_file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) return file_error(key_file, "cannot be read");
  struct stat status = {};
  if (::fstat(file.fd, &status) != 0) return file_error(key_file, "cannot be read");
  if ((status.st_mode & 077) != 0) {
    return fail(Code::denied,
                "encryption key " + key_file + ": others may read it: run chmod 600 " + key_file);
  }
  std::string key(kKeySize + 1, '\0');
  const ssize_t size = ::read(file.fd, key.data(), key.size());
  if (size < 0) return file_error(key_file, "cannot be read");
  if (size != static_cast<ssize_t>(kKeySize)) {
    return fail(Code::invalid,
                "encryption key " + key_file + ": must be exactly 32 bytes: restore it");
  }
  key.resize(kKeySize);
  sealer.key_ = std::move(key);
  return sealer;
}

std::string Sealer::fingerprint() const {
  if (!has_key()) return "";
  const std::string input = "weir key fingerprint" + key_;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
  if (EVP_Digest(input.data(), input.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    return "";
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) {
    text += kHex[digest[i] >> 4];
    text += kHex[digest[i] & 15];
  }
  return text;
}

// nonce | ciphertext | tag. Random nonces are safe for 2^32 bodies under one key.
Result<std::string> Sealer::seal(std::string_view plain, std::string_view place) const {
  std::string sealed(kNonceSize + plain.size() + kTagSize, '\0');
  unsigned char* out = bytes(sealed);
  int length = 0;
  const Cipher cipher(EVP_CIPHER_CTX_new());
  const bool ok =
      cipher && RAND_bytes(out, kNonceSize) == 1 &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes(key_), out) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &length, bytes(place),
                        static_cast<int>(place.size())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), out + kNonceSize, &length, bytes(plain),
                        static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), out + kNonceSize + length, &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagSize,
                          out + kNonceSize + plain.size()) == 1;
  if (!ok) return fail(Code::internal, "cannot encrypt: OpenSSL refused AES-256-GCM");
  return sealed;
}

Result<std::string> Sealer::unseal(std::string_view sealed, std::string_view place) const {
  if (sealed.size() < kNonceSize + kTagSize) return fail(Code::internal, "is cut short");
  const std::size_t size = sealed.size() - kNonceSize - kTagSize;
  std::string plain(size, '\0');
  std::string tag(sealed.substr(kNonceSize + size));
  int length = 0;
  const Cipher cipher(EVP_CIPHER_CTX_new());
  const bool ok =
      cipher &&
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes(key_), bytes(sealed)) ==
          1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &length, bytes(place),
                        static_cast<int>(place.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), bytes(plain), &length, bytes(sealed) + kNonceSize,
                        static_cast<int>(size)) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagSize, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), bytes(plain) + size, &length) == 1;
  if (!ok) return fail(Code::internal, "was not encrypted with this key for this place");
  return plain;
}

}  // namespace weir
