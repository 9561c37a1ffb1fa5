// Opening: what is refused, and in which words; migrations; who else has the folder.

#include <sqlite3.h>
#include <sys/stat.h>

#include <fstream>

#include "controller/store/database.h"
#include "tests/store/store_fixture.h"
#include "tests/support/power_loss_vfs.h"

namespace weir::store_test {
namespace {

// What an operator's sqlite3 would do to the file.
std::string sql(const std::string& path, const std::string& statement) {
  sqlite3* db = nullptr;
  sqlite3_open(path.c_str(), &db);
  char* message = nullptr;
  sqlite3_exec(db, statement.c_str(), nullptr, nullptr, &message);
  const std::string error = message ? message : "";
  sqlite3_free(message);
  sqlite3_close(db);
  return error;
}

int mode(const std::string& path) {
  struct stat status = {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<int>(status.st_mode & 0777) : -1;
}

class OpenTest : public ::testing::Test {
 protected:
  std::string open_error() { return store_test::open_error(options(path_)); }

  TemporaryFolder folder_;
  std::string path_ = folder_.path() + "/weir.db";
};

TEST_F(OpenTest, FilesAreForTheOwnerOnly) {
  const auto store = open(options(path_));
  ASSERT_EQ(outcome(*store, {create(config_map("a"), "x")}), "1");
  EXPECT_EQ(mode(path_), 0600);
  EXPECT_EQ(mode(path_ + "-wal"), 0600);
  EXPECT_EQ(mode(folder_.path() + "/lock"), 0600);
  EXPECT_EQ(mode(path_ + "-shm"), -1);  // one connection shares no memory
}

TEST_F(OpenTest, ASecondWeirIsRefusedAtOnce) {
  auto first = open(options(path_));
  EXPECT_EQ(open_error(),
            "unavailable: " + folder_.path() + ": already in use by another weir (process " +
                std::to_string(::getpid()) + "): stop that one, or choose another data folder");
  first = nullptr;
  EXPECT_EQ(open_error(), "opened");
}

TEST_F(OpenTest, AnotherProgramInTheDatabase) {
  open(options(path_));
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN; SELECT * FROM log", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_EQ(open_error(), "unavailable: " + path_ +
                              ": is open in another program: close it, then start weir again");
  sqlite3_close(other);
  EXPECT_EQ(open_error(), "opened");
}

TEST_F(OpenTest, Refusals) {
  EXPECT_EQ(store_test::open_error(options("")), "invalid: the store needs a path");
  EXPECT_EQ(store_test::open_error(options(folder_.path() + "/none/weir.db")),
            "unavailable: " + folder_.path() +
                "/none/lock: cannot be opened (No such file or directory): check that its folder "
                "exists and may be written");
  const struct {
    const char* name;
    const char* statement;
    std::string want;
  } rows[] = {
      {"newer schema", "PRAGMA user_version=7",
       "unsupported: " + path_ +
           ": has schema 7, written by a newer weir; this one knows up to 1: run the newer weir, "
           "or "
           "restore an older backup"},
      {"somebody else's database", "PRAGMA application_id=5",
       "unsupported: " + path_ +
           ": is a database, but not one of weir's: choose another data folder"},
      {"a kind that we do not have", "UPDATE log SET kind='Widget' WHERE version=2",
       "internal: the store cannot be read: Widget default/b at resourceVersion 2: this weir does "
       "not know the kind v1: put a backup of the folder in its place"},
      {"a body that is not the row's", "UPDATE log SET uid='x' WHERE version=2",
       "internal: the store cannot be read: ConfigMap default/b at resourceVersion 2: its uid is "
       "not "
       "the row's: put a backup of the folder in its place"},
      {"a body at another version",
       "UPDATE log SET body=replace(body, '\"2\"', '\"1\"') WHERE version=2",
       "internal: the store cannot be read: ConfigMap default/b at resourceVersion 2: ConfigMap "
       "default/b: its resourceVersion is not the row's: put a backup of the folder in its place"},
      {"a history that does not fit", "UPDATE log SET change='modified' WHERE version=2",
       "internal: the store cannot be read: ConfigMap default/b at resourceVersion 2: what it was "
       "modified from does not fit: put a backup of the folder in its place"},
      {"an unknown change", "UPDATE log SET change='moved' WHERE version=2",
       "internal: the store cannot be read: ConfigMap default/b at resourceVersion 2: unknown "
       "change "
       "\"moved\": put a backup of the folder in its place"},
      {"a damaged number", "INSERT INTO meta VALUES ('history_after', 'x')",
       "internal: " + path_ +
           ": the database is damaged (history_after is \"x\"): put a backup of the folder in its "
           "place"},
  };
  for (const auto& row : rows) {
    std::filesystem::remove(path_);
    write(*open(options(path_)), {create(config_map("a"), "x"), create(config_map("b"), "x")});
    ASSERT_EQ(sql(path_, row.statement), "") << row.name;
    EXPECT_EQ(open_error(), row.want) << row.name;
  }
}

TEST_F(OpenTest, NotADatabase) {
  std::ofstream(path_) << std::string(8192, 'x');
  EXPECT_EQ(open_error(), "internal: " + path_ +
                              ": the database is damaged (file is not a database): stop weir and "
                              "put a backup of the folder in its place");
}

// A byte is changed anywhere in the file: weir says that it is damaged, or the byte was not in use,
// or it changed one value; it never crashes and never loses another object in silence.
TEST(DamageTest, AnyByte) {
  PowerLossDisk disk;
  auto store = open(options_on(disk.vfs()));
  for (int i = 0; i < 20; ++i) write(*store, {create(config_map("o" + std::to_string(i)), "x")});
  store = nullptr;
  const std::size_t size = disk.used();
  int refused = 0;
  for (std::size_t offset = 0; offset < size; offset += 97) {
    disk.damage("weir.db", offset);
    const auto damaged = Store::open(options_on(disk.vfs()));
    if (!damaged) {
      ++refused;
      EXPECT_NE(damaged.error().message, "");
    } else {
      EXPECT_EQ((*damaged)->list_all().objects.size(), 20u) << offset;
    }
    disk.damage("weir.db", offset);
  }
  EXPECT_GT(refused, 20);
  EXPECT_EQ(open(options_on(disk.vfs()))->list_all().objects.size(), 20u);
}

TEST(MigrationTest, StepsRunOnceInOrderAndAllOrNothing) {
  PowerLossDisk disk;
  const auto migrate = [&](std::vector<const char*> steps) {
    // The three tables that Database itself prepares for come first.
    steps.insert(steps.begin(),
                 "CREATE TABLE log (version INTEGER PRIMARY KEY, b, c, d, e, f, g, h);"
                 "CREATE TABLE meta (name TEXT PRIMARY KEY, value)");
    const auto database =
        Database::open({.path = "weir.db", .vfs = disk.vfs(), .migrations = steps});
    return database ? (*database)->value("steps").value() : database.error().message;
  };
  EXPECT_EQ(migrate({}), "");
  const char* const second = "INSERT INTO meta VALUES ('steps', 'two')";
  const char* const third = "UPDATE meta SET value = value || ' three' WHERE name = 'steps'";
  EXPECT_EQ(migrate({second}), "two");
  EXPECT_EQ(migrate({second, third, "nonsense"}),
            "weir.db: near \"nonsense\": syntax error (SQLite 1)");
  EXPECT_EQ(migrate({second}), "two");
  EXPECT_EQ(migrate({second, third}), "two three");
  EXPECT_EQ(migrate({second, third}), "two three");
  EXPECT_EQ(migrate({second}),
            "weir.db: has schema 3, written by a newer weir; this one knows up to 2: run the newer "
            "weir, or restore an older backup");
}

}  // namespace
}  // namespace weir::store_test
