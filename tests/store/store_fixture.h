#pragma once

// What the store's tests share: documents, writes that wait for their answer, and a text of commits
// that a table can compare.

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "controller/store/store.h"

namespace weir::store_test {

inline Key config_map(const std::string& name, const std::string& ns = "default") {
  return {.kind = Kind::ConfigMap, .ns = ns, .name = name};
}
inline Key secret(const std::string& name, const std::string& ns = "default") {
  return {.kind = Kind::Secret, .ns = ns, .name = name};
}

// {"apiVersion":"v1","data":{"value":VALUE},"kind":KIND,"metadata":{…}}; uid "" leaves it out.
std::string document(const Key& key, const std::string& value, const std::string& uid = {});

Write create(const Key& key, const std::string& value, const std::string& uid = {});
// Of the object as the store has it: its uid, and its version as a precondition.
Write update(const Store& store, const Key& key, const std::string& value);
Write remove(const Key& key);

// data.value of a ConfigMap or Secret.
std::string value_of(const StoredPtr& object);

// Submits, and waits for the answer (drives the store when it has no thread).
Result<std::vector<StoredPtr>> write(Store& store, std::vector<Write> writes);
// The same, as text: "1 2" (versions), or "conflict: …".
std::string outcome(Store& store, std::vector<Write> writes);
std::string text(const Result<std::vector<StoredPtr>>& result);

// "added 1 ConfigMap default/a = x": one line a commit; "modified 2 … = y (was x)".
std::string text(std::span<const Commit> commits);
// "ConfigMap default/a 1 = x": one line an object, in key order.
std::string text(const Store::Listing& listing);

// uid-1, uid-2 …; one clock that stands still at 2023-11-14T22:13:20Z.
StoreOptions options(const std::string& path);
// On a VFS, driven by the test.
StoreOptions options_on(const std::string& vfs);

// Opens, or fails the test with the message.
std::unique_ptr<Store> open(const StoreOptions& options);
std::string open_error(const StoreOptions& options);

class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string read_file(const std::string& path);

}  // namespace weir::store_test
