#include "controller/loop/recorder.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/admission/codec.h"

namespace weir {

namespace {

constexpr std::chrono::hours kKept{1};
constexpr std::size_t kEventsMax = 5000;
constexpr std::size_t kPendingMax = 1000;       // a flood between two commits is cut here
constexpr std::size_t kMessageBytesMax = 1024;  // Kubernetes: an Event's note has at most 1 kB

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (unsigned char byte : text) hash = (hash ^ byte) * 1099511628211ULL;
  return hash;
}

std::string hex(std::uint64_t value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out(16, '0');
  for (auto it = out.rbegin(); it != out.rend(); ++it, value >>= 4) *it = kDigits[value & 15];
  return out;
}

// The name holds a hash of the words, so that the same words again find the same Event.
Key event_key(const EventNote& note, const std::string& uid) {
  const std::string words = text(note.about) + uid + note.reason + note.message;
  return {.kind = Kind::Event,
          .ns = note.about.ns.empty() ? "default" : note.about.ns,
          .name = note.about.name.substr(0, 230) + "." + hex(fnv1a(words))};
}

}  // namespace

void Recorder::record(const World& world, const EventNote& note) {
  if (pending_.size() >= kPendingMax) return;
  const Object* object = world.find(note.about);
  const std::string uid = object ? meta(*object).uid : "";
  const Time now = clock_.now();
  Pending& pending = pending_[event_key(note, uid)];
  if (pending.count++ == 0) {
    pending.note = note;
    pending.uid = uid;
    pending.first_at = now;
  }
  pending.last_at = now;
}

Write Recorder::write_of(const Key& key, const Pending& pending) const {
  const StoredPtr stored = store_.get(key);
  api::Event event;
  if (stored) event = std::get<api::Event>(*stored->typed);
  const KindInfo& about = info(pending.note.about.kind);
  event.metadata.namespace_ = key.ns;
  event.metadata.name = key.name;
  event.involvedObject.kind = about.name;
  event.involvedObject.apiVersion = about.api_version;
  event.involvedObject.namespace_ = pending.note.about.ns;
  event.involvedObject.name = pending.note.about.name;
  event.involvedObject.uid = pending.uid;
  event.reason = pending.note.reason;
  event.message = pending.note.message.substr(0, kMessageBytesMax);
  event.type = pending.note.warning ? "Warning" : "Normal";
  event.reportingComponent = "weir";
  event.source.component = "weir";
  if (!event.firstTimestamp) event.firstTimestamp = to_seconds(pending.first_at);
  event.lastTimestamp = to_seconds(pending.last_at);
  event.count += pending.count;
  return {.type = stored ? Write::Type::update : Write::Type::create,
          .key = key,
          .document = std::make_shared<nlohmann::json>(encode(Object(event)))};
}

void Recorder::flush() {
  if (pending_.empty() || writing_) return;
  Transaction transaction;
  for (const auto& [key, pending] : pending_) {
    transaction.writes.push_back(write_of(key, pending));
  }
  pending_.clear();
  writing_ = true;
  store_.submit(std::move(transaction),
                [this, &mailbox = mailbox_](Result<std::vector<StoredPtr>>) {
                  // A lost Event loses nothing but words; the store's trouble is told by its own
                  // metric.
                  mailbox.post([this] {
                    writing_ = false;
                    flush();
                  });
                });
}

void Recorder::expire() {
  std::vector<StoredPtr> events = store_.list(Kind::Event).objects;
  const auto last_seen = [](const StoredPtr& stored) {
    const auto& event = std::get<api::Event>(*stored->typed);
    return event.lastTimestamp ? *event.lastTimestamp : std::chrono::sys_seconds{};
  };
  std::sort(events.begin(), events.end(),
            [&](const StoredPtr& a, const StoredPtr& b) { return last_seen(a) < last_seen(b); });
  const std::chrono::sys_seconds oldest = to_seconds(clock_.now() - kKept);
  Transaction transaction;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (last_seen(events[i]) >= oldest && events.size() - i <= kEventsMax) break;
    transaction.writes.push_back({.type = Write::Type::remove, .key = events[i]->key});
  }
  if (!transaction.writes.empty()) store_.submit(std::move(transaction), [](auto&&) {});
}

}  // namespace weir
