// The hashes in the names of generated objects: of the same bytes as Kustomize takes them, so that
// the names are the same.

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "controller/kustomize/transform.h"

namespace weir::kustomize {
namespace {

// As Go's encoding/json writes text: <, > and & are escaped, too, and so are two line separators.
std::string go_json(const json& value) {
  std::string out;
  const std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = std::string_view(text).substr(i);
    if (rest[0] == '<' || rest[0] == '>' || rest[0] == '&') {
      out += rest[0] == '<' ? "\\u003c" : rest[0] == '>' ? "\\u003e" : "\\u0026";
    } else if (rest.starts_with("\xe2\x80\xa8") || rest.starts_with("\xe2\x80\xa9")) {
      out += rest[2] == '\xa8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      out += rest[0];
    }
  }
  return out;
}

// The first ten hexadecimal digits, without vowels and what looks like them.
std::string short_hash(const std::string& text) {
  constexpr std::size_t kLength = 10;
  constexpr std::string_view kDigits = "gh2k456789mbcdtf";  // of 0123456789abcdef
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  std::string out;
  for (std::size_t i = 0; i < kLength; ++i) {
    const unsigned digit = i % 2 == 0 ? digest[i / 2] >> 4 : digest[i / 2] & 0xF;
    out += kDigits[digit];
  }
  return out;
}

json or_empty(const json& document, const char* member) {
  const json* found = find(document, {member});
  return found == nullptr || found->is_null() ? json("") : *found;
}

std::string hashed_text(const Resource& resource) {
  const json& document = *resource.document;
  const std::string kind = text_at(document, {"kind"});
  if (kind != "ConfigMap" && kind != "Secret") return go_json(document);
  json out{{"kind", kind}, {"name", ""}, {"data", or_empty(document, "data")}};
  if (kind == "Secret") out["type"] = or_empty(document, "type");
  const char* other = kind == "Secret" ? "stringData" : "binaryData";
  if (const json* more = find(document, {other}); more != nullptr && more->is_object()) {
    out[other] = *more;
  }
  return go_json(out);
}

}  // namespace

Result<void> add_hashes(Resources& resources) {
  for (Resource& resource : resources) {
    if (!resource.needs_hash) continue;
    const std::string hash = short_hash(hashed_text(resource));
    resource.remember_id();
    (*resource.document)["metadata"]["name"] = name_of(resource) + "-" + hash;
  }
  return {};
}

}  // namespace weir::kustomize
