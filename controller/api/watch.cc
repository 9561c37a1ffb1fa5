#include "controller/api/watch.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>

#include "controller/api/status.h"
#include "controller/api/table.h"

namespace weir::rest {
namespace {

using nlohmann::json;
using Steady = std::chrono::steady_clock;

// More than the store's whole history: a watch that starts with all of it is not too slow.
constexpr std::size_t kQueueMax = 20'000;
constexpr std::size_t kBatchBytes = 256 * 1024;  // one write to the socket
constexpr std::chrono::seconds kBookmarkEvery{60};

// What a commit is to a watcher of this selection. An object that leaves it is DELETED, one that
// enters it is ADDED.
enum class Change { none, added, modified, deleted };

Change change_of(const Selection& selection, const Commit& commit) {
  const bool before = commit.previous && selection.matches(*commit.previous);
  if (commit.type == Commit::Type::deleted) {
    return before || selection.matches(*commit.object) ? Change::deleted : Change::none;
  }
  const bool after = selection.matches(*commit.object);
  if (before) return after ? Change::modified : Change::deleted;
  return after ? Change::added : Change::none;
}

const char* word(Change change) {
  switch (change) {
    case Change::added:
      return "ADDED";
    case Change::modified:
      return "MODIFIED";
    default:
      return "DELETED";
  }
}

struct Event {
  Change change = Change::none;
  StoredPtr object = {};
  std::uint64_t version = 0;  // of the change; an object that left a selection is an older state
};

// Where the store's thread leaves changes for the request's thread.
class Queue {
 public:
  explicit Queue(const Selection& selection) : selection_(selection) {}

  void put(std::span<const Commit> commits) {
    const std::lock_guard lock(mutex_);
    for (const Commit& commit : commits) {
      version_ = commit.object->version;
      const Change change = change_of(selection_, commit);
      if (change == Change::none) continue;
      const bool left = change == Change::deleted && commit.type != Commit::Type::deleted;
      if (events_.size() >= kQueueMax) {
        overflowed_ = true;
        continue;
      }
      events_.push_back({change, left ? commit.previous : commit.object, version_});
    }
    wake_.notify_one();
  }

  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    wake_.notify_one();
  }

  struct Taken {
    std::deque<Event> events = {};
    std::uint64_t version = 0;  // all changes up to this have been taken
    bool overflowed = false;
    bool ended = false;
  };
  // What came, as soon as something came; nothing at the deadline.
  Taken take(Steady::time_point deadline) {
    std::unique_lock lock(mutex_);
    wake_.wait_until(lock, deadline, [this] { return ended_ || overflowed_ || !events_.empty(); });
    Taken taken{.version = version_, .overflowed = overflowed_, .ended = ended_};
    taken.events.swap(events_);
    return taken;
  }

  void start_at(std::uint64_t version) { version_ = version; }

 private:
  const Selection& selection_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Event> events_;
  std::uint64_t version_ = 0;
  bool overflowed_ = false;
  bool ended_ = false;
};

// Events as lines, in the form that the client asked for.
class Encoder {
 public:
  Encoder(const WatchOptions& options, std::function<Time()> now)
      : options_(options), now_(std::move(now)) {}

  std::string event(Change change, const Stored& object, std::uint64_t version) {
    const bool as_stored = version == object.version;
    if (options_.form.type == Form::Type::object && as_stored)
      return line(word(change), object.json);
    json document = json::parse(object.json);
    document["metadata"]["resourceVersion"] = std::to_string(version);
    return line(word(change), shaped(std::move(document), *object.typed).dump());
  }

  std::string bookmark(std::uint64_t version) {
    const std::string text = std::to_string(version);
    if (options_.form.type == Form::Type::table) return line("BOOKMARK", table(text).dump());
    const KindInfo& kind = info(options_.selection.kind());
    json document = {{"kind", kind.name},
                     {"apiVersion", kind.api_version},
                     {"metadata", {{"resourceVersion", text}, {"creationTimestamp", nullptr}}}};
    if (options_.form.type == Form::Type::metadata) {
      document = partial_metadata(options_.form, std::move(document));
    }
    return line("BOOKMARK", document.dump());
  }

