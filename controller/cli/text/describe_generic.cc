// describe for a kind without a layout: every field, names as words.

#include <cctype>
#include <nlohmann/json.hpp>

#include "controller/cli/text/describe_parts.h"
#include "controller/json_path/json_path.h"

namespace weir::cli {
namespace {

// API documents have a bounded depth; this only bounds the indentation.
constexpr std::size_t kDepthMax = 30;

// involvedObject → Involved Object, apiVersion → API Version
std::string label_of(const std::string& name) {
  std::vector<std::string> words{""};
  for (const char c : name) {
    const bool starts = std::isupper(static_cast<unsigned char>(c)) != 0 && !words.back().empty() &&
                        std::islower(static_cast<unsigned char>(words.back().back())) != 0;
    if (starts) words.emplace_back();
    words.back() += c;
  }
  std::string out;
  for (std::string& word : words) {
    const bool acronym = word == "api" || word == "url" || word == "uid";
    for (std::size_t i = 0; i < (acronym ? word.size() : std::min<std::size_t>(1, word.size()));
         ++i) {
      word[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[i])));
    }
    out += (out.empty() ? "" : " ") + word;
  }
  return out;
}

bool is_hidden(const std::string& path) {
  return path == ".metadata.managedFields" || path == ".metadata.name" ||
         path == ".metadata.namespace" || path == ".metadata.labels" ||
         path == ".metadata.annotations";
}

void add_members(std::string& out, const json& object, const std::string& path, std::size_t depth) {
  const std::string indent(2 * depth, ' ');
  for (const auto& [key, value] : members(object)) {
    const std::string own_path = path + "." + key;
    if (is_hidden(own_path) || depth > kDepthMax) continue;
    const std::string label = indent + label_of(key) + ":";
    if (value.is_object()) {
      out += label + "\n";
      add_members(out, value, own_path, depth + 1);
    } else if (value.is_array()) {
      out += label + "\n";
      for (const json& item : items(value)) {
        if (item.is_object()) {
          add_members(out, item, own_path, depth + 1);
        } else {
          out += indent + "  " + plain_text(item) + "\n";
        }
      }
    } else {
      out += label + "\t" + (value.is_null() ? "<nil>" : plain_text(value)) + "\n";
    }
  }
}

}  // namespace

void add_generic(std::string& out, const json& object) {
  out += "Name:\t" + name_of(object) + "\nNamespace:\t" + namespace_of(object) + "\n";
  add_labels(out, "Labels", at(object, {"metadata", "labels"}));
  add_annotations(out, "Annotations", at(object, {"metadata", "annotations"}));
  add_members(out, object, "", 0);
}

}  // namespace weir::cli
