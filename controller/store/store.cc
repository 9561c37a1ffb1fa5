#include "controller/store/store.h"

#include <openssl/rand.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <ctime>
#include <deque>
#include <mutex>
#include <thread>

#include "controller/store/lock_file.h"
#include "controller/store/records.h"
#include "controller/store/subscribers.h"

namespace weir {
namespace {

// A queue beyond this waits for a disk that does not keep up: better to say so than to grow.
constexpr std::size_t kMaxQueued = 4096;
constexpr std::size_t kMaxQueuedBytes = 32u << 20;
// One group: bounded so that the first of it is not kept waiting for the last.
constexpr std::size_t kMaxGroup = 512;
constexpr std::size_t kMaxTransactionWrites = 10000;

constexpr char kStoreId[] = "store_id";
constexpr char kKeyFingerprint[] = "key_fingerprint";

std::string random_uuid() {
  std::array<unsigned char, 16> bytes = {};
  // It cannot fail once OpenSSL has been seeded, and without randomness nothing here is safe.
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) std::abort();
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kHex[bytes[i] >> 4];
    text += kHex[bytes[i] & 15];
  }
  return text;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

struct Pending {
  std::vector<PreparedWrite> writes;
  OnCommit on_commit;
  std::size_t bytes = 0;
};

std::size_t bytes_of(const PreparedWrite& write) {
  const auto& document = write.document;
  return sizeof(write) + (document ? document->head.size() + document->tail.size() : 0);
}

}  // namespace

struct Store::Impl {
  explicit Impl(StoreOptions given)
      : options(std::move(given)), history(options.history_max, options.history_bytes) {
    if (!options.make_uid) options.make_uid = random_uuid;
    if (!options.unix_seconds) {
      options.unix_seconds = [] { return static_cast<std::int64_t>(std::time(nullptr)); };
    }
  }

  Result<void> open();
  Result<void> open_key();
  void run();
  std::vector<Pending> take_group();
  void commit(std::vector<Pending> group);
  Result<void> write(const std::vector<Commit>& commits, std::size_t forget);
  void show(const Batch& batch, std::size_t forget);
  void set_trouble(const std::string& what);

  StoreOptions options;
  std::string id;

  // The store's thread (or, without one, whoever calls commit_pending) alone.
  LockFile lock_file;
  std::unique_ptr<Database> database;
  Sealer sealer;

  // What is committed. Changed by the store's thread under `state`, so that it may read without.
  mutable std::mutex state;
  Index index;
  std::uint64_t version = 0;
  History history;
  std::string trouble;
  Subscribers subscribers;

  mutable std::mutex queue_mutex;
  std::condition_variable queue_filled;
  std::deque<Pending> queue;
  std::size_t queued_bytes = 0;
  bool stopping = false;

  std::atomic<std::uint64_t> commits_total = 0;
  std::atomic<std::uint64_t> writes_total = 0;
  std::thread thread;
};

Result<void> Store::Impl::open() {
  if (options.path.empty()) return fail(Code::invalid, "the store needs a path");
  if (options.vfs.empty()) {
    TRY(lock_file, LockFile::take(folder_of(options.path) + "/lock"));
  }
  TRY(database, Database::open({.path = options.path,
                                .vfs = options.vfs,
                                .wal_pages = options.wal_pages,
                                .migrations = {}}));
  TRY(id, database->value(kStoreId));
  if (id.empty()) {
    id = options.make_uid();
    TRY_VOID(database->set_value(kStoreId, id));
  }
  TRY_VOID(open_key());
  TRY(Recovered recovered, recover(*database, sealer, history));
  index = std::move(recovered.index);
  version = recovered.version;
  return {};
}

// The key's fingerprint is in the database before anything sealed with it is.
Result<void> Store::Impl::open_key() {
  TRY(const std::string known, database->value(kKeyFingerprint));
  TRY(sealer, Sealer::open(options.key_file, /*may_create=*/known.empty()));
  if (sealer.fingerprint() == known) return {};
  if (known.empty()) return database->set_value(kKeyFingerprint, sealer.fingerprint());
  return fail(Code::denied, options.path + ": its Secrets were encrypted with another key than " +
                                (options.key_file.empty() ? "none" : options.key_file) +
                                ": put the key file back that belongs to this folder");
}

void Store::Impl::run() {
  while (true) {
    std::vector<Pending> group = take_group();
    if (group.empty()) return;
    commit(std::move(group));
  }
}

// Waits for work when there is a thread to wait; empty: nothing is left to do.
std::vector<Pending> Store::Impl::take_group() {
  std::unique_lock lock(queue_mutex);
  if (options.own_thread) queue_filled.wait(lock, [&] { return stopping || !queue.empty(); });
  std::vector<Pending> group;
  while (!queue.empty() && group.size() < kMaxGroup) {
    queued_bytes -= queue.front().bytes;
    group.push_back(std::move(queue.front()));
    queue.pop_front();
  }
  return group;
}

void Store::Impl::commit(std::vector<Pending> group) {
  Batch batch(index, version);
  std::vector<Result<std::vector<StoredPtr>>> answers;
  for (Pending& pending : group) answers.push_back(batch.add(std::move(pending.writes)));
  if (!batch.commits().empty()) {
    const std::size_t forget = history.overdue(batch.commits());
    const Result<void> written = write(batch.commits(), forget);
    set_trouble(written ? "" : written.error().message);
    if (written) {
      ++commits_total;
      writes_total += batch.commits().size();
      show(batch, forget);
    } else {
      // The refused ones too: they may have met a write of this group that is now undone.
      for (auto& answer : answers) answer = tl::unexpected(written.error());
    }
  }
  for (std::size_t i = 0; i < group.size(); ++i) group[i].on_commit(std::move(answers[i]));
  if (const Result<void> copied = database->checkpoint_if_due(); !copied) {
    set_trouble(copied.error().message);
  }
}

