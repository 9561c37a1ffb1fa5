#include "reconcilers/environment.h"

#include <algorithm>

#include "reconcilers/base64.h"
#include "reconcilers/field_ref.h"

namespace weir {

namespace {

// Kubernetes 1.28's rule: letters, digits, '-', '_' and '.', no digit first.
bool is_variable_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return name != "." && name != ".." && std::all_of(name.begin(), name.end(), allowed);
}

class Builder {
 public:
  explicit Builder(const PodView& view) : view_(view) {}

  Environment build() {
    for (const api::EnvFromSource& from : view_.container->envFrom) add(from);
    for (const api::EnvVar& variable : view_.container->env) add(variable);
    return std::move(made_);
  }

 private:
  void fail(std::string error) {
    if (made_.error.empty()) made_.error = std::move(error);
  }

  void add(const api::EnvFromSource& from) {
    const std::string& ns = view_.key.ns;
    if (from.configMapRef) {
      const auto* map = view_.world.get<api::ConfigMap>(ns, from.configMapRef->name);
      if (map) {
        add_all("ConfigMap", from.configMapRef->name, from.prefix, map->data);
      } else if (from.configMapRef->optional != true) {
        fail("configmap \"" + from.configMapRef->name + "\" not found");
      }
    }
    if (from.secretRef) {
      const auto* secret = view_.world.get<api::Secret>(ns, from.secretRef->name);
      if (secret) {
        add_all("Secret", from.secretRef->name, from.prefix, secret->data);
      } else if (from.secretRef->optional != true) {
        fail("secret \"" + from.secretRef->name + "\" not found");
      }
    }
  }

  void add_all(const std::string& kind, const std::string& name, const std::string& prefix,
               const std::map<std::string, std::string>& data) {
    std::string skipped;
    for (const auto& [key, value] : data) {
      if (!is_variable_name(prefix + key)) {
        skipped += (skipped.empty() ? "" : ", ") + prefix + key;
      } else if (kind == "Secret") {
        add_secret(prefix + key, value);
      } else {
        made_.values[prefix + key] = {.text = value};
      }
    }
    if (skipped.empty()) return;
    made_.notes.push_back({.about = view_.key,
                           .warning = true,
                           .reason = "InvalidEnvironmentVariableNames",
                           .message = "Keys [" + skipped + "] from the EnvFrom " + kind + " " +
                                      view_.key.ns + "/" + name +
                                      " were skipped since they are considered invalid "
                                      "environment variable names."});
  }

  void add_secret(const std::string& variable, const std::string& base64) {
    std::optional<std::string> bytes = base64_decode(base64);
    if (!bytes) {
      fail("the Secret's value for " + variable + " is not base64");
    } else if (bytes->find('\0') != std::string::npos) {
      fail("the Secret's value for " + variable + " has a NUL byte, which no environment can hold");
    } else {
      made_.values[variable] = {.text = *std::move(bytes), .secret = true};
    }
  }

  void add(const api::EnvVar& variable) {
    if (!variable.valueFrom) {
      made_.values[variable.name] = expand(variable.value, made_.values);
      return;
    }
    const api::EnvVarSource& from = *variable.valueFrom;
    if (from.secretKeyRef) {
      const auto* secret = view_.world.get<api::Secret>(view_.key.ns, from.secretKeyRef->name);
      const std::string* value =
          find("secret", "Secret", secret ? &secret->data : nullptr, *from.secretKeyRef);
      if (value) add_secret(variable.name, *value);
    } else if (from.configMapKeyRef) {
      const auto* map = view_.world.get<api::ConfigMap>(view_.key.ns, from.configMapKeyRef->name);
      const std::string* value =
          find("configmap", "ConfigMap", map ? &map->data : nullptr, *from.configMapKeyRef);
      if (value) made_.values[variable.name] = {.text = *value};
    } else {
      Lookup found = from.fieldRef ? field_value(view_, from.fieldRef->fieldPath)
                     : from.resourceFieldRef
                         ? resource_value(view_, *from.resourceFieldRef)
                         : Lookup{.error = "valueFrom of variable " + variable.name + " is empty"};
      if (found.value) made_.values[variable.name] = {.text = *std::move(found.value)};
      if (!found.error.empty()) fail(std::move(found.error));
    }
  }

  template <class Selector>
  const std::string* find(const char* word, const char* kind,
                          const std::map<std::string, std::string>* data,
                          const Selector& selector) {
    if (data) {
      const auto entry = data->find(selector.key);
      if (entry != data->end()) return &entry->second;
    }
    if (selector.optional == true) return nullptr;
    if (data) {
      fail("couldn't find key " + selector.key + " in " + kind + " " + view_.key.ns + "/" +
           selector.name);
    } else {
      fail(std::string(word) + " \"" + selector.name + "\" not found");
    }
    return nullptr;
  }

  const PodView& view_;
  Environment made_;
};

}  // namespace

Environment environment_of(const PodView& view) { return Builder(view).build(); }

EnvValue expand(std::string_view text, const EnvValues& values) {
  EnvValue out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] != '$' || (next != '$' && next != '(')) {
      out.text += text[i];
    } else if (next == '$') {
      out.text += '$';
      ++i;
    } else {
      const std::size_t end = text.find(')', i);
      if (end == std::string_view::npos)
        return {.text = out.text + std::string(text.substr(i)), .secret = out.secret};
      const auto found = values.find(std::string(text.substr(i + 2, end - i - 2)));
      if (found == values.end()) {
        out.text += text.substr(i, end - i + 1);
      } else {
        out.text += found->second.text;
        out.secret = out.secret || found->second.secret;
      }
      i = end;
    }
  }
  return out;
}

}  // namespace weir
