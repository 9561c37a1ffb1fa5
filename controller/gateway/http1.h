#pragma once

// HTTP/1.1 as the gateway reads it: strictly, so that what it forwards means the same to whoever
// reads it next. A head is parsed where it lies, into views; nothing is copied and nothing is
// forwarded as it came: heads are written anew from what was understood.
//
// Refused, with the status to answer: bare CR or LF, NUL and other control characters, a space
// before a colon, folded lines, more than one Content-Length or one that is not digits, any
// Transfer-Encoding but `chunked`, both of these together (RFC 9112 6.3: somebody may be
// smuggling), no or more than one Host, a target whose authority is not the Host.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::gateway {

inline constexpr std::size_t kHeadMax = 32 << 10;
inline constexpr std::size_t kLineMax = 8 << 10;
inline constexpr std::size_t kHeadersMax = 100;

struct Header {
  std::string_view name;
  std::string_view value;  // without the spaces around it
  // Only for the connection it came on, not for whoever is next (RFC 9110 7.6.1).
  bool hop_by_hop = false;
};

struct Head {
  int minor = 1;  // HTTP/1.0 or 1.1
  std::vector<Header> headers = {};
  std::optional<std::uint64_t> content_length = {};
  bool chunked = false;
  bool keep_alive = true;
  std::string_view upgrade = {};  // the protocol, if Connection names it, too
  std::size_t size = 0;           // bytes, with the empty line

  const Header* find(std::string_view lower_case_name) const;
};

struct RequestHead : Head {
  std::string_view method = {};
  std::string_view target = {};  // as sent: "/a?b", "*", "http://…", "host:port" of a CONNECT
  std::string_view path = {};    // of the target, without the query
  std::string_view query = {};   // without the '?'
  std::string_view host = {};    // without the port
  std::string_view authority = {};
  bool expects_continue = false;
  bool idempotent() const;  // by its method (RFC 9110 9.2.2), or it has an Idempotency-Key
};

struct ResponseHead : Head {
  int status = 0;
  std::string_view reason = {};
};

// What came of parsing: `refusal` 0 and `head.size` 0: more bytes are needed.
struct Refusal {
  int status = 0;
  const char* why = "";
  explicit operator bool() const { return status != 0; }
};
Refusal parse(std::string_view bytes, RequestHead& head);
Refusal parse(std::string_view bytes, ResponseHead& head);

// Of Body::trailers(): those that say nothing about the connection or the message's framing. None,
// where they are malformed.
std::vector<Header> parse_trailers(std::string_view lines);

bool equals_ignoring_case(std::string_view a, std::string_view b);

void append_chunk(std::string_view data, std::string& out);  // nothing for nothing
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

using OnData = std::function<void(std::string_view)>;

// A body on its way: how many of the bytes that came belong to it, and when it is whole.
class Body {
 public:
  static Body none() { return Body(Kind::length, 0); }
  static Body of_length(std::uint64_t bytes) { return Body(Kind::length, bytes); }
  static Body chunked() { return Body(Kind::chunked, 0); }
  static Body until_close() { return Body(Kind::until_close, 0); }
  // RFC 9112 6.3, for a request and for a response to `method`.
  static Body of(const RequestHead& head);
  static Body of(const ResponseHead& head, std::string_view method);

  // Hands what of `bytes` is the body's data to `data`, piece by piece, without the framing of
  // chunks; their extensions are dropped: they may be (RFC 9112 7.1), and they are good for
  // smuggling. The number of bytes taken: fewer than all when the body is whole. Nothing:
  // it is malformed.
  std::optional<std::size_t> feed(std::string_view bytes, const OnData& data);
  // The connection has ended. For a body that nothing else delimits, that is its end.
  void connection_ended() { whole_ = whole_ || kind_ == Kind::until_close; }

  bool whole() const { return whole_; }
  std::string_view trailers() const { return trailers_; }  // when it is whole; for parse_trailers()
  bool is_chunked() const { return kind_ == Kind::chunked; }
  bool ends_with_connection() const { return kind_ == Kind::until_close; }
  std::optional<std::uint64_t> left() const;  // nothing: only its end will tell

 private:
  enum class Kind { length, chunked, until_close };
  enum class State { size, extension, size_end, data, data_cr, data_lf, trailer, trailer_lf };
  Body(Kind kind, std::uint64_t left)
      : kind_(kind), left_(left), whole_(kind == Kind::length && left == 0) {}
  std::optional<std::size_t> feed_chunks(std::string_view bytes, const OnData& data);
  bool framing(char c);
  bool size_digit(char c);

  Kind kind_;
  State state_ = State::size;
  std::uint64_t left_;      // of the body, or of the chunk
  int digits_ = 0;          // of the chunk's size
  std::size_t line_ = 0;    // bytes of the extension or the trailers so far
  bool line_empty_ = true;  // of the trailers
  std::string trailers_;
  bool whole_;
};

}  // namespace weir::gateway