Result<void> Store::Impl::write(const std::vector<Commit>& commits, std::size_t forget) {
  std::vector<LogRow> rows;
  for (const Commit& commit : commits) {
    TRY(LogRow row, row_of(commit, sealer));
    rows.push_back(std::move(row));
  }
  return database->commit(rows, history.useless_rows(forget), history.after_forgetting(forget));
}

// Makes a durable batch visible, then tells the subscribers.
void Store::Impl::show(const Batch& batch, std::size_t forget) {
  std::vector<std::shared_ptr<Subscriber>> told;
  {
    const std::lock_guard lock(state);
    for (const Commit& commit : batch.commits()) {
      apply(index, commit);
      history.add(commit);
    }
    history.forget(forget);
    version = batch.version();
    told = subscribers.now();
  }
  Subscribers::publish(told, batch.commits());
}

void Store::Impl::set_trouble(const std::string& what) {
  const std::lock_guard lock(state);
  trouble = what;
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Store>> Store::open(StoreOptions options) {
  auto impl = std::make_unique<Impl>(std::move(options));
  TRY_VOID(impl->open());
  if (impl->options.own_thread) impl->thread = std::thread([self = impl.get()] { self->run(); });
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

Store::~Store() {
  if (!impl_->thread.joinable()) {
    while (commit_pending()) {
    }
    return;
  }
  {
    const std::lock_guard lock(impl_->queue_mutex);
    impl_->stopping = true;
  }
  impl_->queue_filled.notify_one();
  impl_->thread.join();
}

const std::string& Store::id() const { return impl_->id; }

StoredPtr Store::get(const Key& key) const {
  const std::lock_guard lock(impl_->state);
  const auto found = impl_->index.find(key);
  return found == impl_->index.end() ? nullptr : found->second;
}

Store::Listing Store::list(Kind kind, const std::string& ns) const {
  const std::lock_guard lock(impl_->state);
  Listing listing{.version = impl_->version, .objects = {}};
  auto entry = impl_->index.lower_bound(Key{.kind = kind, .ns = ns, .name = {}});
  for (; entry != impl_->index.end() && entry->first.kind == kind; ++entry) {
    if (!ns.empty() && entry->first.ns != ns) break;
    listing.objects.push_back(entry->second);
  }
  return listing;
}

Store::Listing Store::list_all() const {
  const std::lock_guard lock(impl_->state);
  Listing listing{.version = impl_->version, .objects = {}};
  listing.objects.reserve(impl_->index.size());
  for (const auto& [key, object] : impl_->index) listing.objects.push_back(object);
  return listing;
}

void Store::submit(Transaction transaction, OnCommit on_commit) {
  if (transaction.writes.size() > kMaxTransactionWrites) {
    return on_commit(fail(Code::too_large, "the store takes at most " +
                                               std::to_string(kMaxTransactionWrites) +
                                               " writes in one transaction: split it"));
  }
  Pending pending{.writes = {}, .on_commit = std::move(on_commit)};
  const PrepareOptions prepare_options{.unix_seconds = impl_->options.unix_seconds,
                                       .make_uid = impl_->options.make_uid};
  for (Write& write : transaction.writes) {
    Result<PreparedWrite> prepared = prepare(std::move(write), prepare_options);
    if (!prepared) return pending.on_commit(tl::unexpected(std::move(prepared).error()));
    pending.bytes += bytes_of(*prepared);
    pending.writes.push_back(*std::move(prepared));
  }
  {
    const std::lock_guard lock(impl_->queue_mutex);
    // A single transaction of any size is let in when nothing waits.
    if (impl_->queue.empty() || (impl_->queue.size() < kMaxQueued &&
                                 impl_->queued_bytes + pending.bytes <= kMaxQueuedBytes)) {
      impl_->queued_bytes += pending.bytes;
      impl_->queue.push_back(std::move(pending));
      impl_->queue_filled.notify_one();
      return;
    }
  }
  pending.on_commit(fail(Code::exhausted,
                         impl_->options.path + ": too many writes wait for the disk: try again"));
}

bool Store::commit_pending() {
  if (impl_->options.own_thread) return false;
  std::vector<Pending> group = impl_->take_group();
  if (group.empty()) return false;
  impl_->commit(std::move(group));
  return true;
}

Result<std::shared_ptr<void>> Store::subscribe(std::uint64_t after_version, OnCommits on_commits) {
  std::shared_ptr<Subscriber> subscriber;
  std::vector<Commit> past;
  {
    const std::lock_guard lock(impl_->state);
    TRY(past, impl_->history.since(after_version, impl_->version));
    subscriber = impl_->subscribers.add(std::move(on_commits));
  }
  return Subscribers::replay(std::move(subscriber), past);
}

std::size_t Store::queued() const {
  const std::lock_guard lock(impl_->queue_mutex);
  return impl_->queue.size();
}

std::string Store::trouble() const {
  const std::lock_guard lock(impl_->state);
  return impl_->trouble;
}

std::uint64_t Store::commits_total() const { return impl_->commits_total; }
std::uint64_t Store::writes_total() const { return impl_->writes_total; }

}  // namespace weir
