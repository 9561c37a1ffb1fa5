#pragma once

// Writer: the way of a document into the store, from admission to commit. The API's verbs are
// written with it; `weir plan` uses it with dry_run to see what an apply would make of an object.
//
// Every call blocks until the commit is durable (or refused), so it is called on handler threads.
// A write that did not say which version it was made for is made again when another writer came
// between; one that did is a conflict for its author. Errors are in Kubernetes' words.

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "controller/admission/admission.h"
#include "controller/admission/deletion.h"
#include "controller/store/store.h"
#include "reconcilers/time.h"

namespace weir {

struct WriteOptions {
  std::string manager = "unknown";  // metadata.managedFields
  admission::FieldValidation validation = admission::FieldValidation::strict;
  bool dry_run = false;
  std::string subresource = {};  // status, scale, or none
};

enum class PatchType { json, merge, strategic, apply };

struct Written {
  std::shared_ptr<const nlohmann::json> document = {};  // as stored
  std::shared_ptr<const Object> object = {};            // the same, typed
  std::vector<std::string> warnings = {};
  bool created = false;
};

struct RemoveOptions {
  DeleteOptions how = {};
  std::string uid = {};  // preconditions; empty: none
  std::optional<std::uint64_t> version = {};
  bool dry_run = false;
};
struct Removed {
  StoredPtr object = {};  // its last state, or the marked one
  bool gone = false;      // it left the store; else somebody has work to do first
};

class Writer {
 public:
  // `engine_socket`: the Docker socket's path, to which no pod's volume may lead.
  Writer(Store& store, std::function<Time()> now, std::string engine_socket = {})
      : store_(store), now_(std::move(now)), engine_socket_(std::move(engine_socket)) {}

  // A name is made up when only metadata.generateName is given.
  Result<Written> create(Kind kind, const std::string& ns, nlohmann::json document,
                         const WriteOptions& options) const;
  Result<Written> update(const Key& key, const nlohmann::json& document,
                         const WriteOptions& options) const;
  // `force`: an apply takes fields over from other managers. An apply creates an absent object.
  Result<Written> patch(const Key& key, PatchType type, const nlohmann::json& patch, bool force,
                        const WriteOptions& options) const;
  // The object after `change`, which may refuse; it is called again when another writer came
  // between.
  using Change = std::function<Result<nlohmann::json>(const nlohmann::json& before)>;
  Result<Written> change(const Key& key, const Change& change, const WriteOptions& options) const;
  Result<Removed> remove(const Key& key, const RemoveOptions& options) const;

 private:
  struct Draft;
  Result<Written> apply(const Key& key, const nlohmann::json& configuration, bool force,
                        const WriteOptions& options) const;
  Result<Written> create_once(Kind kind, const std::string& ns, nlohmann::json document,
                              const WriteOptions& options) const;
  Result<Written> commit(Draft draft, const WriteOptions& options) const;
  admission::Options admission_options(const std::string& ns, const WriteOptions& options) const;
  Result<void> check_namespace(const KindInfo& info, const std::string& ns,
                               const std::string& name) const;

  Store& store_;
  std::function<Time()> now_;
  std::string engine_socket_;
};

// Submits and waits. Not on the store's thread.
Result<std::vector<StoredPtr>> commit(Store& store, Transaction transaction);

}  // namespace weir
