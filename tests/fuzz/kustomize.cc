// A source of files as somebody else wrote it: a fetched Git artifact. Whatever stands in it, a
// build ends with documents within the limits or with an error, and ends the same way twice.

#include <map>
#include <nlohmann/json.hpp>

#include "controller/kustomize/build.h"
#include "tests/fuzz/fuzz.h"

namespace weir::fuzz {
namespace {

constexpr std::string_view kFile = "=== ";

const kustomize::BuildLimits kLimits{.directories = 20,
                                     .depth = 5,
                                     .files = 100,
                                     .file_bytes = 1u << 16,
                                     .total_bytes = 1u << 18,
                                     .documents = 200,
                                     .output_bytes = 1u << 18};

// "=== path" lines, each before the contents of that file.
std::map<std::string, std::string> files_of(std::string_view text) {
  std::map<std::string, std::string> files;
  std::string* contents = nullptr;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    const std::string_view line = text.substr(0, end + 1);
    text.remove_prefix(end + 1);
    if (line.starts_with(kFile)) {
      contents = &files[std::string(line.substr(kFile.size(), line.find('\n') - kFile.size()))];
    } else if (contents != nullptr) {
      *contents += line;
    }
  }
  return files;
}

std::string outcome(const kustomize::Files& files) {
  const auto built = kustomize::build(files, "over", kLimits);
  if (!built) return built.error().message;
  std::string out;
  for (const nlohmann::json& document : built->documents) out += document.dump() + "\n";
  expect(out.size() <= kLimits.output_bytes + built->documents.size(), "the output has a limit");
  return out;
}

const char* const kBase = R"(=== base/kustomization.yaml
resources: [a.yaml]
commonLabels: {app: web}
configMapGenerator: [{name: c, literals: [a=b]}]
=== base/a.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, annotations: {x: y}}
spec: {replicas: 1, template: {spec: {containers: [{name: a, image: "x:1", envFrom: [{configMapRef: {name: c}}]}]}}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80, protocol: TCP}]}}
)";

}  // namespace

const std::vector<std::string>& seeds() {
  static const std::vector<std::string> kSeeds{std::string(kBase) + R"(=== over/kustomization.yaml
resources: [../base]
namePrefix: p-
namespace: shop
images: [{name: x, newTag: "2"}]
replicas: [{name: web, count: 2}]
patches:
- path: p.yaml
- target: {kind: Deployment, name: w.*}
  patch: |
    - {op: replace, path: /metadata/annotations/x, value: z}
=== over/p.yaml
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, labels: {app: other}}, spec: {template: {spec: {containers: [{name: a, $patch: delete}, {name: b}]}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80, name: http}]}}
)",
                                               std::string(kBase) + R"(=== over/kustomization.yaml
resources: [../base]
components: [../comp]
labels: [{pairs: {a: b}, includeSelectors: true, fields: [{path: spec/x, create: true}]}]
secretGenerator: [{name: s, files: [k=f.txt], envs: [f.txt]}]
configurations: [c.yaml]
replacements:
- source: {kind: Service, name: web, fieldPath: spec.ports.0.port}
  targets:
  - select: {kind: Deployment}
    fieldPaths: ["spec.template.spec.containers.[name=a].ports.0", metadata.labels.app]
    options: {create: true, delimiter: ":", index: 1}
=== over/f.txt
A=1
=== over/c.yaml
nameReference: [{kind: Service, fieldSpecs: [{path: spec/service, kind: Deployment}]}]
=== comp/kustomization.yaml
kind: Component
apiVersion: kustomize.config.k8s.io/v1alpha1
nameSuffix: -c
configMapGenerator: [{name: c, behavior: merge, literals: [c=d]}]
)"};
  return kSeeds;
}

void run(Input input) {
  const kustomize::MapFiles files(files_of(input.rest()));
  expect(outcome(files) == outcome(files), "a build is the same twice");
}

}  // namespace weir::fuzz
