#include "controller/gateway/http2.h"

#include <algorithm>
#include <cstring>

namespace weir::gateway {

namespace {

constexpr std::size_t kContinuationsMax = 8;
constexpr std::size_t kAcksMax = 100;         // of pings and settings, that the peer does not take
constexpr std::size_t kSettingsMax = 32;      // in a frame
constexpr std::uint64_t kResetsAtOnce = 100;  // CVE-2023-44487
constexpr std::uint64_t kResetsASecond = 10;

}  // namespace

Http2CallbacksPtr make_http2_callbacks() {
  nghttp2_session_callbacks* made = nullptr;
  nghttp2_session_callbacks_new(&made);
  return Http2CallbacksPtr(made);
}

Http2OptionPtr make_http2_options() {
  nghttp2_option* made = nullptr;
  nghttp2_option_new(&made);
  nghttp2_option_set_no_auto_window_update(made, 1);
  nghttp2_option_set_no_closed_streams(made, 1);
  nghttp2_option_set_max_continuations(made, kContinuationsMax);
  nghttp2_option_set_max_outbound_ack(made, kAcksMax);
  nghttp2_option_set_max_settings(made, kSettingsMax);
  nghttp2_option_set_stream_reset_rate_limit(made, kResetsAtOnce, kResetsASecond);
  return Http2OptionPtr(made);
}

void Http2Fields::add(std::string_view name, std::string_view value) {
  Place place{.name = bytes_.size(), .value = bytes_.size() + name.size(), .end = 0};
  for (const char c : name) {
    bytes_.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
  }
  place.end = bytes_.append(value).size();
  places_.push_back(place);
}

const std::vector<nghttp2_nv>& Http2Fields::list() {
  auto* const bytes = reinterpret_cast<std::uint8_t*>(bytes_.data());
  list_.clear();
  for (const Place& p : places_) {
    list_.push_back({.name = bytes + p.name,
                     .value = bytes + p.value,
                     .namelen = p.value - p.name,
                     .valuelen = p.end - p.value,
                     .flags = NGHTTP2_NV_FLAG_NONE});
  }
  return list_;
}

std::size_t Http2Outgoing::take(std::uint8_t* to, std::size_t most) {
  const std::size_t count = std::min(most, size());
  if (count > 0) std::memcpy(to, bytes_.data() + taken_, count);
  taken_ += count;
  if (size() == 0) {
    bytes_.clear();
    taken_ = 0;
  }
  return count;
}

bool Budget::spend(std::chrono::steady_clock::time_point now) {
  const std::chrono::duration<double> since = now - last_;
  last_ = now;
  left_ = std::min(burst_, left_ + since.count() * a_second_) - 1;
  return left_ >= 0;
}

}  // namespace weir::gateway
