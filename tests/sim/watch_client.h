#pragma once

// A client that watches everything, as kubectl and controllers do: it lists once, follows, is cut
// off now and then, and goes on from the last version it saw, over crashes too; it lists again when
// that is too long ago. Invariant 5: it is told every change, once, in order, with what was there
// before; what it then knows is what a list shows.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "controller/store/store.h"

namespace weir::sim {

class WatchClient {
 public:
  explicit WatchClient(std::function<void(const std::string&)> violated)
      : violated_(std::move(violated)) {}

  void connect(Store& store);  // or again
  void disconnect() { subscription_.reset(); }
  void forget();  // the data folder is lost, and with it every version
  void compare(const Store& store) const;

 private:
  void list(const Store& store);
  void told(const Commit& commit);

  const std::function<void(const std::string&)> violated_;
  std::optional<std::uint64_t> version_;
  std::map<Key, std::uint64_t> known_;
  std::shared_ptr<void> subscription_;
};

}  // namespace weir::sim
