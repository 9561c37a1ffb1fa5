#include "controller/engine/docker_logs.h"

#include <utility>

#include "controller/engine/docker_wire.h"

namespace weir::engine {

LogStream::LogStream(DockerApi& api, LogOptions options,
                     std::function<bool(std::string_view)> on_bytes,
                     std::function<void(Result<void>)> on_end)
    : api_(api),
      options_(std::move(options)),
      on_bytes_(std::move(on_bytes)),
      on_end_(std::move(on_end)) {}

// Only the container's configuration says for sure whether its log has frames.
void LogStream::start() {
  ApiCall inspect{.what = "logs of " + options_.id,
                  .path = "/containers/" + escape(options_.id) + "/json",
                  .deadline = api_.options().deadlines.inspect};
  api_.call(std::move(inspect), [self = shared_from_this()](Result<HttpAnswer> answer) {
    if (!answer) return self->end(tl::unexpected(std::move(answer).error()));
    if (answer->status != 200) {
      return self->end(tl::unexpected(error_of(answer->status, parse_message(answer->body))));
    }
    const Result<bool> tty = parse_tty(answer->body);
    if (!tty) return self->end(tl::unexpected(tty.error()));
    self->read(!*tty);
  });
}

void LogStream::cancel() {
  cancelled_ = true;
  if (transfer_ != 0) api_.http().cancel(transfer_);
}

void LogStream::read(bool framed) {
  if (cancelled_) return end({});
  std::string path = "/containers/" + escape(options_.id) + "/logs?stdout=1&stderr=1";
  path += "&tail=" + (options_.tail_lines < 0 ? "all" : std::to_string(options_.tail_lines));
  if (options_.since_seconds > 0) path += "&since=" + std::to_string(options_.since_seconds);
  if (options_.follow) path += "&follow=1";
  if (options_.timestamps) path += "&timestamps=1";
  const auto self = shared_from_this();
  ApiCall call{
      .what = "logs of " + options_.id,
      .path = std::move(path),
      .silence = options_.follow ? Duration(0) : api_.options().deadlines.silence,
      .on_sent = [self](std::uint64_t id) { self->transfer_ = id; },
      .on_bytes = [self, framed](std::string_view piece) { return self->received(piece, framed); }};
  api_.call(std::move(call), [self](Result<HttpAnswer> answer) {
    if (self->cancelled_) return self->end({});
    if (!answer) return self->end(tl::unexpected(std::move(answer).error()));
    if (answer->status != 200) {
      return self->end(tl::unexpected(error_of(answer->status, parse_message(answer->body))));
    }
    self->end(self->trouble_);
  });
}

bool LogStream::received(std::string_view piece, bool framed) {
  if (cancelled_) return false;
  if (!framed) return on_bytes_(piece);
  const Result<bool> more = frames_.feed(piece, on_bytes_);
  if (!more) trouble_ = tl::unexpected(more.error());
  return more.value_or(false);
}

void LogStream::end(Result<void> result) {
  if (on_end_) std::exchange(on_end_, nullptr)(std::move(result));
}

}  // namespace weir::engine
