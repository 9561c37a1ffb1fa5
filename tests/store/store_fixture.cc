#include "tests/store/store_fixture.h"

#include <atomic>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace weir::store_test {
namespace {

std::string name_of(Code code) {
  constexpr std::array kNames = {"not_found",   "already_exists", "conflict",     "invalid",
                                 "bad_request", "denied",         "unauthorized", "gone",
                                 "too_large",   "unsupported",    "unavailable",  "timed_out",
                                 "exhausted",   "internal"};
  return kNames.at(static_cast<std::size_t>(code));
}

}  // namespace

std::string document(const Key& key, const std::string& value, const std::string& uid) {
  const KindInfo& kind = info(key.kind);
  nlohmann::json json = {
      {"apiVersion", kind.api_version}, {"kind", kind.name}, {"metadata", {{"name", key.name}}}};
  if (!key.ns.empty()) json["metadata"]["namespace"] = key.ns;
  if (!uid.empty()) json["metadata"]["uid"] = uid;
  if (!value.empty()) json["data"]["value"] = value;
  return json.dump();
}

Write create(const Key& key, const std::string& value, const std::string& uid) {
  return {.type = Write::Type::create, .key = key, .json = document(key, value, uid)};
}

Write update(const Store& store, const Key& key, const std::string& value) {
  const StoredPtr current = store.get(key);
  nlohmann::json json = nlohmann::json::parse(current->json);
  json["data"]["value"] = value;
  return {.type = Write::Type::update,
          .key = key,
          .json = json.dump(),
          .expected_version = current->version};
}

Write remove(const Key& key) { return {.type = Write::Type::remove, .key = key}; }

std::string value_of(const StoredPtr& object) {
  if (!object) return "(none)";
  return nlohmann::json::parse(object->json).value("/data/value"_json_pointer, std::string());
}

Result<std::vector<StoredPtr>> write(Store& store, std::vector<Write> writes) {
  std::promise<Result<std::vector<StoredPtr>>> promise;
  store.submit({.writes = std::move(writes)}, [&](Result<std::vector<StoredPtr>> result) {
    promise.set_value(std::move(result));
  });
  store.commit_pending();
  return promise.get_future().get();
}

std::string text(const Result<std::vector<StoredPtr>>& result) {
  if (!result) return name_of(result.error().code) + ": " + result.error().message;
  std::string out;
  for (const StoredPtr& object : *result) {
    out += (out.empty() ? "" : " ") + std::to_string(object->version);
  }
  return out;
}

std::string outcome(Store& store, std::vector<Write> writes) {
  return text(write(store, std::move(writes)));
}

std::string text(std::span<const Commit> commits) {
  constexpr std::array kTypes = {"added", "modified", "deleted"};
  std::string out;
  for (const Commit& commit : commits) {
    out += std::string(kTypes.at(static_cast<std::size_t>(commit.type))) + " " +
           std::to_string(commit.object->version) + " " + weir::text(commit.object->key) + " = " +
           value_of(commit.object);
    if (commit.previous) out += " (was " + value_of(commit.previous) + ")";
    out += "\n";
  }
  return out;
}

std::string text(const Store::Listing& listing) {
  std::string out;
  for (const StoredPtr& object : listing.objects) {
    out += weir::text(object->key) + " " + std::to_string(object->version) + " = " +
           value_of(object) + "\n";
  }
  return out;
}

StoreOptions options(const std::string& path) {
  auto next = std::make_shared<std::atomic<int>>(0);
  StoreOptions options;
  options.path = path;
  options.unix_seconds = [] { return std::int64_t{1700000000}; };
  options.make_uid = [next] { return "uid-" + std::to_string(++*next); };
  return options;
}

StoreOptions options_on(const std::string& vfs) {
  StoreOptions result = options("weir.db");
  result.vfs = vfs;
  result.own_thread = false;
  return result;
}

std::unique_ptr<Store> open(const StoreOptions& options) {
  Result<std::unique_ptr<Store>> store = Store::open(options);
  if (!store) {
    ADD_FAILURE() << store.error().message;
    std::abort();
  }
  return *std::move(store);
}

std::string open_error(const StoreOptions& options) {
  const Result<std::unique_ptr<Store>> store = Store::open(options);
  return store ? "opened" : name_of(store.error().code) + ": " + store.error().message;
}

TemporaryFolder::TemporaryFolder()
    : path_((std::filesystem::temp_directory_path() / "weir-store-XXXXXX").string()) {
  if (::mkdtemp(path_.data()) == nullptr) std::abort();
}

TemporaryFolder::~TemporaryFolder() { std::filesystem::remove_all(path_); }

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

}  // namespace weir::store_test
