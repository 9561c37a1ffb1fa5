#include "controller/api/render.h"

#include <nlohmann/json.hpp>

#include "controller/api/status.h"
#include "controller/api/table.h"

namespace weir::rest {
namespace {

using nlohmann::json;

TableOptions table_options(const View& view) {
  return {
      .kind = view.kind, .form = view.form, .include_object = view.include_object, .now = view.now};
}

Response one(const View& view, const json& document, const Object& object, int status) {
  switch (view.form.type) {
    case Form::Type::object:
      break;
    case Form::Type::metadata:
      return json_response(partial_metadata(view.form, document), status);
    case Form::Type::table: {
      json table =
          empty_table(table_options(view), document.at("metadata").value("resourceVersion", ""));
      table["rows"].push_back(table_row(table_options(view), document, object));
      return json_response(table, status);
    }
  }
  return json_response(document, status);
}

// Stored texts are joined as they are: a list of thousands costs no parsing.
Response object_list(const View& view, const Store::Listing& listing) {
  const KindInfo& kind = info(view.kind);
  std::string body = "{\"kind\":\"" + std::string(kind.list) + "\",\"apiVersion\":\"" +
                     std::string(kind.api_version) + "\",\"metadata\":{\"resourceVersion\":\"" +
                     std::to_string(listing.version) + "\"},\"items\":[";
  bool first = true;
  for (const StoredPtr& object : listing.objects) {
    if (!std::exchange(first, false)) body += ',';
    body += object->json;
  }
  return {.body = std::move(body) + "]}\n"};
}

Response table_list(const View& view, const Store::Listing& listing) {
  json table = empty_table(table_options(view), std::to_string(listing.version));
  for (const StoredPtr& object : listing.objects) {
    table["rows"].push_back(
        table_row(table_options(view), json::parse(object->json), *object->typed));
  }
  return json_response(table);
}

Response metadata_list(const View& view, const Store::Listing& listing) {
  json items = json::array();
  for (const StoredPtr& object : listing.objects) {
    items.push_back(partial_metadata(view.form, json::parse(object->json)));
  }
  return json_response({{"kind", "PartialObjectMetadataList"},
                        {"apiVersion", "meta.k8s.io/" + view.form.version},
                        {"metadata", {{"resourceVersion", std::to_string(listing.version)}}},
                        {"items", std::move(items)}});
}

}  // namespace

Response render(const View& view, const Stored& object) {
  if (view.form.type == Form::Type::object) return {.body = object.json + "\n"};
  return one(view, json::parse(object.json), *object.typed, 200);
}

Response render(const View& view, const Store::Listing& listing) {
  switch (view.form.type) {
    case Form::Type::object:
      break;
    case Form::Type::table:
      return table_list(view, listing);
    case Form::Type::metadata:
      return metadata_list(view, listing);
  }
  return object_list(view, listing);
}

Response render(const View& view, const Written& written) {
  Response response = one(view, *written.document, *written.object, written.created ? 201 : 200);
  for (const std::string& warning : written.warnings) {
    response.headers.emplace_back("Warning", warning_header(warning));
  }
  return response;
}

std::string warning_header(const std::string& text) {
  std::string quoted;
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return "299 - \"" + quoted + "\"";
}

}  // namespace weir::rest
