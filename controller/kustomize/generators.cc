#include "controller/kustomize/generators.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "controller/admission/manifest.h"
#include "reconcilers/base64.h"

namespace weir::kustomize {
namespace {

using Pairs = std::map<std::string, std::string>;

struct Pair {
  std::string key, value;
};

std::string without_quotes(const std::string& text) {
  if (text.size() < 2 || text.front() != text.back()) return text;
  return text.front() == '"' || text.front() == '\'' ? text.substr(1, text.size() - 2) : text;
}

Result<Pair> read_literal(const std::string& text, const std::string& where) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos) {
    return fail(Code::bad_request,
                where + ": invalid literal source " + text + ", expected key=value");
  }
  return Pair{text.substr(0, equals), without_quotes(text.substr(equals + 1))};
}

// "key=path", or a path whose last name is the key.
Result<Pair> read_file_source(const std::string& text, const ReadFile& read,
                              const std::string& where) {
  const std::size_t equals = text.find('=');
  const std::string path = equals == std::string::npos ? text : text.substr(equals + 1);
  const std::string key =
      equals == std::string::npos ? text.substr(text.rfind('/') + 1) : text.substr(0, equals);
  if (key.empty() || path.empty() || path.find('=') != std::string::npos) {
    return fail(Code::bad_request, where + ": invalid file source \"" + text +
                                       "\", expected [key=]path without another '='");
  }
  TRY(std::string content, read(path));
  return Pair{key, std::move(content)};
}

// Keys are not checked here, as in kubectl: the server does that.
void read_env_line(std::string line, std::vector<Pair>& out) {
  if (line.ends_with('\r')) line.pop_back();
  line.erase(0, std::min(line.find_first_not_of(" \t\v\f\r"), line.size()));
  if (line.empty() || line[0] == '#') return;
  const std::size_t equals = std::min(line.find('='), line.size());
  if (equals == 0) return;
  out.push_back({line.substr(0, equals), line.substr(std::min(equals + 1, line.size()))});
}

Result<void> read_env_file(const std::string& path, const ReadFile& read, std::vector<Pair>& out) {
  TRY(std::string text, read(path));
  if (!check_text(text)) return fail(Code::bad_request, path + ": not valid UTF-8");
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    read_env_line(text.substr(begin, end - begin), out);
    begin = end + 1;
  }
  return {};
}

Result<Pairs> read_pairs(const json& args, const ReadFile& read, const std::string& where) {
  const auto sources = [&](const char* name) {
    const json* list = find(args, {name});
    return list == nullptr ? std::vector<std::string>{} : texts_of(*list);
  };
  std::vector<Pair> all;
  std::vector<std::string> envs = sources("envs");
  if (const std::string env = text_at(args, {"env"}); !env.empty()) envs.push_back(env);
  for (const std::string& path : envs) {
    TRY_VOID(read_env_file(path, read, all));
  }
  for (const std::string& text : sources("literals")) {
    TRY(Pair pair, read_literal(text, where));
    all.push_back(std::move(pair));
  }
  for (const std::string& text : sources("files")) {
    TRY(Pair pair, read_file_source(text, read, where));
    all.push_back(std::move(pair));
  }
  Pairs out;
  for (Pair& pair : all) {
    if (!out.emplace(pair.key, std::move(pair.value)).second) {
      return fail(Code::bad_request, where + " illegally repeats the key `" + pair.key + "`");
    }
  }
  return out;
}

bool is_utf8(std::string text) {
  std::erase(text, '\0');  // which check_text refuses, and Unicode has
  return check_text(text).has_value();
}

// Base64 in lines of 70, as Kustomize writes it: "…70…\n…rest…\n"; short texts have no line end.
std::string in_lines(const std::string& bytes) {
  constexpr std::size_t kLine = 70;
  const std::string text = base64_encode(bytes);
  if (text.size() < kLine) return text;
  std::string out;
  for (std::size_t begin = 0; begin < text.size(); begin += kLine) {
    out += text.substr(begin, kLine) + "\n";
  }
  return out;
}

// The generator's options, and the kustomization's where it says nothing.
json merged_options(const json& args, const json* global) {
  json options = args.value("options", json::object());
  if (global == nullptr) return options;
  for (const char* map : {"labels", "annotations"}) {
    const json* pairs = find(*global, {map});
    if (pairs == nullptr) continue;
    for (const auto& [key, value] : pairs->items()) options[map].emplace(key, value);
  }
  for (const char* flag : {"disableNameSuffixHash", "immutable"}) {
    if (global->value(flag, false)) options[flag] = true;
  }
  return options;
}

