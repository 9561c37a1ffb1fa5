#include "bench/conserve/form.h"

#include <algorithm>
#include <array>

namespace weir::conserve {

namespace {

constexpr auto kForms = std::to_array<Form>({
    {.name = "keepalive"},
    {.name = "close", .own_connection = true},
    {.name = "pipelined", .batch = 8},
    {.name = "chunked",
     .method = "POST",
     .path = "/echo?chunked=1&bytes=20000",
     .body = Body::kChunked,
     .body_bytes = 8 << 10,
     .padding = 20000},
    {.name = "post", .method = "POST", .body = Body::kLength, .body_bytes = 100},
    {.name = "slow", .path = "/echo?ms=1500"},
    {.name = "sse", .path = "/sse?events=5&ms=200", .events = 5},
    {.name = "websocket", .path = "/ws", .own_connection = true, .websocket = true},
    {.name = "upload", .method = "POST", .body = Body::kLength, .body_bytes = 256 << 10},
});

}  // namespace

std::span<const Form> all_forms() { return kForms; }

const Form* find_form(std::string_view name) {
  const auto* found = std::find_if(kForms.begin(), kForms.end(),
                                   [&](const Form& form) { return form.name == name; });
  return found == kForms.end() ? nullptr : found;
}

}  // namespace weir::conserve
