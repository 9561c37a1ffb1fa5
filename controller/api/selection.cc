#include "controller/api/selection.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/api/crd.h"

namespace weir::rest {
namespace {

using nlohmann::json;

constexpr char kName[] = "metadata.name";
constexpr char kNamespace[] = "metadata.namespace";

// The CRD documents say what can be selected by, as custom resources do upstream:
// versions[].selectableFields[].jsonPath.
std::vector<std::string> selectable_fields(Kind kind) {
  std::vector<std::string> out = {kName, kNamespace};
  for (const json& field : crd_version(kind).value("selectableFields", json::array())) {
    out.push_back(field.at("jsonPath").get<std::string>().substr(1));
  }
  return out;
}

std::string value_at(const json& document, std::string_view path) {
  const json* at = &document;
  while (at->is_object()) {
    const std::size_t end = std::min(path.find('.'), path.size());
    const auto found = at->find(std::string(path.substr(0, end)));
    if (found == at->end()) return "";
    at = &*found;
    if (end == path.size()) break;
    path.remove_prefix(end + 1);
  }
  return at->is_string() ? at->get<std::string>() : at->dump();
}

}  // namespace

Result<Selection> Selection::of(const Route& route, const Request& request) {
  Selection out;
  out.route_ = route;
  TRY(out.labels_, LabelSelector::parse(request.parameter("labelSelector")));
  TRY(out.fields_, FieldSelector::parse(request.parameter("fieldSelector")));
  if (out.fields_.everything()) return out;
  const auto known = selectable_fields(route.kind);
  for (const std::string& path : out.fields_.paths()) {
    if (std::find(known.begin(), known.end(), path) == known.end()) {
      return fail(Code::bad_request, "field label not supported: " + path);
    }
    out.reads_document_ |= path != kName && path != kNamespace;
  }
  return out;
}

bool Selection::matches(const Stored& object) const {
  const bool place = object.key.kind == route_.kind &&
                     (route_.ns.empty() || object.key.ns == route_.ns) &&
                     (route_.name.empty() || object.key.name == route_.name);
  if (!place || !labels_.matches(meta(*object.typed).labels)) return false;
  if (fields_.everything()) return true;
  const json document = reads_document_ ? json::parse(object.json) : json();
  return fields_.matches([&](const std::string& path) {
    if (path == kName) return object.key.name;
    if (path == kNamespace) return object.key.ns;
    return value_at(document, path);
  });
}

Store::Listing Selection::list(const Store& store) const {
  Store::Listing listing = store.list(route_.kind, route_.ns);
  std::erase_if(listing.objects, [this](const StoredPtr& object) { return !matches(*object); });
  return listing;
}

}  // namespace weir::rest