void add_options(json& document, const json& options) {
  for (const char* map : {"labels", "annotations"}) {
    const json* pairs = find(options, {map});
    if (pairs != nullptr && !pairs->empty()) document["metadata"][map] = *pairs;
  }
  if (options.value("immutable", false)) document["immutable"] = true;
}

void add_data(json& document, const Pairs& pairs, bool secret) {
  if (secret) document["data"] = json::object();
  for (const auto& [key, value] : pairs) {
    if (secret) {
      document["data"][key] = in_lines(value);
    } else if (is_utf8(value)) {
      document["data"][key] = value;
    } else {
      document["binaryData"][key] = in_lines(value);
    }
  }
}

Result<Behavior> behavior_of(const json& args, const std::string& where) {
  const std::string text = text_at(args, {"behavior"});
  if (text == "merge") return Behavior::merge;
  if (text == "replace") return Behavior::replace;
  if (text.empty() || text == "create") return Behavior::create;
  return fail(Code::bad_request, where + ": behavior must be create, merge or replace");
}

Result<Resource> make(const json& args, bool secret, const json* global, const ReadFile& read,
                      const std::string& where) {
  const std::string name = text_at(args, {"name"}), namespace_ = text_at(args, {"namespace"});
  if (name.empty()) return fail(Code::bad_request, where + ": a name is missing");
  json document{{"apiVersion", "v1"},
                {"kind", secret ? "Secret" : "ConfigMap"},
                {"metadata", {{"name", name}}}};
  if (!namespace_.empty()) document["metadata"]["namespace"] = namespace_;
  if (secret) {
    const std::string type = text_at(args, {"type"});
    document["type"] = type.empty() ? "Opaque" : type;
  }
  TRY(const Pairs pairs, read_pairs(args, read, where + " " + name));
  add_data(document, pairs, secret);
  const json options = merged_options(args, global);
  add_options(document, options);
  TRY(const Behavior behavior, behavior_of(args, where + " " + name));
  return Resource{.document = std::move(document),
                  .needs_hash = !options.value("disableNameSuffixHash", false),
                  .behavior = behavior};
}

// The members of `old` that `now` lacks.
void fill_map(json& now, const json& old, const char* member) {
  const json* before = find(old, {member});
  if (before == nullptr || !before->is_object() || before->empty()) return;
  json& into = now[member];
  if (!into.is_object()) into = json::object();
  for (const auto& [key, value] : before->items()) into.emplace(key, value);
}

void drop_empty(json& document, const char* member) {
  const auto found = document.find(member);
  if (found != document.end() && found->empty()) document.erase(found);
}

// What `made` becomes in the place of `old`.
void take_place(Resource& old, Resource made) {
  json& now = *made.document;
  const json& before = *old.document;
  for (const char* map : {"labels", "annotations"}) {
    if (find(before, {"metadata", map}) != nullptr) {
      fill_map(now["metadata"], before["metadata"], map);
    }
  }
  now["metadata"]["name"] = name_of(old);
  if (const std::string namespace_ = namespace_of(old); !namespace_.empty()) {
    now["metadata"]["namespace"] = namespace_;
  } else {
    now["metadata"].erase("namespace");
  }
  if (made.behavior == Behavior::merge) {
    fill_map(now, before, "data");
    fill_map(now, before, "binaryData");
    drop_empty(now, "data");
  }
  made.needs_hash = made.needs_hash && old.needs_hash;
  made.previous = old.previous;
  made.prefixes = old.prefixes;
  made.suffixes = old.suffixes;
  old = std::move(made);
}

Result<void> absorb(Resources& resources, Resource made) {
  const Id id = made.id();
  Resource* old = nullptr;
  for (Resource& resource : resources) {
    if (!resource.had_id(id)) continue;
    if (old != nullptr) {
      return fail(Code::bad_request,
                  "found multiple objects that could accept merge of " + id.text());
    }
    old = &resource;
  }
  if (old == nullptr) {
    if (made.behavior == Behavior::create) return append(resources, std::move(made));
    return fail(Code::bad_request, "id " + id.text() + " does not exist; cannot merge or replace");
  }
  if (made.behavior == Behavior::create) {
    return fail(Code::bad_request,
                "id " + id.text() + " exists; behavior must be merge or replace");
  }
  take_place(*old, std::move(made));
  return {};
}

}  // namespace

Result<void> generate(Resources& resources, const Kustomization& kustomization,
                      const ReadFile& read) {
  const json* global = kustomization.field("generatorOptions");
  for (const bool secret : {false, true}) {
    const char* field = secret ? "secretGenerator" : "configMapGenerator";
    for (const json& args : kustomization.list(field)) {
      TRY(Resource made, make(args, secret, global, read, field));
      TRY_VOID(absorb(resources, std::move(made)));
    }
  }
  return {};
}

}  // namespace weir::kustomize
