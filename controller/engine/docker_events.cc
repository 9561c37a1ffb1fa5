#include "controller/engine/docker_events.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "controller/engine/docker_wire.h"

namespace weir::engine {

namespace {

constexpr Duration kFirstPause(100);
constexpr Duration kLongestPause(5'000);
// The engine sends the headers of its answer a moment before it subscribes us. It replays what
// happened in these last seconds, so that nothing falls in between.
constexpr std::chrono::seconds kReplay(2);

}  // namespace

EventFollower::EventFollower(DockerApi& api, OnHint on_hint)
    : api_(api), on_hint_(std::move(on_hint)), pause_(kFirstPause) {}

void EventFollower::connect() {
  lines_ = {};
  const std::uint64_t connection = ++connection_;
  const auto now = std::chrono::system_clock::now() - kReplay;
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  ApiCall call{.what = "GET events",
               .path = "/events?since=" + std::to_string(since.count()) +
                       "&filters=" + escape(events_filter(api_.options().instance)),
               .on_sent =
                   [this, connection](std::uint64_t id) {
                     // The stream itself has no deadline, its beginning does.
                     api_.http().after(api_.options().deadlines.list, [this, connection, id] {
                       if (connection == connection_ && !open_) api_.http().cancel(id);
                     });
                   },
               .on_open = [this] { opened(); },
               .on_bytes =
                   [this](std::string_view piece) {
                     received(piece);
                     return true;
                   }};
  api_.call(std::move(call), [this](Result<HttpAnswer> answer) {
    if (!answer) {
      ended(answer.error().message);
    } else if (answer->status != 200) {
      ended("GET events: " + parse_message(answer->body));
    } else {
      ended("the engine ended the stream of events");
    }
  });
}

void EventFollower::opened() {
  open_ = true;
  pause_ = kFirstPause;
  last_lost_.clear();
  on_hint_({.what = Hint::What::connected});
}

void EventFollower::received(std::string_view piece) {
  const auto hint = [this](std::string_view line) {
    if (std::optional<std::string> id = parse_event(line)) {
      on_hint_({.what = Hint::What::container_changed, .container_id = std::move(*id)});
    }
  };
  // An unreadable line is a lost event, and those are expected: the next list shows all.
  if (!lines_.feed(piece, hint)) lines_ = {};
}

void EventFollower::ended(const std::string& why) {
  api_.forget_version();  // the engine may come back as a newer one
  if (std::exchange(open_, false) || why != last_lost_) {
    last_lost_ = why;
    on_hint_({.what = Hint::What::lost, .message = why});
  }
  api_.http().after(pause_, [this] { connect(); });
  pause_ = std::min(2 * pause_, kLongestPause);
}

}  // namespace weir::engine
