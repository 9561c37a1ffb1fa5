#include "tests/apply/writers.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "controller/apply/managed_fields/server_side_apply.h"
#include "controller/apply/merge_patch.h"
#include "tests/apply/documents.h"

namespace weir {

using nlohmann::json;

namespace {

FieldManager manager_of(const std::string& who, Kind kind) {
  const auto slash = who.find('/');
  return {.name = who.substr(0, slash),
          .api_version = std::string(info(kind).api_version),
          .subresource = slash == std::string::npos ? "" : who.substr(slash + 1)};
}

std::string owners(const json& managed_fields) {
  std::string text;
  for (const json& entry : managed_fields) {
    text += "\n" + entry.at("manager").get<std::string>();
    if (entry.contains("subresource")) text += "/" + entry.at("subresource").get<std::string>();
    text += " " + entry.at("operation").get<std::string>();
    // 1970-01-01T00:00:0N: the second of the write is the number of the write.
    text += " " + entry.value("time", "000000000000000000?Z").substr(18, 1) + ":";
    for (const std::string& path : FieldSet::from_json(entry.at("fieldsV1"))->paths()) {
      text += " " + path;
    }
  }
  return text;
}

Result<json> write(const json& live, const std::string& how, const FieldManager& manager, Kind kind,
                   const json& body, std::chrono::sys_seconds now) {
  const SchemaNode& root = Schema::get().root(kind);
  if (how == "apply" || how == "force") {
    return apply(live, body, root, manager, {.force = how == "force", .now = now});
  }
  json after = body;
  if (how == "patch") {
    TRY(after, merge_patch(live, body));
  } else if (live.is_object() && !body.contains("metadata")) {
    after["metadata"] = live.at("metadata");
  }
  track_update(live, after, root, manager, now);
  return after;
}

}  // namespace

std::string story(Kind kind, const std::vector<Write>& writes) {
  json live;
  int second = 0;
  for (const Write& step : writes) {
    const auto space = step.how_and_who.find(' ');
    const auto result =
        write(live, step.how_and_who.substr(0, space),
              manager_of(step.how_and_who.substr(space + 1), kind), kind, document(step.yaml),
              std::chrono::sys_seconds(std::chrono::seconds(++second)));
    if (!result) return outcome(result);
    live = *result;
  }
  const json metadata = live.value("metadata", json::object());
  const json managed_fields = metadata.value("managedFields", json::array());
  if (live.contains("metadata")) {
    live["metadata"].erase("managedFields");
    if (live["metadata"].empty()) live.erase("metadata");
  }
  return live.dump() + owners(managed_fields);
}

}  // namespace weir
