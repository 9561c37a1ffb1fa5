#include "reconcilers/analysis_arguments.h"

#include "gen/fields.h"
#include "reconcilers/secrets.h"

namespace weir {

namespace {

// Replaces in place, whatever the type.
class Filler {
 public:
  explicit Filler(const std::map<std::string, std::string>& values) : values_(values) {}

  template <class T>
  void operator()(std::string_view, Presence, T& field) {
    fill(field);
  }

  void fill(std::string& text) {
    text = filled(text, [](const std::string& v) { return v; });
  }
  // Inside of a JSON text a value is a part of a JSON string.
  void fill(api::Json& json) { json.text = filled(json.text, json_escaped); }
  void fill(api::IntOrString& value) {
    if (value.is_string) fill(value.text);
  }
  template <class T>
  void fill(std::optional<T>& value) {
    if (value) fill(*value);
  }
  template <class T>
  void fill(std::vector<T>& values) {
    for (T& value : values) fill(value);
  }
  template <class T>
  void fill(std::map<std::string, T>& values) {
    for (auto& [key, value] : values) fill(value);
  }
  template <Reflected T>
  void fill(T& value) {
    visit_fields(*this, value);
  }
  template <class T>
  requires(std::is_arithmetic_v<T> || requires(T t) { t.time_since_epoch(); }) void fill(T&) {}

  std::string problem = {};

 private:
  static std::string json_escaped(const std::string& value) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out;
    for (const char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        out += std::string("\\") + c;
      } else if (byte < 0x20) {
        out += std::string("\\u00") + kHex[byte >> 4] + kHex[byte & 15];
      } else {
        out += c;
      }
    }
    return out;
  }

  // "p{{args.q}}" → "p0.99".
  template <class Escape>
  std::string filled(const std::string& text, Escape escape) {
    return replace_names(text, [&](std::string_view name) -> std::optional<std::string> {
      constexpr std::string_view kArgs = "args.";
      if (!name.starts_with(kArgs)) return std::nullopt;
      name.remove_prefix(kArgs.size());
      const auto value = values_.find(std::string(name));
      if (value != values_.end()) return escape(value->second);
      if (problem.empty()) problem = "failed to resolve {{args." + std::string(name) + "}}";
      return "";
    });
  }

  const std::map<std::string, std::string>& values_;
};

}  // namespace

Arguments arguments_of(const World& world, const api::AnalysisRun& run) {
  Arguments arguments;
  for (const api::AnalysisArgument& argument : run.spec.args) {
    if (argument.value) {
      arguments.values[argument.name] = *argument.value;
      continue;
    }
    const auto* ref = argument.valueFrom && argument.valueFrom->secretKeyRef
                          ? &*argument.valueFrom->secretKeyRef
                          : nullptr;
    if (!ref) {
      arguments.problem = "args." + argument.name + " was not resolved";
      return arguments;
    }
    const auto* secret = world.get<api::Secret>(run.metadata.namespace_, ref->name);
    const auto value = secret ? bytes_of(*secret, ref->key) : std::nullopt;
    if (!value) {
      arguments.problem = "args." + argument.name + ": secret \"" + ref->name + "\"" +
                          (secret ? " has no key \"" + ref->key + "\"" : " not found");
      return arguments;
    }
    arguments.secrets[argument.name] = *value;
  }
  return arguments;
}

FilledMetric fill_in(const api::Metric& metric, const std::map<std::string, std::string>& values) {
  FilledMetric filled{.metric = metric};
  Filler filler(values);
  filler.fill(filled.metric);
  filled.problem = std::move(filler.problem);
  return filled;
}

std::string replace_names(
    const std::string& text,
    const std::function<std::optional<std::string>(std::string_view name)>& value_of) {
  constexpr std::string_view kOpen = "{{", kClose = "}}";
  std::string out;
  std::size_t at = 0;
  while (true) {
    const std::size_t open = text.find(kOpen, at);
    const std::size_t close = open == text.npos ? open : text.find(kClose, open);
    if (close == text.npos) return out + text.substr(at);
    const std::size_t after = close + kClose.size();
    std::string_view name = std::string_view(text).substr(open + 2, close - open - 2);
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    const auto value = value_of(name);
    out += text.substr(at, open - at);
    out += value ? *value : text.substr(open, after - open);
    at = after;
  }
}

}  // namespace weir
