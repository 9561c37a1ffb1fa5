// Writes, reads and their refusals, on a disk in memory.

#include <nlohmann/json.hpp>

#include "tests/store/store_fixture.h"
#include "tests/support/power_loss_vfs.h"

namespace weir::store_test {
namespace {

class StoreTest : public ::testing::Test {
 protected:
  PowerLossDisk disk_;
  std::unique_ptr<Store> store_ = open(options_on(disk_.vfs()));
};

TEST_F(StoreTest, CreateStampsTheObject) {
  const auto result = write(*store_, {create(config_map("a"), "x")});
  ASSERT_TRUE(result) << result.error().message;
  const StoredPtr object = result->front();
  EXPECT_EQ(object->json,
            R"({"apiVersion":"v1","data":{"value":"x"},"kind":"ConfigMap","metadata":)"
            R"({"creationTimestamp":"2023-11-14T22:13:20Z","name":"a","namespace":"default",)"
            R"("resourceVersion":"1","uid":"uid-2"}})");
  EXPECT_EQ(object->uid, "uid-2");  // uid-1 became the store's id
  EXPECT_EQ(meta(*object->typed).resourceVersion, "1");
  EXPECT_EQ(meta(*object->typed).uid, "uid-2");
  EXPECT_EQ(store_->get(config_map("a")), object);
}

TEST_F(StoreTest, AGivenResourceVersionIsReplaced) {
  Write write_it = create(config_map("a"), "x", "mine");
  auto json = nlohmann::json::parse(write_it.json);
  json["metadata"]["resourceVersion"] = "777";
  json["metadata"]["annotations"]["resourceVersion"] = "";  // looks like the field, is not
  write_it.json = json.dump();
  ASSERT_EQ(outcome(*store_, {write_it}), "1");
  const auto stored = nlohmann::json::parse(store_->get(config_map("a"))->json);
  EXPECT_EQ(stored["metadata"].dump(),
            R"({"annotations":{"resourceVersion":""},"creationTimestamp":"2023-11-14T22:13:20Z",)"
            R"("name":"a","namespace":"default","resourceVersion":"1","uid":"mine"})");
}

TEST_F(StoreTest, Refusals) {
  ASSERT_EQ(outcome(*store_, {create(config_map("a"), "x", "uid-a")}), "1");
  ASSERT_EQ(outcome(*store_, {update(*store_, config_map("a"), "y")}), "2");
  const auto with = [](Write write, auto change) {
    change(write);
    return write;
  };
  const Write good = update(*store_, config_map("a"), "z");
  const Key deployment{.kind = Kind::Deployment, .ns = "default", .name = "web"};
  const struct {
    const char* name;
    std::vector<Write> writes;
    const char* want;
  } rows[] = {
      {"create what is there",
       {create(config_map("a"), "x")},
       R"(already_exists: configmaps "a" already exists)"},
      {"update what is not",
       {{.type = Write::Type::update,
         .key = config_map("b"),
         .json = document(config_map("b"), "x", "u")}},
       R"(not_found: configmaps "b" not found)"},
      {"remove what is not",
       {remove(deployment)},
       R"(not_found: deployments.apps "web" not found)"},
      {"old version",
       {with(good, [](Write& w) { w.expected_version = 1; })},
       R"(conflict: Operation cannot be fulfilled on configmaps "a": the object has been modified; )"
       "please apply your changes to the latest version and try again"},
      {"remove at an old version",
       {with(remove(config_map("a")), [](Write& w) { w.expected_version = 1; })},
       R"(conflict: Operation cannot be fulfilled on configmaps "a": the object has been modified; )"
       "please apply your changes to the latest version and try again"},
      {"other uid",
       {with(good, [](Write& w) { w.expected_uid = "uid-b"; })},
       R"(conflict: Operation cannot be fulfilled on configmaps "a": Precondition failed: UID in )"
       "precondition: uid-b, UID in object meta: uid-a"},
      {"other uid in the document",
       {with(good, [](Write& w) { w.json = document(w.key, "z", "uid-b"); })},
       R"(conflict: Operation cannot be fulfilled on configmaps "a": Precondition failed: UID in )"
       "precondition: uid-b, UID in object meta: uid-a"},
      {"no uid in the document",
       {with(good, [](Write& w) { w.json = document(w.key, "z"); })},
       "invalid: ConfigMap default/a: metadata.uid: Required value: an update names what it "
       "updates"},
      {"not an object",
       {with(good, [](Write& w) { w.json = "[1]"; })},
       "invalid: ConfigMap default/a: the document is not a JSON object"},
      {"no metadata",
       {with(good, [](Write& w) { w.json = R"({"kind":"ConfigMap"})"; })},
       "invalid: ConfigMap default/a: the document has no metadata"},
      {"another kind",
       {with(good, [](Write& w) { w.json = document(secret("a"), "z", "u"); })},
       "invalid: ConfigMap default/a: the document is a v1 Secret"},
      {"another name",
       {with(good, [](Write& w) { w.json = document(config_map("b"), "z"); })},
       "invalid: ConfigMap default/a: the document is named default/b"},
      {"the second of two",
       {create(config_map("b"), "x"), create(config_map("a"), "x")},
       R"(already_exists: configmaps "a" already exists)"},
  };
  for (const auto& row : rows) EXPECT_EQ(outcome(*store_, row.writes), row.want) << row.name;
  EXPECT_EQ(text(store_->list_all()), "ConfigMap default/a 2 = y\n");
  EXPECT_EQ(outcome(*store_, {good}), "3");
}

TEST_F(StoreTest, MalformedAndOversizedDocumentsAreRefusedBeforeTheyAreQueued) {
  Write broken = create(config_map("a"), "x");
  broken.json = "{\"kind\": ";
  const auto parse_error = write(*store_, {broken});
  ASSERT_FALSE(parse_error);
  EXPECT_EQ(parse_error.error().message.substr(0, 21), "ConfigMap default/a: ");
  const auto too_large = write(*store_, {create(config_map("a"), std::string(10u << 20, 'x'))});
  ASSERT_FALSE(too_large);
  EXPECT_EQ(too_large.error().code, Code::too_large);
  // Nor what nobody has parsed: a controller's own document, that could not be read again.
  const auto of_a_controller = [&](nlohmann::json data) {
    Write made = create(config_map("a"), "x");
    made.document = std::make_shared<nlohmann::json>(nlohmann::json::parse(made.json));
    (*made.document)["data"] = std::move(data);
    const auto written = write(*store_, {std::move(made)});
    return written ? "written" : written.error().message;
  };
  EXPECT_EQ(of_a_controller({{"key", std::string(10u << 20, 'x')}}),
            "ConfigMap default/a: the document has 10485940 bytes; at most 9437184 are stored");
  EXPECT_EQ(
      of_a_controller(nlohmann::json(std::vector<int>(300'001))),
      "ConfigMap default/a: the document has 300014 values, 2 levels deep; at most 300000 and "
      "64 are stored");
  EXPECT_FALSE(store_->commit_pending());
}

TEST_F(StoreTest, AnUnchangedUpdateWritesNothing) {
  ASSERT_EQ(outcome(*store_, {create(config_map("a"), "x")}), "1");
  const std::uint64_t syncs = disk_.syncs();
  const auto commits = store_->commits_total();
  Write same = update(*store_, config_map("a"), "x");
  EXPECT_EQ(outcome(*store_, {same}), "1");
  auto without_version = nlohmann::json::parse(same.json);
  without_version["metadata"].erase("resourceVersion");
  same.json = without_version.dump(4);
  EXPECT_EQ(outcome(*store_, {same}), "1");
  EXPECT_EQ(disk_.syncs(), syncs);
  EXPECT_EQ(store_->commits_total(), commits);
  EXPECT_EQ(store_->list_all().version, 1u);
}

TEST_F(StoreTest, ATransactionSeesItsOwnWrites) {
  EXPECT_EQ(outcome(*store_, {create(config_map("a"), "x", "u1"), remove(config_map("a")),
                              create(config_map("a"), "y", "u2")}),
            "1 2 3");
  EXPECT_EQ(text(store_->list_all()), "ConfigMap default/a 3 = y\n");
}

TEST_F(StoreTest, ARefusedTransactionDoesNotHurtItsGroup) {
  std::vector<std::string> answers;
  const auto submit = [&](std::vector<Write> writes) {
    store_->submit({.writes = std::move(writes)},
                   [&](auto result) { answers.push_back(text(result)); });
  };
  submit({create(config_map("a"), "1")});
  submit({create(config_map("b"), "1"), create(config_map("a"), "2")});
  submit({create(config_map("b"), "2")});
  submit({remove(config_map("a")), remove(config_map("c"))});
  submit({create(config_map("c"), "3")});
  const std::uint64_t syncs = disk_.syncs();
  EXPECT_TRUE(store_->commit_pending());
  EXPECT_FALSE(store_->commit_pending());
  EXPECT_EQ(disk_.syncs(), syncs + 1);  // one fsync for all of them
  EXPECT_EQ(answers,
            (std::vector<std::string>{"1", R"(already_exists: configmaps "a" already exists)", "2",
                                      R"(not_found: configmaps "c" not found)", "3"}));
  EXPECT_EQ(text(store_->list_all()),
            "ConfigMap default/a 1 = 1\nConfigMap default/b 2 = 2\nConfigMap default/c 3 = 3\n");
  EXPECT_EQ(store_->writes_total(), 3u);
}

TEST_F(StoreTest, ListsAreInKeyOrderAndCarryTheStoresVersion) {
  ASSERT_EQ(
      outcome(*store_, {create(config_map("b", "two"), "1"), create(config_map("a", "two"), "2"),
                        create(config_map("z", "one"), "3"), create(secret("a", "two"), ""),
                        remove(secret("a", "two"))}),
      "1 2 3 4 5");
  EXPECT_EQ(store_->list(Kind::ConfigMap).version, 5u);
  EXPECT_EQ(text(store_->list(Kind::ConfigMap)),
            "ConfigMap one/z 3 = 3\nConfigMap two/a 2 = 2\nConfigMap two/b 1 = 1\n");
  EXPECT_EQ(text(store_->list(Kind::ConfigMap, "two")),
            "ConfigMap two/a 2 = 2\nConfigMap two/b 1 = 1\n");
  EXPECT_EQ(text(store_->list(Kind::ConfigMap, "tw")), "");
  EXPECT_EQ(text(store_->list(Kind::Secret)), "");
}

TEST_F(StoreTest, RemoveAnswersTheFinalStateWithTheDeletionsVersion) {
  ASSERT_EQ(outcome(*store_, {create(config_map("a"), "x", "u")}), "1");
  const auto removed = write(*store_, {remove(config_map("a"))});
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_EQ(removed->front()->json,
            R"({"apiVersion":"v1","data":{"value":"x"},"kind":"ConfigMap","metadata":)"
            R"({"creationTimestamp":"2023-11-14T22:13:20Z","name":"a","namespace":"default",)"
            R"("resourceVersion":"2","uid":"u"}})");
  EXPECT_EQ(store_->get(config_map("a")), nullptr);
}

TEST_F(StoreTest, AFullQueueRefuses) {
  int refused = 0;
  int answered = 0;
  for (int i = 0; i < 5000; ++i) {
    store_->submit({.writes = {create(config_map("a" + std::to_string(i)), "x")}},
                   [&](auto result) {
                     ++answered;
                     if (!result && result.error().code == Code::exhausted) ++refused;
                   });
  }
  EXPECT_EQ(refused, 5000 - 4096);
  EXPECT_EQ(answered, refused);
  while (store_->commit_pending()) {
  }
  EXPECT_EQ(answered, 5000);
  EXPECT_EQ(store_->list_all().objects.size(), 4096u);
}

TEST_F(StoreTest, ATransactionIsBounded) {
  Transaction transaction;
  transaction.writes.resize(10001, remove(config_map("a")));
  std::string answer;
  store_->submit(transaction, [&](auto result) { answer = text(result); });
  EXPECT_EQ(answer, "too_large: the store takes at most 10000 writes in one transaction: split it");
}

TEST_F(StoreTest, ACallbackMayWriteAgain) {
  std::string answers;
  store_->submit({.writes = {create(config_map("a"), "x")}}, [&](auto first) {
    answers += text(first);
    store_->submit({.writes = {create(config_map("b"), "y")}},
                   [&](auto second) { answers += " then " + text(second); });
  });
  while (store_->commit_pending()) {
  }
  EXPECT_EQ(answers, "1 then 2");
}

TEST_F(StoreTest, EverythingIsThereAfterReopening) {
  ASSERT_EQ(outcome(*store_, {create(config_map("a"), "x"), create(config_map("b"), "x")}), "1 2");
  ASSERT_EQ(outcome(*store_, {update(*store_, config_map("a"), "y")}), "3");
  ASSERT_EQ(outcome(*store_, {remove(config_map("b"))}), "4");
  const std::string id = store_->id();
  const std::string json = store_->get(config_map("a"))->json;
  store_ = nullptr;
  store_ = open(options_on(disk_.vfs()));
  EXPECT_EQ(store_->id(), id);
  EXPECT_EQ(store_->list_all().version, 4u);
  EXPECT_EQ(text(store_->list_all()), "ConfigMap default/a 3 = y\n");
  EXPECT_EQ(store_->get(config_map("a"))->json, json);
  EXPECT_EQ(meta(*store_->get(config_map("a"))->typed).resourceVersion, "3");
  EXPECT_EQ(outcome(*store_, {create(config_map("b"), "z")}), "5");
}

TEST_F(StoreTest, TheDestructorCommitsWhatIsQueued) {
  std::string answer;
  store_->submit({.writes = {create(config_map("a"), "x")}},
                 [&](auto result) { answer = text(result); });
  store_ = nullptr;
  EXPECT_EQ(answer, "1");
  EXPECT_EQ(text(open(options_on(disk_.vfs()))->list_all()), "ConfigMap default/a 1 = x\n");
}

}  // namespace
}  // namespace weir::store_test
