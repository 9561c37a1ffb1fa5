#include "controller/gitops/digest.h"

#include <openssl/evp.h>

#include <array>
#include <cstdio>
#include <memory>

namespace weir::gitops {

std::string digest_of(const std::map<std::string, std::string>& files) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> hash(EVP_MD_CTX_new(),
                                                                     EVP_MD_CTX_free);
  EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr);
  for (const auto& [path, bytes] : files) {
    // A path has no NUL, so no two trees come to the same bytes.
    const std::string head = path + '\0' + std::to_string(bytes.size()) + '\0';
    EVP_DigestUpdate(hash.get(), head.data(), head.size());
    EVP_DigestUpdate(hash.get(), bytes.data(), bytes.size());
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  unsigned length = 0;
  EVP_DigestFinal_ex(hash.get(), sum.data(), &length);
  std::string out = "sha256:";
  for (unsigned i = 0; i < length; ++i) {
    std::array<char, 3> digits{};
    std::snprintf(digits.data(), digits.size(), "%02x", sum[i]);
    out += digits.data();
  }
  return out;
}

}  // namespace weir::gitops
