// Why a request did not get exactly one whole answer of its own, and which other laws can break.
#pragma once

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace weir::conserve {

enum class Reason {
  // A request is lost:
  kRefused,        // no connection
  kReset,          // the connection was reset before the whole answer
  kUnanswered,     // it ended before the first byte of the answer
  kTruncated,      // it ended within the answer
  kTimeout,        // nothing came in time
  kMalformed,      // no HTTP, or not what the backend writes
  kWrongId,        // the answer to another request
  kUploadCut,      // the backend got another body than was sent
  kGateway5xx,     // 5xx without the backend's mark
  kGatewayAnswer,  // any other answer without the backend's mark
  kWrongStatus,    // the backend itself answered with something else than success
  kGoingAway,      // the WebSocket was closed by the other side
  // Beside an answer, a law is broken:
  kSurplus,        // more bytes than the answers asked for
  kStaleRevision,  // with --monotone: a revision that had been replaced
  kDuplicate,      // backends saw a POST more than once
};
inline constexpr std::array kReasonNames = {
    "refused",      "reset",      "unanswered", "truncated",      "timeout",
    "malformed",    "wrong_id",   "upload_cut", "gateway_5xx",    "gateway_answer",
    "wrong_status", "going_away", "surplus",    "stale_revision", "duplicate"};
inline constexpr std::size_t kReasons = kReasonNames.size();

constexpr std::size_t index_of(Reason reason) { return static_cast<std::size_t>(reason); }
constexpr std::string_view name_of(Reason reason) { return kReasonNames[index_of(reason)]; }
inline constexpr std::size_t kLossReasons = index_of(Reason::kSurplus);  // the first ones

struct Failure : std::runtime_error {
  Failure(Reason why, const std::string& what) : std::runtime_error(what), reason(why) {}
  Reason reason;
};

}  // namespace weir::conserve
