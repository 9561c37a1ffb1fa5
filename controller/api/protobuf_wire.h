#pragma once

// Protobuf's encoding, without meaning: a message as its numbered fields, one after the other.
// Nothing is copied: what a field holds is a piece of the body. Any thread; one reader a message.

#include <cstdint>
#include <string_view>

#include "controller/result.h"

namespace weir::rest {

struct WireField {
  enum Type : unsigned { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };
  std::uint32_t number = 0;
  unsigned type = bytes;
  std::uint64_t value = 0;        // of a varint
  std::string_view content = {};  // of all others

  bool is_zero() const;
};

// Every error is a bad_request: the bytes end too early, a number has no end, or there are groups,
// which no client has written for ten years.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}
  bool done() const { return rest_.empty(); }
  Result<WireField> field();
  Result<std::uint64_t> varint();  // for packed numbers, too

 private:
  Result<std::string_view> take(std::uint64_t size);
  std::string_view rest_;
};

}  // namespace weir::rest
