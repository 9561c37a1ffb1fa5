// weir kustomize: a folder with a kustomization.yaml, built and printed. No server is asked.

#include <fstream>
#include <nlohmann/json.hpp>

#include "controller/cli/verbs/verbs.h"
#include "controller/yaml/yaml_text.h"

namespace weir::cli {

Result<int> kustomize_folder(Session& session, const KustomizeOptions& options) {
  if (options.directories.size() > 1) {
    return fail(Code::bad_request, "error: specify one path to a kustomization directory");
  }
  const std::string directory = options.directories.empty() ? "." : options.directories.front();
  TRY(const auto documents, kustomized(directory, session.io.err));
  std::string text;
  for (const auto& document : documents) {
    text += (text.empty() ? "" : "---\n") + to_yaml(*document);
  }
  if (options.output.empty()) {
    session.io.out << text << std::flush;
    return 0;
  }
  std::ofstream file(options.output, std::ios::binary | std::ios::trunc);
  file << text << std::flush;
  if (!file) return fail(Code::internal, "error: cannot write " + options.output);
  return 0;
}

}  // namespace weir::cli
