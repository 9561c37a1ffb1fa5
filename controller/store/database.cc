#include "controller/store/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace weir {
namespace {

// The schema, as the ordered steps that led to it. Never edit a step that was released; add one.
constexpr std::array kMigrations = {
    R"(CREATE TABLE log (
         version     INTEGER PRIMARY KEY,  -- metadata.resourceVersion
         change      TEXT NOT NULL,        -- added, modified, deleted
         api_version TEXT NOT NULL,
         kind        TEXT NOT NULL,
         namespace   TEXT NOT NULL,
         name        TEXT NOT NULL,
         uid         TEXT NOT NULL,
         body        ANY NOT NULL          -- TEXT: the object as JSON. BLOB: the same, encrypted
       ) STRICT;
       CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;)",
};

constexpr int kApplicationId = 0x77656972;  // "weir": tells our files from anybody else's
constexpr char kHistoryAfter[] = "history_after";

// EXCLUSIVE: this connection is the only one, which keeps the shared-memory file away, and with it
// a corruption bug of SQLite before 3.51.3 that needs two connections. It must come before WAL.
// cache_spill=OFF: the disk is touched at COMMIT only, so that is where a full one shows.
// The checkpoint is ours to call (checkpoint_if_due). Cache: 1 MiB, as reads do not come here.
constexpr char kSetup[] =
    "PRAGMA locking_mode=EXCLUSIVE;"
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA secure_delete=ON;"
    "PRAGMA cache_size=-1024;"
    "PRAGMA cache_spill=OFF;"
    "PRAGMA wal_autocheckpoint=0;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA trusted_schema=OFF;";

struct StatementDeleter {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, StatementDeleter>;

struct ConnectionDeleter {
  void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
};
using Connection = std::unique_ptr<sqlite3, ConnectionDeleter>;

std::string column_bytes(sqlite3_stmt* statement, int column) {
  // Blob first: it returns the bytes of TEXT and BLOB alike.
  const void* bytes = sqlite3_column_blob(statement, column);
  const int size = sqlite3_column_bytes(statement, column);
  return bytes ? std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size)) : "";
}

void bind_text(sqlite3_stmt* statement, int index, const std::string& text) {
  sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

bool no_space(int code, int system_errno) {
  if ((code & 0xff) == SQLITE_FULL) return true;
  return (code & 0xff) == SQLITE_IOERR && (system_errno == ENOSPC || system_errno == EDQUOT);
}

}  // namespace

struct Database::Impl {
  std::string path;
  // Before the statements: they must be finalised first.
  Connection connection;
  Statement insert;
  Statement forget;
  Statement set_value;
  std::size_t wal_pages_max = 0;
  std::size_t wal_pages = 0;

  sqlite3* db() const { return connection.get(); }

  tl::unexpected<Error> error(int code) const {
    const int system_errno = db() ? sqlite3_system_errno(db()) : 0;
    const std::string why = db() ? sqlite3_errmsg(db()) : sqlite3_errstr(code);
    const std::string os = system_errno ? ": " + std::string(std::strerror(system_errno)) : "";
    if (no_space(code, system_errno)) {
      return fail(Code::exhausted,
                  path + ": no space left on the disk: free some, and writes work again at once");
    }
    switch (code & 0xff) {
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
        return fail(Code::unavailable,
                    path + ": is open in another program: close it, then start weir again");
      case SQLITE_CORRUPT:
      case SQLITE_NOTADB:
        return fail(Code::internal, path + ": the database is damaged (" + why +
                                        "): stop weir and put a backup of the folder in its place");
      case SQLITE_CANTOPEN:
        return fail(Code::unavailable, path + ": cannot be opened (" + why + os +
                                           "): check that its folder exists and may be written");
      case SQLITE_IOERR:
        return fail(Code::unavailable,
                    path + ": I/O error (" + sqlite3_errstr(code) + os + "): check the disk");
      case SQLITE_READONLY:
        return fail(Code::unavailable, path + ": cannot be written (" + why +
                                           "): make the file and its file system writable");
      case SQLITE_NOMEM:
        return fail(Code::exhausted, path + ": out of memory: nothing is lost, try again");
      default:
        return fail(Code::internal, path + ": " + why + " (SQLite " + std::to_string(code) + ")");
    }
  }

