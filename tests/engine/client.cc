#include "tests/engine/client.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace weir::engine {

namespace {

constexpr std::chrono::seconds kReplyMax(300);
constexpr std::chrono::seconds kConditionMax(120);

std::string reply_text(const Done& done) { return done.id.empty() ? "done" : "done " + done.id; }
std::string reply_text(const Info& info) {
  return "info api=" + info.api_version + " id=" + info.engine_id +
         " server=" + info.server_version + " name=" + info.name + " os=" + info.operating_system +
         " kernel=" + info.kernel_version + " cpus=" + std::to_string(info.cpus) +
         " memory=" + std::to_string(info.memory_bytes);
}
std::string reply_text(const std::vector<Container>& containers) {
  std::vector<std::string> lines;
  for (const Container& container : containers) lines.push_back(text(container));
  std::sort(lines.begin(), lines.end());
  return join(lines);
}
std::string reply_text(const Container& container) { return text(container); }
std::string reply_text(const Image& image) {
  if (!image.present) return "no image";
  std::string line = "image " + image.id;
  for (const std::string& digest : image.digests) line += " " + digest;
  for (const std::string& word : image.entrypoint) line += " entrypoint=" + word;
  for (const std::string& word : image.command) line += " command=" + word;
  return line + (image.has_healthcheck ? " healthcheck" : "");
}
std::string reply_text(const ExecResult& exec) {
  return "exit " + std::to_string(exec.exit_code) + ": " + exec.output;
}
std::string reply_text(const Addresses& addresses) {
  std::string line = "addresses";
  for (const std::string& ip : addresses.ips) line += " " + ip;
  return line;
}
std::string reply_text(const Usage& u) {
  const auto n = [](std::int64_t number) { return " " + std::to_string(number); };
  std::string line = "usage cpu" + n(u.cpu_nanoseconds) + n(u.user_nanoseconds) +
                     n(u.system_nanoseconds) + " throttled" + n(u.cpu_periods) +
                     n(u.throttled_periods) + n(u.throttled_nanoseconds) + " memory" +
                     n(u.memory_bytes) + n(u.working_set_bytes) + n(u.rss_bytes) +
                     n(u.cache_bytes) + n(u.mapped_file_bytes) + " threads" + n(u.threads);
  for (const auto& [name, i] : u.networks) {
    line += "\n" + name + " in" + n(i.received_bytes) + n(i.received_packets) +
            n(i.receive_errors) + n(i.receive_drops) + " out" + n(i.sent_bytes) +
            n(i.sent_packets) + n(i.send_errors) + n(i.send_drops);
  }
  for (const auto& [name, d] : u.disks) {
    line += "\n" + name + " read" + n(d.reads) + n(d.read_bytes) + " written" + n(d.writes) +
            n(d.written_bytes);
  }
  return line;
}
std::string reply_text(const HttpResult& http) {
  return "http " + std::to_string(http.status) + ": " + http.body;
}

}  // namespace

std::string text(Code code) {
  switch (code) {
    case Code::not_found:
      return "not_found";
    case Code::already_exists:
      return "already_exists";
    case Code::conflict:
      return "conflict";
    case Code::invalid:
      return "invalid";
    case Code::bad_request:
      return "bad_request";
    case Code::denied:
      return "denied";
    case Code::unauthorized:
      return "unauthorized";
    case Code::gone:
      return "gone";
    case Code::too_large:
      return "too_large";
    case Code::unsupported:
      return "unsupported";
    case Code::unavailable:
      return "unavailable";
    case Code::timed_out:
      return "timed_out";
    case Code::exhausted:
      return "exhausted";
    case Code::internal:
      return "internal";
  }
  return "?";
}

std::string text(const Container& c) {
  std::string line = c.name + " " + std::string(text(c.state)) + " image=" + c.image;
  if (!c.uid.empty()) line += " uid=" + c.uid;
  if (!c.pod_name.empty()) line += " pod=" + c.pod_ns + "/" + c.pod_name;
  if (!c.owner.empty()) line += " owner=" + c.owner;
  if (!c.spec_hash.empty()) line += " spec=" + c.spec_hash;
  if (c.attempt != 0) line += " attempt=" + std::to_string(c.attempt);
  if (c.backoff != 0) line += " backoff=" + std::to_string(c.backoff);
  return line;
}

std::string text(const Result<Reply>& reply) {
  if (!reply) return text(reply.error().code) + ": " + reply.error().message;
  return std::visit([](const auto& value) { return reply_text(value); }, *reply);
}

std::string text(const Hint& hint) {
  switch (hint.what) {
    case Hint::What::connected:
      return "connected";
    case Hint::What::lost:
      return "lost: " + hint.message;
    case Hint::What::container_changed:
      return "changed " + hint.container_id;
  }
  return "?";
}

Client::Client(DockerOptions options) {
  Result<std::unique_ptr<Engine>> engine = connect_docker(std::move(options));
  if (!engine) throw std::runtime_error(engine.error().message);
  engine_ = *std::move(engine);
}

std::future<Result<Reply>> Client::begin(Request request) {
  const auto promise = std::make_shared<std::promise<Result<Reply>>>();
  engine_->submit(std::move(request),
                  [promise](Result<Reply> reply) { promise->set_value(std::move(reply)); });
  return promise->get_future();
}

Result<Reply> Client::ask(Request request) {
  std::future<Result<Reply>> reply = begin(std::move(request));
  if (reply.wait_for(kReplyMax) == std::future_status::ready) return reply.get();
  ADD_FAILURE() << "no reply came";
  return fail(Code::internal, "no reply came");
}

void Lines::add(std::string line) {
  const std::lock_guard lock(mutex_);
  lines_.push_back(std::move(line));
  changed_.notify_all();
}

std::vector<std::string> Lines::all() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

bool Lines::wait_for(const std::string& line, int count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kConditionMax,
                           [&] { return std::count(lines_.begin(), lines_.end(), line) >= count; });
}

void Lines::clear() {
  const std::lock_guard lock(mutex_);
  lines_.clear();
}

Log read_log(Engine& engine, LogOptions options) {
  Log log;
  std::promise<Result<void>> ended;
  const auto handle = engine.logs(
      std::move(options),
      [&log](std::string_view bytes) {
        log.bytes += bytes;
        return true;
      },
      [&ended](Result<void> result) { ended.set_value(std::move(result)); });
  log.end = ended.get_future().get();
  return log;
}

std::string join(const std::vector<std::string>& lines) {
  std::string joined;
  for (const std::string& line : lines) joined += line + "\n";
  return joined;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

}  // namespace weir::engine
