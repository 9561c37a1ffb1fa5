#include "controller/api/certificate.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

namespace weir::rest {
namespace {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>>;

tl::unexpected<Error> openssl_error(const std::string& what) {
  char reason[256] = "unknown reason";
  if (const unsigned long code = ERR_get_error()) ERR_error_string_n(code, reason, sizeof reason);
  ERR_clear_error();
  return fail(Code::internal, what + ": " + reason);
}

Certificate read_certificate(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Certificate out(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return out;
}

Key read_key(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Key out(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return out;
}

std::string contents(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(std::max(size, 0L))};
}

KeyPair to_pem(X509* certificate, EVP_PKEY* key) {
  const Bio certificate_bio(BIO_new(BIO_s_mem()));
  const Bio key_bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(certificate_bio.get(), certificate);
  PEM_write_bio_PKCS8PrivateKey(key_bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return {.certificate = contents(certificate_bio), .key = contents(key_bio)};
}

bool is_address(const std::string& host) {
  unsigned char bytes[16];
  return ::inet_pton(AF_INET, host.c_str(), bytes) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

std::string alternative_names(const std::vector<std::string>& hosts) {
  std::string out;
  for (const std::string& host : hosts) {
    out += (out.empty() ? "" : ",") + std::string(is_address(host) ? "IP:" : "DNS:") + host;
  }
  return out;
}

bool add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool add_name(X509_NAME* name, const char* field, const std::string& value) {
  return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(value.data()),
                                    static_cast<int>(value.size()), -1, 0) == 1;
}

// 127 random bits: a certificate that replaces another never has its serial.
bool set_random_serial(X509* certificate) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
  bytes[0] &= 0x7f;
  const std::unique_ptr<BIGNUM, Freer<BN_free>> number(BN_bin2bn(bytes, sizeof bytes, nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

// Everything but the issuer, the extensions and the signature.
Certificate blank(EVP_PKEY* key, const CertificateRequest& request) {
  Certificate out(X509_new());
  if (!out || !X509_set_version(out.get(), 2) || !set_random_serial(out.get())) return nullptr;
  ASN1_TIME_set(X509_getm_notBefore(out.get()), static_cast<time_t>(request.not_before));
  ASN1_TIME_set(X509_getm_notAfter(out.get()), static_cast<time_t>(request.not_after));
  X509_NAME* name = X509_get_subject_name(out.get());
  for (const std::string& organization : request.organizations) {
    if (!add_name(name, "O", organization)) return nullptr;
  }
  if (!add_name(name, "CN", request.common_name)) return nullptr;
  if (X509_set_pubkey(out.get(), key) != 1) return nullptr;
  return out;
}

bool names_host(X509* certificate, const std::string& host) {
  return is_address(host) ? X509_check_ip_asc(certificate, host.c_str(), 0) == 1
                          : X509_check_host(certificate, host.data(), host.size(), 0, nullptr) == 1;
}

}  // namespace

Result<KeyPair> make_ca(const std::string& common_name, std::int64_t not_before,
                        std::int64_t not_after) {
  const Key key(EVP_EC_gen("P-256"));
  if (!key) return openssl_error("cannot make the CA's key");
  const Certificate out = blank(
      key.get(), {.common_name = common_name, .not_before = not_before, .not_after = not_after});
  if (!out || X509_set_issuer_name(out.get(), X509_get_subject_name(out.get())) != 1 ||
      !add_extension(out.get(), out.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !add_extension(out.get(), out.get(), NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !add_extension(out.get(), out.get(), NID_subject_key_identifier, "hash") ||
      X509_sign(out.get(), key.get(), EVP_sha256()) == 0) {
    return openssl_error("cannot make the CA's certificate");
  }
  return to_pem(out.get(), key.get());
}

Result<KeyPair> issue(const KeyPair& ca, const CertificateRequest& request) {
  const Certificate issuer = read_certificate(ca.certificate);
  const Key issuer_key = read_key(ca.key);
  const Key key(EVP_EC_gen("P-256"));
  if (!issuer || !issuer_key || !key) return openssl_error("cannot make a key");
  const Certificate out = blank(key.get(), request);
  const bool named =
      request.hosts.empty() || (out && add_extension(out.get(), issuer.get(), NID_subject_alt_name,
                                                     alternative_names(request.hosts)));
  if (!out || !named || X509_set_issuer_name(out.get(), X509_get_subject_name(issuer.get())) != 1 ||
      !add_extension(out.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(out.get(), issuer.get(), NID_key_usage, "critical,digitalSignature") ||
      !add_extension(out.get(), issuer.get(), NID_ext_key_usage,
                     request.server ? "serverAuth" : "clientAuth") ||
      !add_extension(out.get(), issuer.get(), NID_authority_key_identifier, "keyid") ||
      X509_sign(out.get(), issuer_key.get(), EVP_sha256()) == 0) {
    return openssl_error("cannot make the certificate of " + request.common_name);
  }
  return to_pem(out.get(), key.get());
}

bool usable(const KeyPair& pair, const std::string& ca_certificate,
            const std::vector<std::string>& hosts, std::int64_t now) {
  const Certificate certificate = read_certificate(pair.certificate);
  const Certificate ca = read_certificate(ca_certificate);
  const Key key = read_key(pair.key);
  if (!certificate || !ca || !key) return false;
  const Key ca_key(X509_get_pubkey(ca.get()));
  const bool signed_by_ca = X509_check_private_key(certificate.get(), key.get()) == 1 &&
                            X509_verify(certificate.get(), ca_key.get()) == 1;
  ERR_clear_error();
  if (!signed_by_ca) return false;
  int days = 0;
  int seconds = 0;
  if (!ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(certificate.get()),
                      X509_get0_notAfter(certificate.get()))) {
    return false;
  }
  auto renew_at = static_cast<time_t>(now + (days * std::int64_t{86400} + seconds) / 3);
  if (X509_cmp_time(X509_get0_notAfter(certificate.get()), &renew_at) <= 0) return false;
  return std::all_of(hosts.begin(), hosts.end(),
                     [&](const std::string& host) { return names_host(certificate.get(), host); });
}

}  // namespace weir::rest
