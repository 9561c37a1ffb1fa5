// Secrets at rest: not readable in any file, bound to their row, and never without their key.

#include <sqlite3.h>
#include <sys/stat.h>

#include <fstream>

#include "controller/store/seal.h"
#include "tests/store/store_fixture.h"

namespace weir::store_test {
namespace {

// In a Secret's data as it is written: base64.
constexpr char kCanary[] = "Y2FuYXJ5LW9mLXRoZS1zdG9yZQ==";

class SecretTest : public ::testing::Test {
 protected:
  StoreOptions with_key() {
    StoreOptions result = options(path_);
    result.key_file = key_;
    return result;
  }
  std::string open_error() { return store_test::open_error(with_key()); }
  void sql(const std::string& statement) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, statement.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(db);
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.path() + "/weir.db";
  std::string key_ = folder_.path() + "/secrets.key";
};

TEST_F(SecretTest, AreNotInTheFilesAndComeBack) {
  auto store = open(with_key());
  ASSERT_EQ(outcome(*store, {create(secret("s"), kCanary), create(config_map("c"), "in-the-open"),
                             create(secret("gone"), kCanary)}),
            "1 2 3");
  ASSERT_EQ(outcome(*store, {update(*store, secret("s"), std::string(kCanary) + "MQ==")}), "4");
  ASSERT_EQ(outcome(*store, {remove(secret("gone"))}), "5");
  const auto files = [&] { return read_file(path_) + read_file(path_ + "-wal"); };
  const std::string running = files();
  store = nullptr;
  const std::string stopped = files();
  for (const std::string& bytes : {running, stopped}) {
    EXPECT_NE(bytes.find("in-the-open"), std::string::npos);  // the search finds what is there
    EXPECT_EQ(bytes.find("Y2FuYXJ5"), std::string::npos);
    EXPECT_EQ(bytes.find("canary"), std::string::npos);
  }
  store = open(with_key());
  EXPECT_EQ(value_of(store->get(secret("s"))), std::string(kCanary) + "MQ==");
  // History too.
  std::string told;
  const auto handle = store->subscribe(3, [&](auto commits) { told += text(commits); });
  EXPECT_EQ(told, "modified 4 Secret default/s = " + std::string(kCanary) + "MQ== (was " + kCanary +
                      ")\ndeleted 5 Secret default/gone = " + kCanary + " (was " + kCanary + ")\n");
}

TEST_F(SecretTest, TheKeyIsMadeOnceForTheOwnerOnly) {
  open(with_key());
  struct stat status = {};
  ASSERT_EQ(::stat(key_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  const std::string key = read_file(key_);
  EXPECT_EQ(key.size(), 32u);
  open(with_key());
  EXPECT_EQ(read_file(key_), key);
}

TEST_F(SecretTest, ASealedBodyOpensOnlyInItsOwnRow) {
  {
    const auto store = open(with_key());
    write(*store, {create(secret("a"), "b25l"), create(secret("b"), "dHdv")});
    write(*store, {update(*store, secret("a"), "dGhyZWU=")});
  }
  const std::string refused =
      ": the Secret was not encrypted with this key for this place: put a backup of the folder in "
      "its place";
  const std::string swap =
      "CREATE TEMP TABLE t AS SELECT version, body FROM log;"
      "UPDATE log SET body = (SELECT body FROM t WHERE t.version = ";
  sql(swap + "3 - log.version) WHERE version IN (1, 2)");
  EXPECT_EQ(open_error(),
            "internal: the store cannot be read: Secret default/a at resourceVersion 1" + refused);
  sql(swap + "3 - log.version) WHERE version IN (1, 2)");
  EXPECT_EQ(open_error(), "opened");
  // Nor does an old body of the same Secret pass for the new one.
  sql(swap + "1) WHERE version = 3");
  EXPECT_EQ(open_error(),
            "internal: the store cannot be read: Secret default/a at resourceVersion 3" + refused);
}

TEST_F(SecretTest, WithoutItsKeyTheStoreDoesNotOpen) {
  write(*open(with_key()), {create(secret("a"), "b25l")});
  const std::string key = read_file(key_);
  const auto rewrite = [&](const std::string& bytes) {
    std::ofstream(key_, std::ios::binary) << bytes;
    ::chmod(key_.c_str(), 0600);
  };
  EXPECT_EQ(store_test::open_error(options(path_)),
            "denied: " + path_ +
                ": its Secrets were encrypted with another key than none: put the key file back "
                "that belongs to this folder");
  std::filesystem::remove(key_);
  EXPECT_EQ(open_error(), "unavailable: encryption key " + key_ +
                              ": is missing, and the store holds Secrets encrypted with it: put "
                              "the key file back from a backup");
  EXPECT_FALSE(std::filesystem::exists(key_));  // a new one in its place would hide the loss
  rewrite(std::string(32, 'k'));
  EXPECT_EQ(open_error(), "denied: " + path_ +
                              ": its Secrets were encrypted with another key than " + key_ +
                              ": put the key file back that belongs to this folder");
  rewrite(key + "x");
  EXPECT_EQ(open_error(),
            "invalid: encryption key " + key_ + ": must be exactly 32 bytes: restore it");
  rewrite("");
  EXPECT_EQ(open_error(),
            "invalid: encryption key " + key_ + ": must be exactly 32 bytes: restore it");
  rewrite(key);
  ::chmod(key_.c_str(), 0640);
  EXPECT_EQ(open_error(),
            "denied: encryption key " + key_ + ": others may read it: run chmod 600 " + key_);
  rewrite(key);
  EXPECT_EQ(open_error(), "opened");
}

TEST_F(SecretTest, AKeyGivenLaterSealsFromThenOn) {
  write(*open(options(path_)), {create(secret("old"), "b25l")});
  EXPECT_NE(read_file(path_).find("b25l"), std::string::npos);
  auto store = open(with_key());
  EXPECT_EQ(value_of(store->get(secret("old"))), "b25l");
  write(*store, {create(secret("new"), kCanary)});
  store = nullptr;
  EXPECT_EQ(read_file(path_).find(kCanary), std::string::npos);
  EXPECT_EQ(value_of(open(with_key())->get(secret("new"))), kCanary);
}

TEST_F(SecretTest, SealIsFreshAndAuthenticated) {
  const Sealer sealer = *Sealer::open(key_, true);
  const std::string sealed = *sealer.seal("plain", "here");
  EXPECT_NE(sealed, *sealer.seal("plain", "here"));
  EXPECT_EQ(*sealer.unseal(sealed, "here"), "plain");
  EXPECT_EQ(*sealer.unseal(*sealer.seal("", "here"), "here"), "");
  EXPECT_FALSE(sealer.unseal(sealed, "there"));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(sealer.unseal(changed, "here")) << i;
    EXPECT_FALSE(sealer.unseal(sealed.substr(0, i), "here")) << i;
  }
}

}  // namespace
}  // namespace weir::store_test
