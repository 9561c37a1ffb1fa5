#pragma once

// The PROXY protocol's header, versions 1 and 2: what a balancer says before a connection's own
// bytes about who has connected to it (haproxy.org/download/2.8/doc/proxy-protocol.txt).

#include <string>
#include <string_view>

namespace weir::gateway {

inline constexpr std::size_t kProxyHeaderMax = 4096;  // with all that version 2 may append

struct ProxyHeader {
  // `more`: of bytes, which are the beginning of one. `absent`: they are something else.
  enum class Verdict { more, absent, malformed, whole };
  Verdict verdict = Verdict::more;
  std::size_t size = 0;  // of a whole one
  // The client's address. Empty: the balancer speaks for itself, or of no address (LOCAL, UNKNOWN):
  // the connection's own counts.
  std::string ip = {};
};

ProxyHeader read_proxy_header(std::string_view bytes);

}  // namespace weir::gateway
