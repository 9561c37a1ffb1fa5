#include <array>

#include "controller/admission/validate.h"
#include "controller/admission/validate_names.h"
#include "reconcilers/duration.h"

namespace weir {
namespace {

constexpr std::size_t kPrefixMax = 200;  // Flux: of namePrefix and nameSuffix
constexpr std::size_t kCommitDigits = 40;

// "30s", "5m", "1h30m"; `required` ones as well as optional ones that are there.
void check_duration(const std::string& text, const std::string& path, Causes& causes) {
  if (text.empty()) return;
  const auto seconds = parse_seconds(text);
  const bool has_unit = text.find_first_of("smh") != text.npos;
  if (!seconds || !has_unit) {
    causes.invalid(path, shown(text), "must be a duration such as 30s, 5m or 1h");
  } else if (seconds->count() < 1) {
    causes.invalid(path, shown(text), "must be one second at least");
  }
}

// It stays in the tree: whatever is in a repository, no path leads out of it.
void check_path(const std::string& path, const std::string& at_path, Causes& causes) {
  if (path.find('\0') != path.npos || path.find('\\') != path.npos) {
    return causes.invalid(at_path, shown(path), "must be a path with slashes");
  }
  std::string part;
  for (const char c : path + "/") {
    if (c != '/') {
      part += c;
      continue;
    }
    if (part == "..") return causes.invalid(at_path, shown(path), "must not contain '..'");
    part.clear();
  }
}

bool is_commit(const std::string& text) {
  return text.size() == kCommitDigits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

void check_url(const std::string& url, Causes& causes) {
  constexpr std::array kSchemes{"https://", "http://", "ssh://", "file://"};
  for (const char* scheme : kSchemes) {
    if (url.starts_with(scheme)) return;
  }
  causes.invalid("spec.url", shown(url),
                 "must begin with https://, http://, ssh:// or file://, as ssh://git@host/path");
}

}  // namespace

void validate_git_repository(const api::GitRepositorySpec& spec, Causes& causes) {
  check_url(spec.url, causes);
  check_duration(spec.interval, "spec.interval", causes);
  check_duration(spec.timeout, "spec.timeout", causes);
  if (spec.recurseSubmodules) {
    causes.forbidden("spec.recurseSubmodules",
                     "submodules are refused: include another GitRepository by spec.include");
  }
  if (!spec.provider.empty() && spec.provider != "generic") {
    causes.forbidden("spec.provider", "weir logs in by spec.secretRef only");
  }
  if (spec.ref && !spec.ref->commit.empty() && !is_commit(spec.ref->commit)) {
    causes.invalid("spec.ref.commit", shown(spec.ref->commit),
                   "must be a whole commit of 40 hexadecimal digits");
  }
  for (std::size_t i = 0; i < spec.include.size(); ++i) {
    const std::string here = at("spec.include", i);
    if (spec.include[i].repository.name.empty()) causes.required(here + ".repository.name");
    check_path(spec.include[i].fromPath, here + ".fromPath", causes);
    check_path(spec.include[i].toPath, here + ".toPath", causes);
  }
  for (std::size_t i = 0; i < spec.sparseCheckout.size(); ++i) {
    check_path(spec.sparseCheckout[i], at("spec.sparseCheckout", i), causes);
  }
}

void validate_kustomization(const api::KustomizationSpec& spec, Causes& causes) {
  check_duration(spec.interval, "spec.interval", causes);
  check_duration(spec.retryInterval, "spec.retryInterval", causes);
  check_duration(spec.timeout, "spec.timeout", causes);
  check_path(spec.path, "spec.path", causes);
  if (spec.sourceRef.name.empty()) causes.required("spec.sourceRef.name");
  if (spec.decryption) {
    causes.forbidden("spec.decryption",
                     "weir decrypts nothing: keep Secrets out of the repository, or seal them");
  }
  if (!spec.kubeConfig.text.empty()) {
    causes.forbidden("spec.kubeConfig", "weir applies to its own host only");
  }
  if (!spec.healthCheckExprs.empty()) {
    causes.forbidden("spec.healthCheckExprs", "weir has no CEL: use spec.healthChecks");
  }
  for (std::size_t i = 0; i < spec.dependsOn.size(); ++i) {
    if (spec.dependsOn[i].readyExpr.empty()) continue;
    causes.forbidden(at("spec.dependsOn", i) + ".readyExpr",
                     "weir has no CEL: a dependency is ready when its condition Ready is True");
  }
  if (spec.namePrefix.size() > kPrefixMax) {
    causes.invalid("spec.namePrefix", shown(spec.namePrefix), "is too long");
  }
  if (spec.nameSuffix.size() > kPrefixMax) {
    causes.invalid("spec.nameSuffix", shown(spec.nameSuffix), "is too long");
  }
  if (!spec.targetNamespace.empty()) {
    causes.check("spec.targetNamespace", spec.targetNamespace,
                 dns_label_problem(spec.targetNamespace));
  }
}

}  // namespace weir
