#pragma once

// The header blocks of SPDY/3: names and values, compressed by zlib with a dictionary that both
// ends know. Each direction of a session is one compressed stream, so every block must pass through
// here, and in order. A block that inflates beyond kHeadersMax is an error: a few bytes could stand
// for gigabytes.
//
// By "SPDY Protocol - Draft 3.1", section 2.6.10.

#include <memory>
#include <string>
#include <string_view>

#include "controller/api/http.h"
#include "controller/result.h"

struct z_stream_s;  // zlib's

namespace weir::rest::spdy {

inline constexpr std::size_t kHeadersMax = 16 * 1024;

class HeaderReader {
 public:
  HeaderReader();
  Result<Pairs> read(std::string_view block);

 private:
  Result<std::string> inflate(std::string_view block);

  std::unique_ptr<z_stream_s, void (*)(z_stream_s*)> zlib_;
};

class HeaderWriter {
 public:
  HeaderWriter();
  std::string write(const Pairs& headers);

 private:
  std::unique_ptr<z_stream_s, void (*)(z_stream_s*)> zlib_;
};

}  // namespace weir::rest::spdy
