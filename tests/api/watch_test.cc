// Watches through Api::handle, read by a client on a thread of its own.

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/api/support.h"

namespace weir::rest {
namespace {

using nlohmann::json;

constexpr char kConfigMaps[] = "/api/v1/namespaces/default/configmaps";
constexpr char kMerge[] = "application/merge-patch+json";

// Collects the lines of a stream until it is told to go.
class Client : public Stream {
 public:
  Client(const TestApi& api, const std::string& target, const std::string& accept = {}) {
    Response response = api.get(target, accept);
    status_ = response.status;
    if (!response.stream) return;
    thread_ = std::thread([this, run = std::move(response.stream)] {
      run(*this);
      const std::lock_guard lock(mutex_);
      on_gone_ = nullptr;  // what it refers to goes with `run`
      ended_ = true;
      changed_.notify_all();
    });
  }
  ~Client() override {
    leave();
    if (thread_.joinable()) thread_.join();
  }

  bool write(std::string_view bytes) override {
    const std::lock_guard lock(mutex_);
    if (gone_) return false;
    for (std::size_t end; (end = bytes.find('\n')) != std::string_view::npos;) {
      lines_.push_back(partial_ + std::string(bytes.substr(0, end)));
      partial_.clear();
      bytes.remove_prefix(end + 1);
    }
    partial_ += bytes;
    changed_.notify_all();
    return true;
  }
  void on_gone(std::function<void()> gone) override {
    {
      const std::lock_guard lock(mutex_);
      if (!gone_) {
        on_gone_ = std::move(gone);
        return;
      }
    }
    gone();
  }

  void leave() {
    const std::lock_guard lock(mutex_);
    gone_ = true;
    if (on_gone_) std::exchange(on_gone_, nullptr)();
  }

  // "ADDED a, MODIFIED a": the first `count` events.
  std::string events(std::size_t count) {
    std::string out;
    for (const json& event : wait(count)) {
      const json& object = event.at("object");
      out += (out.empty() ? "" : ", ") + event.at("type").get<std::string>() + " " +
             (object.contains("metadata") ? object["metadata"].value("name", "-") : "-");
    }
    return out;
  }

  std::vector<json> wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20),
                      [&] { return lines_.size() >= count || ended_; });
    std::vector<json> out;
    for (std::size_t i = 0; i < std::min(count, lines_.size()); ++i) {
      out.push_back(json::parse(lines_[i]));
    }
    return out;
  }
  bool ends() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return ended_; });
  }
  int status() const { return status_; }

 private:
  int status_ = 0;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  std::string partial_;
  std::function<void()> on_gone_;
  bool gone_ = false;
  bool ended_ = false;
};

std::string version(const TestApi& api) {
  return body_of(api.get(kConfigMaps)).at("metadata").at("resourceVersion");
}

std::string watch_from(const TestApi& api, const std::string& more = {}) {
  return std::string(kConfigMaps) + "?watch=true&resourceVersion=" + version(api) + more;
}

TEST(Watch, ChangesInOrder) {
  TestApi api;
  api.send("POST", kConfigMaps, config_map("old"));
  Client client(api, watch_from(api));
  const std::string a = kConfigMaps + std::string("/a");
  api.send("POST", kConfigMaps, config_map("a"));
  api.send("PATCH", a, R"({"data":{"a":"2"}})", kMerge);
  api.send("PATCH", a, R"({"data":{"a":"2"}})", kMerge);  // changes nothing
  api.send("POST", "/api/v1/namespaces/kube-system/configmaps", config_map("elsewhere"));
  api.send("DELETE", a);
  EXPECT_EQ(client.events(3), "ADDED a, MODIFIED a, DELETED a");
  const auto events = client.wait(3);
  EXPECT_LT(std::stoi(events[1]["object"]["metadata"]["resourceVersion"].get<std::string>()),
            std::stoi(events[2]["object"]["metadata"]["resourceVersion"].get<std::string>()));
}