  static std::string error(const Error& error) {
    return line("ERROR", status_object(error).dump());
  }

 private:
  static std::string line(const char* type, const std::string& object) {
    return std::string("{\"type\":\"") + type + "\",\"object\":" + object + "}\n";
  }

  TableOptions table_options() const {
    return {.kind = options_.selection.kind(),
            .form = options_.form,
            .include_object = options_.include_object,
            .now = now_()};
  }

  // Column definitions come with the first table only, as clients expect.
  json table(const std::string& version) {
    json out = empty_table(table_options(), version);
    if (std::exchange(columns_sent_, true)) out["columnDefinitions"] = nullptr;
    return out;
  }

  json shaped(json document, const Object& object) {
    if (options_.form.type == Form::Type::object) return document;
    if (options_.form.type == Form::Type::metadata) {
      return partial_metadata(options_.form, std::move(document));
    }
    json out = table(document["metadata"].value("resourceVersion", ""));
    out["rows"].push_back(table_row(table_options(), std::move(document), object));
    return out;
  }

  const WatchOptions& options_;
  std::function<Time()> now_;
  bool columns_sent_ = false;
};

class Watcher {
 public:
  Watcher(Store& store, std::function<Time()> now, WatchOptions options)
      : store_(store), options_(std::move(options)), encoder_(options_, std::move(now)) {}

  void run(Stream& stream) {
    const auto end =
        options_.timeout ? Steady::now() + *options_.timeout : Steady::time_point::max();
    std::uint64_t since = options_.since.value_or(0);
    if (!options_.since && !send_present(stream, since)) return;
    queue_.start_at(since);
    stream.on_gone([this] { queue_.end(); });
    const auto subscription =
        store_.subscribe(since, [this](std::span<const Commit> commits) { queue_.put(commits); });
    if (!subscription) {
      stream.write(Encoder::error(expired(since)));
      return;
    }
    follow(stream, end);
  }

 private:
  static Error expired(std::uint64_t since) {
    return {.code = Code::gone,
            .message = "too old resource version: " + std::to_string(since) + "; list again"};
  }

  bool send_present(Stream& stream, std::uint64_t& version) {
    const Store::Listing listing = options_.selection.list(store_);
    version = listing.version;
    std::string batch;
    for (const StoredPtr& object : listing.objects) {
      batch += encoder_.event(Change::added, *object, object->version);
      if (batch.size() >= kBatchBytes && !stream.write(std::exchange(batch, {}))) return false;
    }
    return stream.write(batch);
  }

  void follow(Stream& stream, Steady::time_point end) {
    auto next_bookmark = Steady::now() + kBookmarkEvery;
    while (true) {
      const Queue::Taken taken = queue_.take(std::min(next_bookmark, end));
      if (taken.ended || !send(stream, taken.events)) return;
      if (taken.overflowed) {
        stream.write(Encoder::error(expired(taken.version)));
        return;
      }
      const auto now = Steady::now();
      if (now < next_bookmark && now < end) continue;
      if (options_.bookmarks && !stream.write(encoder_.bookmark(taken.version))) return;
      if (now >= end) return;
      next_bookmark = now + kBookmarkEvery;
    }
  }

  bool send(Stream& stream, const std::deque<Event>& events) {
    std::string batch;
    for (const Event& event : events) {
      batch += encoder_.event(event.change, *event.object, event.version);
      if (batch.size() >= kBatchBytes && !stream.write(std::exchange(batch, {}))) return false;
    }
    return batch.empty() || stream.write(batch);
  }

  Store& store_;
  const WatchOptions options_;
  Encoder encoder_;
  Queue queue_{options_.selection};
};

}  // namespace

Response watch(Store& store, std::function<Time()> now, WatchOptions options) {
  const auto watcher = std::make_shared<Watcher>(store, std::move(now), std::move(options));
  return {.stream = [watcher](Stream& stream) { watcher->run(stream); }};
}

}  // namespace weir::rest
