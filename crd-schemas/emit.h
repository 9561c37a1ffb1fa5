#pragma once

// The texts that the generator writes. Each is a function of the model alone: the same schemas
// give the same bytes.

#include <string>

#include "crd-schemas/model.h"

namespace weir::schemas {

// What each of them begins with.
constexpr char kNotice[] =
    "// Made from crd-schemas/ by crd-schemas/generate.cc. Change those.\n\n";

std::string types_header(const Model& model);     // gen/types.h
std::string deep_source(const Model& model);      // gen/deep.cc
std::string fields_header(const Model& model);    // gen/fields.h
std::string kinds_header(const Model& model);     // gen/kinds.h
std::string kinds_source(const Model& model);     // gen/kinds.cc
std::string schemas_header();                     // gen/schemas.h
std::string schemas_source(const Model& model);   // gen/schemas.cc
std::string protobuf_header();                    // gen/protobuf.h
std::string protobuf_source(const Model& model);  // gen/protobuf.cc

// One YAML node as JSON text, by the rules of YAML 1.2's core schema.
std::string to_json(const YAML::Node& node);

}  // namespace weir::schemas
