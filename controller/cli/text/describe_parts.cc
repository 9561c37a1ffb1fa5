#include "controller/cli/text/describe_parts.h"

#include <nlohmann/json.hpp>

#include "controller/cli/text/event_text.h"
#include "controller/json_path/json_path.h"

namespace weir::cli {
namespace {

// A longer annotation gets lines of its own, and is cut.
constexpr std::size_t kAnnotationMax = 140;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::string shortened(const std::string& text, std::size_t limit) {
  return text.size() <= limit ? text : text.substr(0, limit - 3) + "...";
}

}  // namespace

std::string or_none(const std::string& text) { return text.empty() ? "<none>" : text; }

void add_name(std::string& out, const json& object) {
  out += "Name:\t" + name_of(object) + "\n";
  if (const std::string own = namespace_of(object); !own.empty())
    out += "Namespace:\t" + own + "\n";
}

void add_labels(std::string& out, const std::string& title, const json& labels) {
  out += title + ":\t";
  bool first = true;
  for (const auto& [key, value] : members(labels)) {
    if (!first) out += "\t";
    out += key + "=" + plain_text(value) + "\n";
    first = false;
  }
  if (first) out += "<none>\n";
}

void add_annotations(std::string& out, const std::string& title, const json& annotations) {
  out += title + ":\t";
  bool first = true;
  for (const auto& [key, value] : members(annotations)) {
    if (key == "kubectl.kubernetes.io/last-applied-configuration") continue;
    if (!first) out += "\t";
    first = false;
    std::string text = plain_text(value);
    if (text.ends_with('\n')) text.pop_back();
    if (text.size() + key.size() + 2 <= kAnnotationMax && text.find('\n') == std::string::npos) {
      out += key + ": " + text + "\n";
      continue;
    }
    out += key + ":\n";
    for (const std::string& line : lines_of(text)) {
      out += "\t  " + shortened(line, kAnnotationMax - 2) + "\n";
    }
  }
  if (first) out += "<none>\n";
}

void add_controller(std::string& out, const json& object) {
  for (const json& owner : items(at(object, {"metadata", "ownerReferences"}))) {
    if (!flag(owner, {"controller"})) continue;
    out += "Controlled By:\t" + text(owner, {"kind"}) + "/" + text(owner, {"name"}) + "\n";
  }
}

void add_template(std::string& out, const json& pod_template) {
  const json& spec = at(pod_template, {"spec"});
  add_labels(out, "  Labels", at(pod_template, {"metadata", "labels"}));
  const json& annotations = at(pod_template, {"metadata", "annotations"});
  if (!members(annotations).empty()) add_annotations(out, "  Annotations", annotations);
  if (const std::string account = text(spec, {"serviceAccountName"}); !account.empty()) {
    out += "  Service Account:\t" + account + "\n";
  }
  if (!items(at(spec, {"initContainers"})).empty()) {
    add_containers(out, "Init Containers", at(spec, {"initContainers"}), {}, kInTemplate);
  }
  add_containers(out, "Containers", at(spec, {"containers"}), {}, kInTemplate);
  add_volumes(out, at(spec, {"volumes"}), kInTemplate);
  add_scheduling(out, spec, "  ");
}

void add_scheduling(std::string& out, const json& pod_spec, const std::string& indent) {
  add_labels(out, indent + "Node-Selectors", at(pod_spec, {"nodeSelector"}));
  out += indent + "Tolerations:\t";
  bool first = true;
  for (const json& one : items(at(pod_spec, {"tolerations"}))) {
    if (!first) out += "\t";
    first = false;
    out += text(one, {"key"});
    if (const std::string value = text(one, {"value"}); !value.empty()) out += "=" + value;
    if (const std::string effect = text(one, {"effect"}); !effect.empty()) out += ":" + effect;
    if (text(one, {"operator"}) == "Exists")
      out += text(one, {"value"}).empty() ? " op=Exists" : "";
    if (at(one, {"tolerationSeconds"}).is_number()) {
      out += " for " + std::to_string(number(one, {"tolerationSeconds"})) + "s";
    }
    out += "\n";
  }
  if (first) out += "<none>\n";
}

void add_conditions(std::string& out, const json& conditions, bool with_reason) {
  if (items(conditions).empty()) return;
  out += with_reason ? "Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------\n"
                     : "Conditions:\n  Type\tStatus\n";
  for (const json& one : items(conditions)) {
    out += "  " + text(one, {"type"}) + " \t" + text(one, {"status"});
    out += with_reason ? "\t" + text(one, {"reason"}) + "\n" : " \n";
  }
}

void add_events(std::string& out, std::vector<json> events, Time now) {
  if (events.empty()) {
    out += "Events:\t<none>\n";
    return;
  }
  sort_events(events);
  out += "Events:\n  Type\tReason\tAge\tFrom\tMessage\n  ----\t------\t----\t----\t-------\n";
  for (const json& event : events) {
    std::string from = text(event, {"source", "component"});
    if (from.empty()) from = text(event, {"reportingComponent"});
    std::string message = text(event, {"message"});
    while (!message.empty() && message.back() == '\n') message.pop_back();
    out += "  " + text(event, {"type"}) + "\t" + text(event, {"reason"}) + "\t" +
           event_age(event, now) + "\t" + from + "\t" + message + "\n";
  }
}

}  // namespace weir::cli
