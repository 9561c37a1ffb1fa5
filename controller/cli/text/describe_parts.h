#pragma once

// The pieces that describe's layouts share. They append lines with tabs as column ends; describe.cc
// aligns the whole. Between the describe_*.cc files only.

#include <string>
#include <vector>

#include "controller/cli/text/fields.h"
#include "reconcilers/time.h"

namespace weir::cli {

// Where a piece stands: at the left border, or inside "Pod Template:".
struct Inset {
  std::string before_title = {};  // of Containers:, Volumes:
  std::string before_name = {};   // of each container and volume
};
inline const Inset kAtBorder{};
inline const Inset kInTemplate{.before_title = "  ", .before_name = " "};

std::string or_none(const std::string& text);

// Name:, Namespace: (where there is one).
void add_name(std::string& out, const json& object);
// key=value (or key: value), one a line.
void add_labels(std::string& out, const std::string& title, const json& labels);
void add_annotations(std::string& out, const std::string& title, const json& annotations);
void add_controller(std::string& out, const json& object);
void add_template(std::string& out, const json& pod_template);
void add_containers(std::string& out, const std::string& title, const json& containers,
                    const json& statuses, const Inset& inset);
void add_volumes(std::string& out, const json& volumes, const Inset& inset);
void add_scheduling(std::string& out, const json& pod_spec, const std::string& indent);
// Type, Status (and Reason).
void add_conditions(std::string& out, const json& conditions, bool with_reason);
void add_events(std::string& out, std::vector<json> events, Time now);

// Field by field: the layout of kinds that have none.
void add_generic(std::string& out, const json& object);

}  // namespace weir::cli
