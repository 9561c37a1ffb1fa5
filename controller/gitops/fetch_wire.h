#pragma once

// How `weir serve` and its fetch process (`weir git`) talk: one request, one answer.
//
//   request: JSON; credentials and keys as in a Secret, in base64
//   answer:  4 bytes, big-endian: length of the header · the header, JSON · the files' bytes, one
//            after the other, in the header's order
//
// The process reads what strangers send, so its answer is checked as if a stranger had written it.

#include <cstdint>
#include <string>
#include <string_view>

#include "controller/gitops/fetch.h"

namespace weir::gitops {

inline constexpr std::size_t kRequestMax = 8u << 20;
inline constexpr std::size_t kHeaderMax = 12u << 20;  // 10,000 paths of 1 KiB

std::string request_text(const FetchRequest& request);
Result<FetchRequest> parse_request(std::string_view text);

std::string answer_bytes(const FetchResult& result);
// Error: `invalid`, if it is no whole answer within the request's limits.
Result<FetchResult> parse_answer(std::string_view bytes, const FetchLimits& limits);
// How long an answer can be.
std::size_t answer_max(const FetchLimits& limits);

}  // namespace weir::gitops
