// The forms in which a request can be made: what is sent, and what the answer has to be like.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace weir::conserve {

enum class Body { kNone, kLength, kChunked };

struct Form {
  std::string_view name;
  std::string_view method = "GET";
  std::string_view path = "/echo";
  unsigned batch = 1;           // requests written at once
  bool own_connection = false;  // made for it, closed after it
  bool websocket = false;
  Body body = Body::kNone;     // how the request's body is framed
  std::size_t body_bytes = 0;  // of the request
  std::size_t padding = 0;     // bytes that the backend adds to its answer
  unsigned events = 0;         // 0: the answer is JSON; otherwise so many server-sent events
};

std::span<const Form> all_forms();
// By name; nullptr if there is none.
const Form* find_form(std::string_view name);
// Whether HTTP lets a client repeat it (RFC 9110, 9.2.2).
inline bool is_idempotent(const Form& form) { return form.method != "POST"; }

}  // namespace weir::conserve
