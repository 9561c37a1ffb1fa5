#pragma once

// Certificates of our own making.

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <string>

#include "reconcilers/route_table.h"

namespace weir::test {

inline std::string pem_of(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  std::string out(bytes, static_cast<std::size_t>(size));
  BIO_free(bio);
  return out;
}

// Signed by itself, called so, and good for these names ("DNS:a.example,DNS:*.example").
inline RouteCertificate certificate(const std::string& called, const std::string& names = "") {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* made = X509_new();
  X509_set_version(made, 2);
  X509_gmtime_adj(X509_getm_notBefore(made), -60);
  X509_gmtime_adj(X509_getm_notAfter(made), 3600);
  X509_set_pubkey(made, key);
  X509_NAME* subject = X509_get_subject_name(made);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(called.c_str()), -1, -1, 0);
  X509_set_issuer_name(made, subject);
  if (!names.empty()) {
    X509_EXTENSION* san =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    X509_add_ext(made, san, -1);
    X509_EXTENSION_free(san);
  }
  X509_sign(made, key, EVP_sha256());
  BIO* chain = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(chain, made);
  BIO* secret = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(secret, key, nullptr, nullptr, 0, nullptr, nullptr);
  X509_free(made);
  EVP_PKEY_free(key);
  return {.chain = pem_of(chain), .key = pem_of(secret)};
}

}  // namespace weir::test
