#include "controller/kustomize/config.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace weir::kustomize {
namespace {

Result<FieldSpec> read_field_spec(const json& entry, const std::string& where) {
  if (!entry.is_object()) return fail(Code::bad_request, where + ": expected a map");
  FieldSpec spec;
  for (const auto& [key, value] : entry.items()) {
    std::string* into = key == "group"     ? &spec.gvk.group
                        : key == "version" ? &spec.gvk.version
                        : key == "kind"    ? &spec.gvk.kind
                        : key == "path"    ? &spec.path
                                           : nullptr;
    if (into != nullptr && value.is_string()) {
      *into = value.get<std::string>();
    } else if (key == "create" && value.is_boolean()) {
      spec.create = value.get<bool>();
    } else if (key != "skip" || !value.is_boolean()) {
      return fail(Code::bad_request, where + ": unknown field or wrong type: \"" + key + "\"");
    }
  }
  return spec;
}

Result<NameReference> read_name_reference(const json& entry, const std::string& where) {
  if (!entry.is_object()) return fail(Code::bad_request, where + ": expected a map");
  NameReference reference;
  json target = entry;
  if (const auto specs = target.find("fieldSpecs"); specs != target.end()) {
    TRY(reference.referrers, read_field_specs(*specs, where + ".fieldSpecs"));
    target.erase(specs);
  }
  TRY(const FieldSpec spec, read_field_spec(target, where));
  reference.target = spec.gvk;
  return reference;
}

}  // namespace

Result<FieldSpecs> read_field_specs(const json& list, const std::string& where) {
  if (!list.is_array()) return fail(Code::bad_request, where + ": expected a list");
  FieldSpecs specs;
  for (const json& entry : list) {
    TRY(FieldSpec spec, read_field_spec(entry, where));
    specs.push_back(std::move(spec));
  }
  return specs;
}

Result<void> merge(TransformerConfig& into, const TransformerConfig& more) {
  for (FieldSpecs TransformerConfig::*member :
       {&TransformerConfig::name_prefix, &TransformerConfig::name_suffix,
        &TransformerConfig::namespace_, &TransformerConfig::common_labels,
        &TransformerConfig::template_labels, &TransformerConfig::common_annotations,
        &TransformerConfig::images, &TransformerConfig::replicas}) {
    TRY_VOID(merge(into.*member, more.*member));
  }
  for (const NameReference& reference : more.name_references) {
    const auto same =
        std::find_if(into.name_references.begin(), into.name_references.end(),
                     [&](const NameReference& one) { return one.target == reference.target; });
    if (same == into.name_references.end()) {
      into.name_references.push_back(reference);
    } else {
      TRY_VOID(merge(same->referrers, reference.referrers));
    }
  }
  return {};
}

Result<TransformerConfig> read_config(const json& document, const std::string& name) {
  TransformerConfig config;
  if (!document.is_object()) return fail(Code::bad_request, name + ": expected a map");
  for (const auto& [key, value] : document.items()) {
    const std::string where = name + ": " + key;
    FieldSpecs* into = key == "namePrefix"          ? &config.name_prefix
                       : key == "nameSuffix"        ? &config.name_suffix
                       : key == "namespace"         ? &config.namespace_
                       : key == "commonLabels"      ? &config.common_labels
                       : key == "templateLabels"    ? &config.template_labels
                       : key == "commonAnnotations" ? &config.common_annotations
                       : key == "images"            ? &config.images
                       : key == "replicas"          ? &config.replicas
                                                    : nullptr;
    if (into != nullptr) {
      TRY(*into, read_field_specs(value, where));
    } else if (key == "nameReference" && value.is_array()) {
      for (const json& entry : value) {
        TRY(NameReference reference, read_name_reference(entry, where));
        config.name_references.push_back(std::move(reference));
      }
    } else if (key != "varReference") {  // of vars, which are refused where they stand
      return fail(Code::bad_request, name + ": unknown field \"" + key + "\"");
    }
  }
  return config;
}

}  // namespace weir::kustomize
