#include "controller/gateway/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace weir::gateway {

namespace {

constexpr char kCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";  // of TLS 1.2; those of 1.3 are all good
constexpr std::size_t kChainMax = 16;
constexpr long kResumeSeconds = 2 * 60 * 60;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;

BioPtr reading(const std::string& bytes) {
  return BioPtr(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

// OpenSSL's newest word, and no other is left for the next to find. None of them quotes a key.
std::string reason() {
  const char* text = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return text ? text : "not understood";
}

std::vector<std::string> names_in(X509* leaf) {
  std::vector<std::string> names;
  auto* all =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    int type = 0;
    const auto* value = static_cast<const ASN1_STRING*>(
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(all, i), &type));
    if (type != GEN_DNS) continue;
    names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                       static_cast<std::size_t>(ASN1_STRING_length(value)));
  }
  GENERAL_NAMES_free(all);
  return names;
}

void say(const std::string& what) { std::fprintf(stderr, "weir gateway: %s\n", what.c_str()); }

// 1: the session has it.
int use(SSL* ssl, const Certificate& certificate) {
  STACK_OF(X509)* chain = sk_X509_new_null();
  for (const auto& one : certificate.chain) sk_X509_push(chain, one.get());
  const int used =
      SSL_use_cert_and_key(ssl, certificate.leaf.get(), certificate.key.get(), chain, 1);
  sk_X509_free(chain);  // not what was in it
  return used;
}

const TlsContext& context_of(SSL* ssl) {
  return *static_cast<const TlsContext*>(SSL_get_app_data(ssl));
}

int choose_certificate(SSL* ssl, void*) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  const Certificate* chosen = context_of(ssl).certificate_for(name ? name : "");
  return chosen ? use(ssl, *chosen) : 0;
}

int choose_protocol(SSL* ssl, const unsigned char** out, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  static constexpr unsigned char kOurs[] = "\x02h2\x08http/1.1";
  if (!context_of(ssl).http()) return SSL_TLSEXT_ERR_NOACK;
  unsigned char* chosen = nullptr;
  const int result =
      SSL_select_next_proto(&chosen, size, kOurs, sizeof kOurs - 1, offered, offered_size);
  *out = chosen;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

SSL_CTX* make_shared() {
  SSL_CTX* made = SSL_CTX_new(TLS_server_method());
  if (!made) return nullptr;
  SSL_CTX_set_min_proto_version(made, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(made, kCiphers);
  SSL_CTX_set_options(
      made, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(made, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF);  // tickets need none
  SSL_CTX_set_timeout(made, kResumeSeconds);
  SSL_CTX_set_num_tickets(made, 1);
  SSL_CTX_set_cert_cb(made, choose_certificate, nullptr);
  SSL_CTX_set_alpn_select_cb(made, choose_protocol, nullptr);
  return made;
}

// One for the process: the tickets' keys are in it, so that sessions resume whatever table is new.
SSL_CTX* shared() {
  static SSL_CTX* const one = make_shared();
  return one;
}

}  // namespace

void FreeOpenSsl::operator()(SSL* ssl) const { SSL_free(ssl); }
void FreeOpenSsl::operator()(X509* certificate) const { X509_free(certificate); }
void FreeOpenSsl::operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }

Result<CertificatePtr> read_certificate(const std::string& chain, const std::string& key) {
  ERR_clear_error();
  auto made = std::make_shared<Certificate>();
  const BioPtr chain_bytes = reading(chain);
  made->leaf.reset(PEM_read_bio_X509(chain_bytes.get(), nullptr, nullptr, nullptr));
  if (!made->leaf) return fail(Code::invalid, "the certificate cannot be read: " + reason());
  while (made->chain.size() < kChainMax) {
    X509* next = PEM_read_bio_X509(chain_bytes.get(), nullptr, nullptr, nullptr);
    if (!next) break;
    made->chain.emplace_back(next);
  }
  // An encrypted key asks for its password: nobody is here to give it.
  const auto no_password = [](char*, int, int, void*) { return 0; };
  made->key.reset(PEM_read_bio_PrivateKey(reading(key).get(), nullptr, no_password, nullptr));
  if (!made->key) return fail(Code::invalid, "the private key cannot be read: " + reason());
  made->hosts = names_in(made->leaf.get());
  // What a handshake would refuse (another's key, a key too short) is known now.
  ERR_clear_error();
  const SslPtr trial(SSL_new(shared()));
  if (!trial || use(trial.get(), *made) != 1) {
    return fail(Code::invalid, "the certificate and its key cannot be used: " + reason());
  }
  return made;
}

void TlsContext::add(const std::vector<std::string>& hosts, CertificatePtr certificate) {
  if (!first_) first_ = certificate;
  for (const std::string& host : hosts) by_host_.emplace(lower_case(host), certificate);
}

const Certificate* TlsContext::certificate_for(std::string_view name) const {
  const std::string wanted = lower_case(name);
  if (const auto found = by_host_.find(wanted); found != by_host_.end()) return found->second.get();
  // "a.b.example": "*.b.example", "*.example"
  for (std::size_t dot = wanted.find('.'); dot != wanted.npos; dot = wanted.find('.', dot + 1)) {
    const auto found = by_host_.find("*" + wanted.substr(dot));
    if (found != by_host_.end()) return found->second.get();
  }
  return first_.get();
}

SslPtr TlsContext::session() const {
  SslPtr ssl(SSL_new(shared()));
  if (!ssl) return nullptr;
  SSL_set_app_data(ssl.get(), const_cast<TlsContext*>(this));
  SSL_set_accept_state(ssl.get());
  return ssl;
}

TlsContextPtr Certificates::context_of(const RouteListener& listener) {
  if (listener.certificates.empty()) return nullptr;
  auto context = std::make_shared<TlsContext>(listener.protocol != RouteProtocol::tcp);
  for (std::size_t i = 0; i < listener.certificates.size(); ++i) {
    const RouteCertificate& wanted = listener.certificates[i];
    const auto [at, is_new] = known_.try_emplace({wanted.chain, wanted.key});
    at->second.used = true;
    if (is_new) {
      const auto read = read_certificate(wanted.chain, wanted.key);
      if (read) at->second.certificate = *read;
      if (!read)
        say(listener.name + ": certificate " + std::to_string(i + 1) +
            (wanted.hosts.empty() ? "" : " (" + wanted.hosts.front() + ")") + ": " +
            read.error().message);
    }
    if (const CertificatePtr& certificate = at->second.certificate) {
      context->add(wanted.hosts.empty() ? certificate->hosts : wanted.hosts, certificate);
    }
  }
  return context;
}

void Certificates::forget_unused() {
  std::erase_if(known_, [](const auto& one) { return !one.second.used; });
  for (auto& [pem, known] : known_) known.used = false;
}

}  // namespace weir::gateway