  Result<void> execute(const char* sql) const {
    const int code = sqlite3_exec(db(), sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return error(code);
    return {};
  }

  Result<Statement> prepare(const char* sql) const {
    sqlite3_stmt* statement = nullptr;
    const int code =
        sqlite3_prepare_v3(db(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return error(code);
    return Statement(statement);
  }

  // Runs a prepared statement that returns no row, and makes it ready for the next time.
  Result<void> run(sqlite3_stmt* statement) const {
    const int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    if (code != SQLITE_DONE) return error(code);
    return {};
  }

  // The first column of the first row; "" when there is none.
  Result<std::string> one(const char* sql) const {
    TRY(const Statement statement, prepare(sql));
    const int code = sqlite3_step(statement.get());
    if (code != SQLITE_ROW && code != SQLITE_DONE) return error(code);
    return code == SQLITE_ROW ? column_bytes(statement.get(), 0) : std::string();
  }

  Result<void> transaction(const std::function<Result<void>()>& body) const {
    TRY_VOID(execute("BEGIN IMMEDIATE"));
    Result<void> result = body();
    if (result) result = execute("COMMIT");
    // Some errors roll back on their own; the others must not leave the transaction open.
    if (!result && sqlite3_get_autocommit(db()) == 0) {
      sqlite3_exec(db(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
    return result;
  }

  Result<void> check_settings() const {
    TRY(const std::string journal, one("PRAGMA journal_mode"));
    TRY(const std::string synchronous, one("PRAGMA synchronous"));
    TRY(const std::string locking, one("PRAGMA locking_mode"));
    if (journal != "wal" || synchronous != "2" || locking != "exclusive") {
      return fail(Code::internal, path +
                                      ": SQLite refused the settings that make writes durable (" +
                                      journal + ", " + synchronous + ", " + locking + ")");
    }
    return {};
  }

  Result<void> check_integrity() const {
    TRY(const std::string verdict, one("PRAGMA quick_check(1)"));
    if (verdict == "ok") return {};
    return fail(Code::internal, path + ": the database is damaged (" + verdict +
                                    "): stop weir and put a backup of the folder in its place");
  }

  Result<void> migrate(std::span<const char* const> steps) const {
    TRY(const std::string application, one("PRAGMA application_id"));
    TRY(const std::string version_text, one("PRAGMA user_version"));
    TRY(const std::string tables, one("SELECT count(*) FROM sqlite_schema"));
    const bool fresh = application == "0" && version_text == "0" && tables == "0";
    if (!fresh && application != std::to_string(kApplicationId)) {
      return fail(Code::unsupported, path +
                                         ": is a database, but not one of weir's: choose "
                                         "another data folder");
    }
    const std::size_t version = std::stoul(version_text);
    if (version > steps.size()) {
      return fail(Code::unsupported, path + ": has schema " + version_text +
                                         ", written by a newer weir; this one knows up to " +
                                         std::to_string(steps.size()) +
                                         ": run the newer weir, or restore an older backup");
    }
    if (version == steps.size()) return {};
    // All steps in one transaction: an interrupted upgrade is no upgrade.
    return transaction([&]() -> Result<void> {
      for (std::size_t step = version; step < steps.size(); ++step) {
        TRY_VOID(execute(steps[step]));
      }
      const std::string stamp = "PRAGMA application_id=" + std::to_string(kApplicationId) +
                                ";PRAGMA user_version=" + std::to_string(steps.size());
      return execute(stamp.c_str());
    });
  }

  Result<void> append(const LogRow& row) const {
    sqlite3_stmt* statement = insert.get();
    sqlite3_bind_int64(statement, 1, static_cast<sqlite3_int64>(row.version));
    bind_text(statement, 2, row.change);
    bind_text(statement, 3, row.api_version);
    bind_text(statement, 4, row.kind);
    bind_text(statement, 5, row.ns);
    bind_text(statement, 6, row.name);
    bind_text(statement, 7, row.uid);
    if (row.sealed) {
      sqlite3_bind_blob64(statement, 8, row.body.data(), row.body.size(), SQLITE_STATIC);
    } else {
      bind_text(statement, 8, row.body);
    }
    return run(statement);
  }
};

namespace {

// The file belongs to weir's user alone; SQLite gives the -wal beside it the same mode.
Result<void> create_private(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) {
    return fail(Code::unavailable, path + ": cannot be opened (" + std::strerror(errno) +
                                       "): check that its folder exists and may be written");
  }
  ::close(file);
  return {};
}

}  // namespace

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(const DatabaseOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->path = options.path;
  impl->wal_pages_max = options.wal_pages;
  if (options.vfs.empty()) {
    TRY_VOID(create_private(options.path));
  }
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(
      options.path.c_str(), &connection,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      options.vfs.empty() ? nullptr : options.vfs.c_str());
  impl->connection.reset(connection);
  if (code != SQLITE_OK) return impl->error(code);
  TRY_VOID(impl->execute(kSetup));
  TRY_VOID(impl->check_settings());
  TRY_VOID(impl->check_integrity());
  TRY_VOID(impl->migrate(options.migrations.empty() ? std::span<const char* const>(kMigrations)
                                                    : options.migrations));
  TRY(impl->insert, impl->prepare("INSERT INTO log VALUES (?,?,?,?,?,?,?,?)"));
  TRY(impl->forget, impl->prepare("DELETE FROM log WHERE version=?"));
  TRY(impl->set_value, impl->prepare("INSERT OR REPLACE INTO meta VALUES (?,?)"));
  sqlite3_wal_hook(
      impl->db(),
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Impl*>(self)->wal_pages = static_cast<std::size_t>(pages);
        return SQLITE_OK;
      },
      impl.get());
  return std::unique_ptr<Database>(new Database(std::move(impl)));
}

Result<std::string> Database::value(const std::string& name) {
  TRY(const Statement statement, impl_->prepare("SELECT value FROM meta WHERE name=?"));
  bind_text(statement.get(), 1, name);
  const int code = sqlite3_step(statement.get());
  if (code != SQLITE_ROW && code != SQLITE_DONE) return impl_->error(code);
  return code == SQLITE_ROW ? column_bytes(statement.get(), 0) : std::string();
}

Result<void> Database::set_value(const std::string& name, const std::string& value) {
  bind_text(impl_->set_value.get(), 1, name);
  bind_text(impl_->set_value.get(), 2, value);
  return impl_->run(impl_->set_value.get());
}

Result<void> Database::read_log(const std::function<Result<void>(LogRow)>& each) {
  TRY(const Statement statement, impl_->prepare("SELECT * FROM log ORDER BY version"));
  sqlite3_stmt* row = statement.get();
  int code = sqlite3_step(row);
  for (; code == SQLITE_ROW; code = sqlite3_step(row)) {
    TRY_VOID(each({.version = static_cast<std::uint64_t>(sqlite3_column_int64(row, 0)),
                   .change = column_bytes(row, 1),
                   .api_version = column_bytes(row, 2),
                   .kind = column_bytes(row, 3),
                   .ns = column_bytes(row, 4),
                   .name = column_bytes(row, 5),
                   .uid = column_bytes(row, 6),
                   .body = column_bytes(row, 7),
                   .sealed = sqlite3_column_type(row, 7) == SQLITE_BLOB}));
  }
  if (code != SQLITE_DONE) return impl_->error(code);
  return {};
}

Result<void> Database::commit(std::span<const LogRow> add, std::span<const std::uint64_t> forget,
                              std::uint64_t history_after) {
  return impl_->transaction([&]() -> Result<void> {
    for (const LogRow& row : add) {
      TRY_VOID(impl_->append(row));
    }
    if (forget.empty()) return {};
    for (const std::uint64_t version : forget) {
      sqlite3_bind_int64(impl_->forget.get(), 1, static_cast<sqlite3_int64>(version));
      TRY_VOID(impl_->run(impl_->forget.get()));
    }
    return set_value(kHistoryAfter, std::to_string(history_after));
  });
}

Result<std::uint64_t> Database::history_after() {
  TRY(const std::string text, value(kHistoryAfter));
  std::uint64_t version = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') {
      return fail(Code::internal, impl_->path + ": the database is damaged (history_after is \"" +
                                      text + "\"): put a backup of the folder in its place");
    }
    version = version * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return version;
}

Result<void> Database::checkpoint_if_due() {
  if (impl_->wal_pages < impl_->wal_pages_max) return {};
  const int code =
      sqlite3_wal_checkpoint_v2(impl_->db(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code != SQLITE_OK) return impl_->error(code);
  impl_->wal_pages = 0;
  return {};
}

}  // namespace weir
