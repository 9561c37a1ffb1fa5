#include "controller/store/records.h"

#include <array>

namespace weir {
namespace {

constexpr std::array<const char*, 3> kChanges = {"added", "modified", "deleted"};

// What a sealed body is bound to. The separator cannot occur in any of the parts.
std::string place(const LogRow& row) {
  const char separator = '\n';
  return row.api_version + separator + row.kind + separator + row.ns + separator + row.name +
         separator + row.uid + separator + std::to_string(row.version);
}

tl::unexpected<Error> damaged(const LogRow& row, const std::string& why) {
  return fail(Code::internal, "the store cannot be read: " + row.kind + " " +
                                  (row.ns.empty() ? "" : row.ns + "/") + row.name +
                                  " at resourceVersion " + std::to_string(row.version) + ": " +
                                  why + ": put a backup of the folder in its place");
}

Result<Commit::Type> change_of(const LogRow& row) {
  for (std::size_t i = 0; i < kChanges.size(); ++i) {
    if (row.change == kChanges[i]) return static_cast<Commit::Type>(i);
  }
  return damaged(row, "unknown change \"" + row.change + "\"");
}

Result<StoredPtr> object_of(LogRow row, const Sealer& sealer) {
  const std::optional<Kind> kind = kind_named(row.api_version, row.kind);
  if (!kind) return damaged(row, "this weir does not know the kind " + row.api_version);
  if (row.sealed) {
    Result<std::string> plain = sealer.unseal(row.body, place(row));
    if (!plain) return damaged(row, "the Secret " + plain.error().message);
    row.body = *std::move(plain);
  }
  const Key key{.kind = *kind, .ns = row.ns, .name = row.name};
  Result<StoredPtr> object = stored(key, std::move(row.body), row.version);
  if (!object) return damaged(row, object.error().message);
  if ((*object)->uid != row.uid) return damaged(row, "its uid is not the row's");
  return object;
}

}  // namespace

Result<LogRow> row_of(const Commit& commit, const Sealer& sealer) {
  const Stored& object = *commit.object;
  const KindInfo& kind = info(object.key.kind);
  LogRow row{.version = object.version,
             .change = kChanges[static_cast<std::size_t>(commit.type)],
             .api_version = std::string(kind.api_version),
             .kind = std::string(kind.name),
             .ns = object.key.ns,
             .name = object.key.name,
             .uid = object.uid,
             .sealed = object.key.kind == Kind::Secret && sealer.has_key()};
  if (row.sealed) {
    TRY(row.body, sealer.seal(object.json, place(row)));
  } else {
    row.body = object.json;
  }
  return row;
}

Result<Recovered> recover(Database& database, const Sealer& sealer, History& history) {
  TRY(const std::uint64_t history_after, database.history_after());
  history.start_after(history_after);
  Recovered recovered;
  TRY_VOID(database.read_log([&](LogRow row) -> Result<void> {
    TRY(const Commit::Type type, change_of(row));
    TRY(const StoredPtr object, object_of(row, sealer));
    const auto current = recovered.index.find(object->key);
    const StoredPtr previous = current == recovered.index.end() ? nullptr : current->second;
    recovered.version = row.version;
    const Commit commit{.type = type, .object = object, .previous = previous};
    if (row.version > history_after) {
      if ((type == Commit::Type::added) == (previous != nullptr)) {
        return damaged(row, "what it was " + row.change + " from does not fit");
      }
      history.add(commit);
    }
    apply(recovered.index, commit);
    return {};
  }));
  return recovered;
}

}  // namespace weir
