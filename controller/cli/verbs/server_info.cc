// weir version and weir api-resources: what is on the other side.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/cli/text/fields.h"
#include "controller/cli/text/output.h"
#include "controller/cli/text/tab_writer.h"
#include "controller/cli/verbs/verbs.h"

namespace weir::cli {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ",") + word;
  return out;
}

}  // namespace

Result<int> version(Session& session, const VersionOptions& options) {
  TRY(const Output output, parse_output(options.output));
  const std::string own = std::string("v") + WEIR_VERSION;
  json document{{"clientVersion", {{"gitVersion", own}}}};
  Result<json> server = json();
  if (!options.client_only) {
    server = session.client.get("/version");
    if (server) document["serverVersion"] = *server;
  }
  if (output.is_table()) {
    session.io.out << "Client Version: " << own << "\n";
    if (server && !server->is_null()) {
      session.io.out << "Server Version: " << text(*server, {"gitVersion"}) << "\n";
    }
  } else {
    session.io.out << print_document(output, document);
  }
  session.io.out << std::flush;
  if (!server) return tl::unexpected(server.error());
  return 0;
}

Result<int> api_resources(Session& session, const ApiResourcesOptions& options) {
  TRY(const Output output, parse_output(options.output));
  TRY(const Resources* resources, session.client.resources());
  std::vector<Resource> all = resources->all();
  std::stable_sort(all.begin(), all.end(), [](const Resource& a, const Resource& b) {
    return a.group != b.group ? a.group < b.group : a.plural < b.plural;
  });
  if (output.format == Output::Format::name) {
    for (const Resource& one : all) session.io.out << one.name() << "\n";
    return 0;
  }
  const bool wide = output.format == Output::Format::wide;
  std::vector<std::vector<std::string>> rows;
  if (!options.no_headers) {
    rows.push_back({"NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"});
    if (wide) rows.back().insert(rows.back().end(), {"VERBS", "CATEGORIES"});
  }
  for (const Resource& one : all) {
    rows.push_back({one.plural, joined(one.short_names), one.api_version(),
                    one.namespaced ? "true" : "false", one.kind});
    if (wide) rows.back().insert(rows.back().end(), {joined(one.verbs), joined(one.categories)});
  }
  session.io.out << GrowingTable().lines(rows);
  return 0;
}

}  // namespace weir::cli
