// images: other names, tags and digests for the images of containers.

#include <re2/re2.h>

#include <nlohmann/json.hpp>

#include "controller/kustomize/transform.h"

namespace weir::kustomize {
namespace {

struct Image {
  std::string name = {}, tag = {}, digest = {};
};

// "host:5000/web:1@sha256:…": the colon of a port is none of a tag's.
Image split(const std::string& text) {
  Image out;
  std::string rest = text;
  if (const std::size_t at = rest.find('@'); at != std::string::npos) {
    out.digest = rest.substr(at + 1);
    rest.resize(at);
  }
  const std::size_t slash = rest.find('/');
  const std::size_t colon = rest.find(':', slash == std::string::npos ? 0 : slash);
  if (colon != std::string::npos && colon > 0) {
    out.tag = rest.substr(colon + 1);
    rest.resize(colon);
  }
  out.name = rest;
  return out;
}

class Updater {
 public:
  explicit Updater(const json& image)
      : name_(text_at(image, {"name"})),
        new_name_(text_at(image, {"newName"})),
        suffix_(text_at(image, {"tagSuffix"})),
        tag_(text_at(image, {"newTag"})),
        digest_(text_at(image, {"digest"})),
        // The name is a pattern, as in Kustomize.
        pattern_("^" + name_ + "(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$", RE2::Quiet) {}

  Result<void> check() const {
    if (pattern_.ok()) return {};
    return fail(Code::bad_request,
                "images: the name \"" + name_ + "\" is not a valid pattern: " + pattern_.error());
  }

  Result<void> update(json& field) const {
    if (field.is_null()) return {};
    if (field.is_structured()) return fail(Code::bad_request, "an image is not a text");
    const std::string is = scalar_text(field);
    if (!RE2::PartialMatch(is, pattern_)) return {};
    Image image = split(is);
    if (!new_name_.empty()) image.name = new_name_;
    if (!tag_.empty() || !digest_.empty()) {
      image.tag = tag_;
      image.digest = digest_;
    } else if (!suffix_.empty()) {
      image.tag += suffix_;
      image.digest.clear();
    }
    field = image.name + (image.tag.empty() ? "" : ":" + image.tag) +
            (image.digest.empty() ? "" : "@" + image.digest);
    return {};
  }

  // The images of all lists called containers or initContainers, wherever they stand.
  Result<void> update_all(json& node) const {
    if (node.is_array()) {
      for (json& one : node) {
        TRY_VOID(update_all(one));
      }
    }
    if (!node.is_object()) return {};
    for (const auto& [key, value] : node.items()) {
      TRY_VOID(update_all(value));
      if ((key != "containers" && key != "initContainers") || !value.is_array()) continue;
      for (json& container : value) {
        const auto image = container.is_object() ? container.find("image") : container.end();
        if (!container.is_object() || image == container.end()) continue;
        TRY_VOID(update(*image));
      }
    }
    return {};
  }

 private:
  const std::string name_, new_name_, suffix_, tag_, digest_;
  const RE2 pattern_;
};

}  // namespace

// Twice, as Kustomize does: a tagSuffix of an image that both ways find is added twice.
Result<void> set_image(Resources& resources, const json& image, const FieldSpecs& specs) {
  const Updater updater(image);
  TRY_VOID(updater.check());
  for (Resource& resource : resources) {
    json& document = *resource.document;
    if (text_at(document, {"kind"}) == "CustomResourceDefinition") continue;
    TRY_VOID(updater.update_all(document));
    TRY_VOID(change_fields(document, specs, Creates::nothing,
                           [&](json& field) { return updater.update(field); }));
  }
  return {};
}

}  // namespace weir::kustomize
