#pragma once

// Store: the durable desired state, in SQLite. One connection, exclusive, WAL, synchronous=FULL.
// It stands between admission (whose documents it takes as they are) and the World and the API
// (which read it and follow its commits). `weir serve` owns the one Store of its data folder.
//
// Writes are transactions (all or nothing), queued from any thread and committed in groups by the
// store's own thread: one fsync serves every transaction that waited for it. A write is
// acknowledged after its commit is durable, and never otherwise. Reads come from an in-memory index
// of immutable objects, of what is committed, and take no part in I/O.
//
// resourceVersion is one counter for the whole store: it grows by one a written object, is never
// reused, not even after a crash.
//
// Trouble with the disk fails the transactions that met it (exhausted: no space; unavailable: an
// I/O error) and changes nothing else: reads go on, and the next transaction tries the disk again.
// A failed commit is not repeated. It can still be found done after a crash, as with any database.

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "controller/result.h"
#include "reconcilers/key.h"

namespace weir {

// One committed object: immutable, shared between the index, the watch history and the loop.
struct Stored {
  Key key;
  std::string uid;
  std::uint64_t version = 0;            // metadata.resourceVersion
  std::string json;                     // the whole object, canonical, resourceVersion included
  std::shared_ptr<const Object> typed;  // decoded once
};
using StoredPtr = std::shared_ptr<const Stored>;

// One step of history: what watchers and the loop see, in order.
struct Commit {
  enum class Type { added, modified, deleted } type = Type::added;
  StoredPtr object;    // for deleted: the last state, with the deletion's own resourceVersion
  StoredPtr previous;  // null for added: selectors need it (an object that leaves a selection)
};

// One write of a transaction. `json` is the admitted document, or `document` is: what weir itself
// wrote need not be printed to be parsed again, and the store takes it apart. The store sets
// metadata.resourceVersion, and on create uid (unless given) and creationTimestamp. On update it
// names the uid that it updates.
struct Write {
  enum class Type { create, update, remove } type = Type::create;
  Key key;
  std::string json = {};  // neither for remove
  std::shared_ptr<nlohmann::json> document = {};
  std::optional<std::uint64_t> expected_version = {};  // conflict unless it is the current one
  std::string expected_uid = {};                       // conflict unless it is the current one
};
struct Transaction {
  std::vector<Write> writes;
};
// One Stored a write, in order (for remove: the final state). An update whose json equals the
// stored one but for resourceVersion writes nothing and answers the stored object.
using OnCommit = std::function<void(Result<std::vector<StoredPtr>>)>;

struct StoreOptions {
  std::string path;           // DIR/weir.db; "" is not allowed
  bool own_thread = true;     // false: the caller drives commit_pending(), as the simulator does
  std::string vfs = {};       // SQLite VFS name: the tests' power-loss disk
  std::string key_file = {};  // 32 random bytes, 0600, made when absent: encrypts Secrets at
                              // rest; "": Secrets are stored as they are (tests)
  std::size_t history_max = 10000;       // commits kept for watches; older ones are Gone
  std::size_t history_bytes = 3u << 20;  // … and about how much memory they may hold
  std::size_t wal_pages = 1000;          // of 4 KiB: the write-ahead log beyond which it is copied
                                         // into the database
  // Both are called by submit(), on its caller's thread. Empty: the system's clock, random UUIDs.
  std::function<std::int64_t()> unix_seconds = {};  // for creationTimestamp
  std::function<std::string()> make_uid = {};       // seeded in the simulator
};

class Store {
 public:
  // Opens or creates, migrates the schema if it is older, refuses a newer one, takes the exclusive
  // lock ("already in use by another weir"), checks integrity. The folder must exist.
  static Result<std::unique_ptr<Store>> open(StoreOptions options);
  ~Store();  // commits what is queued
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  const std::string& id() const;  // made once with the database: label dev.weir.store

  // --- Reads, any thread ---------------------------------------------------------------------
  StoredPtr get(const Key& key) const;
  struct Listing {
    std::uint64_t version = 0;       // of the whole store at this instant
    std::vector<StoredPtr> objects;  // in key order
  };
  Listing list(Kind kind, const std::string& ns = {}) const;
  Listing list_all() const;

  // --- Writes, any thread ----------------------------------------------------------------------
  // `on_commit` runs on the store's thread, after subscribers have been told of the commit, and
  // must be quick: every other write waits behind it. It may call the store again, submit()
  // included. What is refused before it is queued (not a document, too large, the queue is full) is
  // answered at once, on the caller's thread.
  void submit(Transaction transaction, OnCommit on_commit);
  // With own_thread=false: commits what is queued now, as one group; false when nothing was.
  bool commit_pending();

  // --- Watches -----------------------------------------------------------------------------------
  // Every commit after `after_version`, in order, without a gap: first history, then live; called
  // on the store's thread (history, and what is committed while it is read: on the caller's). A
  // transaction is never split over two calls. Code::gone when that history is no longer kept, or
  // when the store has not reached that version.
  // The callback must be quick: live, it holds up every writer. Whoever has work to do copies the
  // span (a few pointers) and does it elsewhere. The subscription ends when the handle is
  // destroyed, which waits for a call in progress, unless it happens inside that call; no call
  // comes after.
  using OnCommits = std::function<void(std::span<const Commit>)>;
  Result<std::shared_ptr<void>> subscribe(std::uint64_t after_version, OnCommits on_commits);

  // For readyz and metrics: empty when writes work, else why not, or why soon not (disk full …).
  std::string trouble() const;
  std::size_t queued() const;           // transactions that wait for their commit
  std::uint64_t commits_total() const;  // fsynced groups
  std::uint64_t writes_total() const;   // acknowledged writes

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
