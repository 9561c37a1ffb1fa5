#include "controller/gateway/proxy_protocol.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace weir::gateway {

namespace {

using Verdict = ProxyHeader::Verdict;

constexpr std::string_view kText = "PROXY ";
constexpr std::string_view kBinary("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kTextMax = 107;  // "worst case", in the specification's count
constexpr std::size_t kBinaryHead = 16;

ProxyHeader malformed() { return {.verdict = Verdict::malformed}; }

bool is_port(std::string_view text) {
  const bool digits =
      !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == text.npos;
  return digits && std::stoi(std::string(text)) <= 65535;
}

bool is_address(int family, const std::string& text) {
  in6_addr ignored;
  return ::inet_pton(family, text.c_str(), &ignored) == 1;
}

// "PROXY TCP4 192.0.2.1 192.0.2.9 56324 443"
ProxyHeader read_text(std::string_view bytes) {
  const std::size_t end = bytes.substr(0, kTextMax).find("\r\n");
  if (end == bytes.npos) {
    return bytes.size() < kTextMax ? ProxyHeader{.verdict = Verdict::more} : malformed();
  }
  ProxyHeader header{.verdict = Verdict::whole, .size = end + 2};
  std::string_view rest = bytes.substr(kText.size(), end - kText.size());
  // What is an address up to a NUL is none; nor does a header hold any other control character.
  if (std::any_of(rest.begin(), rest.end(), [](char c) { return c < ' ' || c == 0x7f; })) {
    return malformed();
  }
  std::array<std::string_view, 5> words;
  for (std::size_t i = 0; i < words.size(); ++i) {
    words[i] = rest.substr(0, i + 1 < words.size() ? rest.find(' ') : rest.npos);
    rest.remove_prefix(std::min(words[i].size() + 1, rest.size()));
  }
  const auto& [protocol, from, to, from_port, to_port] = words;
  if (protocol == "UNKNOWN") return header;  // whatever follows is to be ignored
  const int family = protocol == "TCP4" ? AF_INET : AF_INET6;
  if (protocol != "TCP4" && protocol != "TCP6") return malformed();
  header.ip = from;
  if (!is_address(family, header.ip) || !is_address(family, std::string(to)) ||
      !is_port(from_port) || !is_port(to_port)) {
    return malformed();
  }
  return header;
}

ProxyHeader read_binary(std::string_view bytes) {
  if (bytes.size() < kBinaryHead) return {.verdict = Verdict::more};
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
  const int version = byte(12) >> 4, command = byte(12) & 15, family = byte(13) >> 4;
  const std::size_t length = byte(14) * 256u + byte(15);
  if (version != 2 || command > 1) return malformed();
  if (kBinaryHead + length > kProxyHeaderMax) return malformed();
  if (bytes.size() < kBinaryHead + length) return {.verdict = Verdict::more};
  ProxyHeader header{.verdict = Verdict::whole, .size = kBinaryHead + length};
  if (command == 0 || (family != 1 && family != 2)) return header;
  const bool v4 = family == 1;
  if (length < (v4 ? 12u : 36u)) return malformed();
  char text[INET6_ADDRSTRLEN];
  header.ip = ::inet_ntop(v4 ? AF_INET : AF_INET6, bytes.data() + kBinaryHead, text, sizeof text);
  return header;
}

bool may_become(std::string_view bytes, std::string_view signature) {
  return bytes.substr(0, signature.size()) == signature.substr(0, bytes.size());
}

}  // namespace

ProxyHeader read_proxy_header(std::string_view bytes) {
  for (const auto& [signature, read] :
       {std::pair(kText, &read_text), std::pair(kBinary, &read_binary)}) {
    if (!may_become(bytes, signature)) continue;
    return bytes.size() < signature.size() ? ProxyHeader{.verdict = Verdict::more} : read(bytes);
  }
  return {.verdict = Verdict::absent};
}

}  // namespace weir::gateway
