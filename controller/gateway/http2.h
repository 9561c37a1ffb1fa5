#pragma once

// What both sides of HTTP/2 need of nghttp2, which frames, compresses and keeps each stream's state
// by the book (RFC 9113). What it means is decided here, by the same rules as HTTP/1.1's.

#include <nghttp2/nghttp2.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir::gateway {

inline constexpr std::string_view kHttp2Preface{NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN};

// How long a peer may take nothing of what waits for it (Envoy's stream idle timeout).
inline constexpr std::chrono::minutes kHttp2Stall{5};

struct FreeNghttp2 {
  void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  void operator()(nghttp2_session_callbacks* callbacks) const {
    nghttp2_session_callbacks_del(callbacks);
  }
  void operator()(nghttp2_option* option) const { nghttp2_option_del(option); }
};
using Http2SessionPtr = std::unique_ptr<nghttp2_session, FreeNghttp2>;
using Http2CallbacksPtr = std::unique_ptr<nghttp2_session_callbacks, FreeNghttp2>;
using Http2OptionPtr = std::unique_ptr<nghttp2_option, FreeNghttp2>;

Http2CallbacksPtr make_http2_callbacks();
// Windows are opened by us, as bytes are passed on; the limits of reliability on all else.
Http2OptionPtr make_http2_options();

// A list of fields as nghttp2 wants it; it copies what it is given.
class Http2Fields {
 public:
  void add(std::string_view name, std::string_view value);  // the name in lower case
  const std::vector<nghttp2_nv>& list();                    // until something is added

 private:
  struct Place {
    std::size_t name, value, end;
  };
  std::string bytes_;
  std::vector<Place> places_;
  std::vector<nghttp2_nv> list_;
};

// Bytes on their way into a stream's frames.
class Http2Outgoing {
 public:
  void append(std::string_view bytes) { bytes_.append(bytes); }
  std::size_t size() const { return bytes_.size() - taken_; }
  std::size_t take(std::uint8_t* to, std::size_t size);

 private:
  std::string bytes_;
  std::size_t taken_ = 0;
};

// So many at once, and so many more each second: of what costs us work and a decent peer seldom
// does.
class Budget {
 public:
  Budget(double burst, double a_second) : burst_(burst), a_second_(a_second), left_(burst) {}
  bool spend(std::chrono::steady_clock::time_point now);  // false: there is none left

 private:
  const double burst_, a_second_;
  double left_;
  std::chrono::steady_clock::time_point last_ = {};
};

}  // namespace weir::gateway
