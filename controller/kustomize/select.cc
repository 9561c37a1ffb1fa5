#include "controller/kustomize/select.h"

#include <re2/re2.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "controller/api/selector.h"

namespace weir::kustomize {
namespace {

// An empty pattern matches everything.
class Pattern {
 public:
  explicit Pattern(const std::string& text) {
    if (!text.empty()) pattern_ = std::make_unique<RE2>("^(?:" + text + ")$", RE2::Quiet);
  }
  bool matches(const std::string& text) const {
    return pattern_ == nullptr || RE2::PartialMatch(text, *pattern_);
  }
  std::string error() const {
    return pattern_ == nullptr || pattern_->ok() ? "" : pattern_->error();
  }

 private:
  std::unique_ptr<RE2> pattern_;
};

std::map<std::string, std::string> texts_at(const Resource& resource, const char* member) {
  std::map<std::string, std::string> out;
  const json* found = find(*resource.document, {"metadata", member});
  if (found == nullptr || !found->is_object()) return out;
  for (const auto& [key, value] : found->items()) out.emplace(key, scalar_text(value));
  return out;
}

}  // namespace

struct Selector::State {
  Pattern group, version, kind, name, namespace_;
  rest::LabelSelector labels, annotations;

  bool selects(const Gvk& gvk) const {
    return group.matches(gvk.group) && version.matches(gvk.version) && kind.matches(gvk.kind);
  }
};

Selector::Selector(std::unique_ptr<State> state) : state_(std::move(state)) {}
Selector::Selector(Selector&&) noexcept = default;
Selector::~Selector() = default;

Result<Selector> Selector::parse(const json& fields) {
  const auto pattern = [&](const char* name) { return Pattern(text_at(fields, {name})); };
  TRY(rest::LabelSelector labels, rest::LabelSelector::parse(text_at(fields, {"labelSelector"})));
  TRY(rest::LabelSelector annotations,
      rest::LabelSelector::parse(text_at(fields, {"annotationSelector"})));
  auto state = std::make_unique<State>(State{pattern("group"), pattern("version"), pattern("kind"),
                                             pattern("name"), pattern("namespace"),
                                             std::move(labels), std::move(annotations)});
  for (const Pattern* one :
       {&state->group, &state->version, &state->kind, &state->name, &state->namespace_}) {
    if (one->error().empty()) continue;
    return fail(Code::bad_request, "a selector is not a valid regular expression: " + one->error());
  }
  return Selector(std::move(state));
}

bool Selector::selects(const Resource& resource) const {
  const Id now = resource.id(), original = resource.original_id();
  const bool by_namespace = state_->namespace_.matches(original.effective_namespace()) ||
                            state_->namespace_.matches(now.effective_namespace());
  const bool by_name = state_->name.matches(original.name) || state_->name.matches(now.name);
  return by_namespace && by_name && state_->selects(now.gvk) && selects_labels(resource);
}

bool Selector::selects_labels(const Resource& resource) const {
  return state_->labels.matches(texts_at(resource, "labels")) &&
         state_->annotations.matches(texts_at(resource, "annotations"));
}

}  // namespace weir::kustomize
