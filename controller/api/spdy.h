#pragma once

// SPDY/3.1 frames, as a server of kubectl needs them: what arrives in pieces is cut into frames,
// and what is said becomes bytes. No sockets, no streams, no state but that of the compression.
//
// The rule is "SPDY Protocol - Draft 3.1"; the peer is nearly always moby/spdystream, which neither
// sends nor obeys WINDOW_UPDATE. So flow control is TCP's: whoever does not want more does not
// read. Ours are sent for peers that count; theirs are read and mean nothing.
//
// Limits: a control frame has at most kControlMax bytes, its headers kHeadersMax when inflated; the
// bytes of a data frame are passed on as they come and are kept nowhere.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include "controller/api/http.h"
#include "controller/api/spdy_headers.h"
#include "controller/result.h"

namespace weir::rest::spdy {

inline constexpr std::uint32_t kControlMax = 16 * 1024;
inline constexpr std::uint32_t kWindow = 64 * 1024;  // what may be under way in a stream

struct SynStream {
  std::uint32_t stream = 0;
  Pairs headers = {};  // names in lower case
  bool fin = false;
};
struct Data {
  std::uint32_t stream = 0;
  std::string_view bytes = {};  // a part of the frame's
  bool fin = false;             // and these are the stream's last
};
struct RstStream {
  std::uint32_t stream = 0;
};
struct Ping {
  std::uint32_t id = 0;
};
struct GoAway {};
// SYN_REPLY, HEADERS, SETTINGS, WINDOW_UPDATE and unknown types are checked and passed over.
using Frame = std::variant<SynStream, Data, RstStream, Ping, GoAway>;

class Reader {
 public:
  // A piece may end anywhere. After an error the session cannot go on: bytes of the next frame
  // cannot be found.
  Result<void> feed(std::string_view piece, const std::function<void(const Frame&)>& on_frame);

 private:
  Result<void> on_header();
  Result<void> on_control(const std::function<void(const Frame&)>& on_frame);

  HeaderReader headers_;
  std::string header_;  // 8 bytes, and a control frame's own
  bool control_ = false;
  std::uint32_t left_ = 0;  // of the frame's bytes
};

enum class Reset : std::uint32_t { protocol_error = 1, refused_stream = 3 };
enum class Leave : std::uint32_t { ok = 0, protocol_error = 1 };

// Each appends a frame to `out`.
void write_data(std::string& out, std::uint32_t stream, std::string_view bytes, bool fin);
void write_rst_stream(std::string& out, std::uint32_t stream, Reset why);
void write_ping(std::string& out, std::uint32_t id);
void write_go_away(std::string& out, std::uint32_t last_stream, Leave why);
void write_window_update(std::string& out, std::uint32_t stream, std::uint32_t more);
void write_syn_reply(std::string& out, std::uint32_t stream, HeaderWriter& headers);  // none

// Big-endian, as everything here; get32 wants 4 bytes.
void put32(std::string& out, std::uint32_t value);
std::uint32_t get32(std::string_view bytes);

}  // namespace weir::rest::spdy
