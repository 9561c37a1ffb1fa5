#include <algorithm>
#include <charconv>

#include "controller/gateway/http1.h"

namespace weir::gateway {

Body Body::of(const RequestHead& head) {
  if (head.chunked) return chunked();
  return of_length(head.content_length.value_or(0));
}

Body Body::of(const ResponseHead& head, std::string_view method) {
  if (method == "HEAD" || head.status / 100 == 1 || head.status == 204 || head.status == 304) {
    return none();
  }
  if (head.chunked) return chunked();
  if (head.content_length) return of_length(*head.content_length);
  return until_close();
}

void append_chunk(std::string_view data, std::string& out) {
  if (data.empty()) return;  // an empty one would be the last
  char size[16];
  const auto end = std::to_chars(size, size + sizeof size, data.size(), 16).ptr;
  out.append(size, end).append("\r\n").append(data).append("\r\n");
}

std::optional<std::uint64_t> Body::left() const {
  if (kind_ == Kind::length) return left_;
  return std::nullopt;
}

std::optional<std::size_t> Body::feed(std::string_view bytes, const OnData& data) {
  if (whole_) return 0;
  if (kind_ == Kind::chunked) return feed_chunks(bytes, data);
  std::size_t count = bytes.size();
  if (kind_ == Kind::length) {
    count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    left_ -= count;
    whole_ = left_ == 0;
  }
  data(bytes.substr(0, count));
  return count;
}

std::optional<std::size_t> Body::feed_chunks(std::string_view bytes, const OnData& data) {
  std::size_t at = 0;
  while (at < bytes.size() && !whole_) {
    if (state_ == State::data) {
      const auto count =
          static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - at));
      left_ -= count;
      if (left_ == 0) state_ = State::data_cr;
      data(bytes.substr(at, count));
      at += count;
    } else if (!framing(bytes[at++])) {
      return std::nullopt;
    }
  }
  return at;
}

bool Body::size_digit(char c) {
  constexpr int kDigitsMax = 15;  // below 2^63
  const int value = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
  if (value < 0 || ++digits_ > kDigitsMax) return false;
  left_ = left_ * 16 + static_cast<std::uint64_t>(value);
  return true;
}

// One byte between the data: `1a;extension CRLF`, the CRLF after a chunk, the trailers after the
// last.
bool Body::framing(char c) {
  constexpr std::size_t kLinesMax = 8 << 10;
  switch (state_) {
    case State::size:
      if (c == '\r' && digits_ > 0) {
        state_ = State::size_end;
      } else if (c == ';' && digits_ > 0) {
        state_ = State::extension;
      } else {
        return size_digit(c);
      }
      return true;
    case State::extension:
      if (c == '\r') state_ = State::size_end;
      return c != '\n' && ++line_ <= kLinesMax;
    case State::size_end:
      state_ = left_ == 0 ? State::trailer : State::data;
      return c == '\n';
    case State::data_cr:
      state_ = State::data_lf;
      return c == '\r';
    case State::data_lf:
      state_ = State::size;
      digits_ = 0;
      return c == '\n';
    case State::trailer:
      trailers_.push_back(c);
      if (c == '\r') {
        state_ = State::trailer_lf;
      } else {
        line_empty_ = false;
      }
      return c != '\n' && ++line_ <= kLinesMax;
    case State::trailer_lf:
      trailers_.push_back(c);
      whole_ = line_empty_;
      line_empty_ = true;
      state_ = State::trailer;
      return c == '\n';
    case State::data:
      break;
  }
  return false;
}

}  // namespace weir::gateway