TEST(Watch, HistoryIsReplayed) {
  TestApi api;
  const std::string target = watch_from(api);
  api.send("POST", kConfigMaps, config_map("a"));
  api.send("POST", kConfigMaps, config_map("b"));
  Client client(api, target);
  EXPECT_EQ(client.events(2), "ADDED a, ADDED b");
}

TEST(Watch, WithoutAVersionThePresentComesFirst) {
  TestApi api;
  api.send("POST", kConfigMaps, config_map("a"));
  api.send("POST", kConfigMaps, config_map("b"));
  for (const char* more : {"", "&resourceVersion=0"}) {
    Client client(api,
                  std::string(kConfigMaps) + "?watch=true&fieldSelector=metadata.name%3Db" + more);
    EXPECT_EQ(client.events(1), "ADDED b");
  }
}

TEST(Watch, ObjectsEnterAndLeaveASelection) {
  TestApi api;
  Client client(api, watch_from(api, "&labelSelector=app%3Dweb"));
  const std::string a = kConfigMaps + std::string("/a");
  api.send("POST", kConfigMaps, config_map("a"));
  api.send("PATCH", a, R"({"metadata":{"labels":{"app":"web"}}})", kMerge);
  api.send("PATCH", a, R"({"data":{"a":"2"}})", kMerge);
  api.send("PATCH", a, R"({"metadata":{"labels":{"app":"api"}}})", kMerge);
  api.send("PATCH", a, R"({"metadata":{"labels":{"app":"web"}}})", kMerge);
  api.send("DELETE", a);
  EXPECT_EQ(client.events(5), "ADDED a, MODIFIED a, DELETED a, ADDED a, DELETED a");
  const auto events = client.wait(5);
  EXPECT_EQ(events[2]["object"]["metadata"]["labels"], json({{"app", "web"}}))
      << "the last state that was selected";
  EXPECT_GT(std::stoi(events[2]["object"]["metadata"]["resourceVersion"].get<std::string>()),
            std::stoi(events[1]["object"]["metadata"]["resourceVersion"].get<std::string>()));
}

TEST(Watch, TimeoutEndsWithABookmark) {
  TestApi api;
  Client client(api, watch_from(api, "&allowWatchBookmarks=true&timeoutSeconds=1"));
  EXPECT_EQ(client.events(1), "BOOKMARK -");
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(
      client.wait(1)[0]["object"],
      json({{"kind", "ConfigMap"},
            {"apiVersion", "v1"},
            {"metadata", {{"resourceVersion", version(api)}, {"creationTimestamp", nullptr}}}}));
}

TEST(Watch, AVersionThatIsNoLongerKeptIsExpired) {
  TestApi api;
  Client client(api, std::string(kConfigMaps) + "?watch=true&resourceVersion=99999999");
  const auto events = client.wait(1);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0]["type"], "ERROR");
  EXPECT_EQ(events[0]["object"]["code"], 410);
  EXPECT_EQ(events[0]["object"]["reason"], "Expired");
  EXPECT_TRUE(client.ends());
}

TEST(Watch, TablesCarryTheirColumnsOnce) {
  TestApi api;
  Client client(api, watch_from(api), "application/json;as=Table;v=v1;g=meta.k8s.io");
  api.send("POST", kConfigMaps, config_map("a"));
  api.send("POST", kConfigMaps, config_map("b"));
  const auto events = client.wait(2);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0]["object"]["columnDefinitions"].size(), 3u);
  EXPECT_EQ(events[0]["object"]["rows"][0]["cells"], json({"a", 1, "0s"}));
  EXPECT_TRUE(events[1]["object"]["columnDefinitions"].is_null());
  EXPECT_EQ(events[1]["object"]["rows"][0]["cells"], json({"b", 1, "0s"}));
}

TEST(Watch, EndsWhenTheClientGoes) {
  TestApi api;
  Client client(api, watch_from(api));
  client.leave();
  EXPECT_TRUE(client.ends());
}

}  // namespace
}  // namespace weir::rest
