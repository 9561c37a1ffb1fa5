#pragma once

// Database: the one file that speaks SQLite. It keeps a log of object states in version order, from
// which the store rebuilds its index and its watch history at start, and a few named values.
//
// The log is the whole state: the last row of an object is the object, the rows before it are the
// history that watches read. So a body is written once, where a table of objects beside a table of
// history would write it twice. A row is forgotten when the history no longer needs it and another
// row, or a deletion, stands in its place; the newest row is never forgotten, so that the highest
// version in the log is the last one given out.
//
// Owned by the store, used by one thread at a time. Errors name the file and what to do about it:
//   exhausted    no space left          unavailable  an I/O error, or someone else has the file
//   unsupported  a newer schema         internal     damage

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "controller/result.h"

namespace weir {

struct LogRow {
  std::uint64_t version = 0;
  std::string change = {};  // added, modified, deleted
  std::string api_version = {};
  std::string kind = {};  // by name: the order of enum Kind may change between releases
  std::string ns = {};
  std::string name = {};
  std::string uid = {};
  std::string body = {};  // the object's JSON, or sealed bytes
  bool sealed = false;
};

struct DatabaseOptions {
  std::string path;
  std::string vfs = {};
  std::size_t wal_pages = 1000;  // when checkpoint_if_due() copies the write-ahead log
  // Ordered migrations: entry n takes the schema from version n to n + 1. Empty: weir's own.
  std::span<const char* const> migrations = {};
};

class Database {
 public:
  // Opens or creates, takes the exclusive lock, migrates, checks integrity.
  static Result<std::unique_ptr<Database>> open(const DatabaseOptions& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Named values. An absent one reads as "".
  Result<std::string> value(const std::string& name);
  Result<void> set_value(const std::string& name, const std::string& value);

  // Every row in version order; stops at the first error that `each` returns.
  Result<void> read_log(const std::function<Result<void>(LogRow)>& each);

  // One durable commit: what is added, what is forgotten, and the version after which the history
  // is whole. When it fails, nothing of it is there.
  Result<void> commit(std::span<const LogRow> add, std::span<const std::uint64_t> forget,
                      std::uint64_t history_after);
  Result<std::uint64_t> history_after();

  // Copies the write-ahead log into the database once it is long. Apart from commit(), so that no
  // acknowledgement waits for it.
  Result<void> checkpoint_if_due();

 private:
  struct Impl;
  explicit Database(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
