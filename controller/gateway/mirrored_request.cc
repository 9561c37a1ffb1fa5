#include "controller/gateway/mirrored_request.h"

#include <utility>

namespace weir::gateway {

namespace {

constexpr std::chrono::seconds kPatience{30};  // nobody waits for its answer

Request copy_of(Request request) {
  request.is_copy = true;
  request.chunked = false;  // the body that comes with it is in chunks already
  return request;
}

}  // namespace

MirroredRequest::MirroredRequest(Gate& gate, const Request& request, std::string_view body,
                                 Choice choice)
    : gate_(gate),
      exchange_(gate, *this, copy_of(request), std::move(choice)),
      deadline_(gate.now() + kPatience) {
  ++gate.copies();
  const bool has_body = !exchange_.request_whole();
  exchange_.start();
  if (!has_body) return;
  exchange_.body(body);
  exchange_.body_end();
}

void MirroredRequest::tick(Clock::time_point now) {
  exchange_.tick(now);
  if (now > deadline_) gate_.over(*this);
}

}  // namespace weir::gateway
