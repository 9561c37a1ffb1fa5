#include "tests/admission/documents.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "controller/admission/manifest.h"

namespace weir::testing {

nlohmann::json yaml(const std::string& text) {
  auto documents = parse_manifest(text);
  if (!documents) throw std::runtime_error(documents.error().message + "\n" + text);
  if (documents->size() != 1) throw std::runtime_error("not one document:\n" + text);
  return documents->front();
}

nlohmann::json deployment(const std::string& patch) {
  nlohmann::json document = yaml(R"(
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1"}]}
)");
  document.merge_patch(yaml(patch));
  return document;
}

nlohmann::json pod(const std::string& patch) {
  nlohmann::json document = yaml(R"(
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: default}
spec: {containers: [{name: web, image: "web:1"}]}
)");
  document.merge_patch(yaml(patch));
  return document;
}

std::string verdict(const Result<admission::Admitted>& result) {
  if (result) return "admitted";
  if (result.error().causes.empty()) return result.error().message;
  std::string out;
  for (const Cause& cause : result.error().causes) {
    out += (out.empty() ? "" : "\n") + cause.field + ": " + cause.message;
  }
  return out;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + " cannot be read");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string lines(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += text + "\n";
  return out;
}

}  // namespace weir::testing
