#include "controller/api/protobuf_wire.h"

namespace weir::rest {
namespace {

constexpr std::uint64_t kMostNumber = (1u << 29) - 1;  // of a field, by the encoding

}  // namespace

bool WireField::is_zero() const {
  if (type == varint) return value == 0;
  return type == bytes ? content.empty() : content.find_first_not_of('\0') == content.npos;
}

Result<std::uint64_t> WireReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) return fail(Code::bad_request, "unexpected EOF");
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  return fail(Code::bad_request, "proto: integer overflow");
}

Result<std::string_view> WireReader::take(std::uint64_t size) {
  if (size > rest_.size()) return fail(Code::bad_request, "unexpected EOF");
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

Result<WireField> WireReader::field() {
  TRY(const std::uint64_t tag, varint());
  WireField out = {.type = static_cast<unsigned>(tag & 7)};
  if (tag >> 3 == 0 || tag >> 3 > kMostNumber) {
    return fail(Code::bad_request, "proto: illegal tag " + std::to_string(tag >> 3) +
                                       " (wire type " + std::to_string(out.type) + ")");
  }
  out.number = static_cast<std::uint32_t>(tag >> 3);
  if (out.type == WireField::varint) {
    TRY(out.value, varint());
  } else if (out.type == WireField::fixed64 || out.type == WireField::fixed32) {
    TRY(out.content, take(out.type == WireField::fixed64 ? 8 : 4));
  } else if (out.type == WireField::bytes) {
    TRY(const std::uint64_t size, varint());
    TRY(out.content, take(size));
  } else {
    return fail(Code::bad_request, "proto: illegal wireType " + std::to_string(out.type));
  }
  return out;
}

}  // namespace weir::rest
