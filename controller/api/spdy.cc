#include "controller/api/spdy.h"

#include <algorithm>

namespace weir::rest::spdy {
namespace {

constexpr std::size_t kHeaderSize = 8;
constexpr std::uint32_t kVersion = 3;
constexpr std::uint32_t kControlBit = 1u << 31;
constexpr std::uint32_t kStreamBits = kControlBit - 1;
constexpr std::uint32_t kFlagFin = 1;

enum Type : std::uint32_t {
  syn_stream = 1,
  syn_reply = 2,
  rst_stream = 3,
  settings = 4,
  ping = 6,
  go_away = 7,
  headers = 8,
  window_update = 9,
};

tl::unexpected<Error> malformed(const std::string& what) {
  return fail(Code::bad_request, "SPDY: " + what);
}

// Where the compressed headers begin in a frame's own bytes; 0: it has none.
std::size_t headers_at(std::uint32_t type) {
  if (type == syn_stream) return 10;
  return type == syn_reply || type == headers ? 4 : 0;
}

bool size_is_right(std::uint32_t type, std::string_view own) {
  switch (type) {
    case ping:
      return own.size() == 4;
    case rst_stream:
    case go_away:
    case window_update:
      return own.size() == 8;
    case settings:
      return own.size() >= 4 && own.size() - 4 == std::size_t{8} * get32(own);
    default:
      return own.size() >= headers_at(type);
  }
}

void write_control(std::string& out, Type type, std::string_view own) {
  put32(out, kControlBit | kVersion << 16 | type);
  put32(out, static_cast<std::uint32_t>(own.size()));
  out += own;
}

void write_two(std::string& out, Type type, std::uint32_t first, std::uint32_t second) {
  std::string own;
  put32(own, first);
  put32(own, second);
  write_control(out, type, own);
}

}  // namespace

void put32(std::string& out, std::uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(value >> shift);
}

std::uint32_t get32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

Result<void> Reader::feed(std::string_view piece,
                          const std::function<void(const Frame&)>& on_frame) {
  const auto take = [&](std::size_t most) {
    const std::string_view taken = piece.substr(0, most);
    piece.remove_prefix(taken.size());
    return taken;
  };
  while (!piece.empty()) {
    if (header_.size() < kHeaderSize) {
      header_ += take(kHeaderSize - header_.size());
      if (header_.size() < kHeaderSize) break;
      TRY_VOID(on_header());
      if (left_ > 0) continue;  // else it is a frame without bytes of its own: complete
    }
    const std::string_view bytes = take(left_);
    left_ -= static_cast<std::uint32_t>(bytes.size());
    if (control_) {
      header_ += bytes;
      if (left_ > 0) break;
      TRY_VOID(on_control(on_frame));
    } else {
      const bool fin = left_ == 0 && (header_[4] & kFlagFin) != 0;
      on_frame(Data{.stream = get32(header_), .bytes = bytes, .fin = fin});
    }
    if (left_ == 0) header_.clear();
  }
  return {};
}

Result<void> Reader::on_header() {
  const std::uint32_t first = get32(header_);
  left_ = get32(std::string_view(header_).substr(4)) & 0xffffff;
  control_ = (first & kControlBit) != 0;
  if (!control_) return first == 0 ? malformed("data of stream 0") : Result<void>();
  const std::uint32_t version = (first & kStreamBits) >> 16;
  if (version != kVersion) return malformed("version " + std::to_string(version) + ", want 3");
  if (left_ > kControlMax) {
    return malformed("a control frame of " + std::to_string(left_) + " bytes");
  }
  return {};
}

Result<void> Reader::on_control(const std::function<void(const Frame&)>& on_frame) {
  const std::uint32_t type = get32(header_) & 0xffff;
  const std::string_view own = std::string_view(header_).substr(kHeaderSize);
  if (!size_is_right(type, own)) {
    return malformed("a frame of type " + std::to_string(type) + " with " +
                     std::to_string(own.size()) + " bytes");
  }
  if (type == rst_stream && get32(own) == 0) return malformed("a reset of stream 0");
  Pairs pairs;
  if (const std::size_t at = headers_at(type)) {
    TRY(pairs, headers_.read(own.substr(at)));
  }
  if (type == syn_stream) {
    on_frame(SynStream{.stream = get32(own) & kStreamBits,
                       .headers = std::move(pairs),
                       .fin = (header_[4] & kFlagFin) != 0});
  }
  if (type == rst_stream) on_frame(RstStream{.stream = get32(own) & kStreamBits});
  if (type == ping) on_frame(Ping{.id = get32(own)});
  if (type == go_away) on_frame(GoAway{});
  return {};
}

void write_data(std::string& out, std::uint32_t stream, std::string_view bytes, bool fin) {
  put32(out, stream);
  put32(out, (fin ? kFlagFin << 24 : 0) | static_cast<std::uint32_t>(bytes.size()));
  out += bytes;
}

void write_rst_stream(std::string& out, std::uint32_t stream, Reset why) {
  write_two(out, rst_stream, stream, static_cast<std::uint32_t>(why));
}

void write_ping(std::string& out, std::uint32_t id) {
  std::string own;
  put32(own, id);
  write_control(out, ping, own);
}

void write_go_away(std::string& out, std::uint32_t last_stream, Leave why) {
  write_two(out, go_away, last_stream, static_cast<std::uint32_t>(why));
}

void write_window_update(std::string& out, std::uint32_t stream, std::uint32_t more) {
  write_two(out, window_update, stream, more);
}

void write_syn_reply(std::string& out, std::uint32_t stream, HeaderWriter& headers) {
  std::string own;
  put32(own, stream);
  write_control(out, syn_reply, own + headers.write({}));
}

}  // namespace weir::rest::spdy
