#include "controller/cli/verbs/targets.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/cli/text/fields.h"

namespace weir::cli {
namespace {

Target make_target(const Session& session, Resource resource, std::string name,
                   bool all_namespaces = false) {
  const bool inside = resource.namespaced && !all_namespaces;
  return {.resource = std::move(resource),
          .namespace_name = inside ? session.namespace_ : "",
          .name = std::move(name)};
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

bool is_pair(const std::string& word) { return word.find('/') != std::string::npos; }

// Every word is TYPE/NAME.
Result<std::vector<Target>> pairs(const Session& session, const Resources& resources,
                                  const TargetWords& words) {
  std::vector<Target> targets;
  for (const std::string& word : words.what) {
    const std::vector<std::string> parts = split(word, '/');
    if (!is_pair(word)) {
      return fail(Code::bad_request,
                  "there is no need to specify a resource type as a separate argument when passing "
                  "arguments in resource/name form (e.g. 'weir get resource/<resource_name>' "
                  "instead of 'weir get resource resource/<resource_name>')");
    }
    if (parts.size() != 2 || word.front() == '/') {
      return fail(Code::bad_request,
                  "arguments in resource/name form may not have more than one slash");
    }
    TRY(Resource resource, resources.named(parts[0]));
    targets.push_back(make_target(session, std::move(resource), parts[1]));
  }
  return targets;
}

// The first word names one kind or several, the others are names.
Result<std::vector<Target>> kinds_and_names(const Session& session, const Resources& resources,
                                            const TargetWords& words) {
  std::vector<Resource> kinds;
  for (const std::string& word : split(words.what.front(), ',')) {
    std::vector<Resource> more = resources.in_category(word);
    if (more.empty()) {
      TRY(Resource resource, resources.named(word));
      more.push_back(std::move(resource));
    }
    std::move(more.begin(), more.end(), std::back_inserter(kinds));
  }
  const std::vector<std::string> names(words.what.begin() + 1, words.what.end());
  if (!names.empty() && words.all_namespaces) {
    return fail(Code::bad_request, "a resource cannot be retrieved by name across all namespaces");
  }
  std::vector<Target> targets;
  for (const Resource& kind : kinds) {
    if (names.empty()) {
      targets.push_back(make_target(session, kind, "", words.all_namespaces));
    }
    for (const std::string& name : names) targets.push_back(make_target(session, kind, name));
  }
  return targets;
}

}  // namespace

Result<std::vector<Target>> targets_of(Session& session, const TargetWords& words) {
  if (words.what.empty()) {
    return fail(Code::bad_request,
                "You must specify the type of resource, as in pods or deploy/web");
  }
  TRY(const Resources* resources, session.client.resources());
  if (std::any_of(words.what.begin(), words.what.end(), is_pair)) {
    if (words.all_namespaces) {
      return fail(Code::bad_request,
                  "a resource cannot be retrieved by name across all namespaces");
    }
    return pairs(session, *resources, words);
  }
  if (!words.default_kind.empty()) {
    std::vector<std::string> with_kind{words.default_kind};
    with_kind.insert(with_kind.end(), words.what.begin(), words.what.end());
    return kinds_and_names(session, *resources, {.what = with_kind});
  }
  return kinds_and_names(session, *resources, words);
}

Result<Target> target_of(Session& session, const Manifest& manifest) {
  const json& document = *manifest.document;
  const auto refuse = [&](const std::string& what) {
    return fail(Code::invalid, "error: error validating \"" + manifest.source + "\": " + what);
  };
  if (!document.is_object()) return refuse("a document is not an object");
  const std::string api_version = text(document, {"apiVersion"});
  const std::string kind = text(document, {"kind"});
  if (api_version.empty()) return refuse("apiVersion not set");
  if (kind.empty()) return refuse("kind not set");
  const std::string name = name_of(document);
  if (name.empty()) return refuse(kind + ": metadata.name: resource name may not be empty");
  TRY(const Resources* resources, session.client.resources());
  auto resource = resources->of(api_version, kind);
  if (!resource) {
    return fail(Code::not_found, "error: unable to recognize \"" + manifest.source +
                                     "\": " + resource.error().message);
  }
  Target target = make_target(session, *std::move(resource), name);
  const std::string own = namespace_of(document);
  if (target.resource.namespaced && !own.empty()) {
    if (session.namespace_given && own != session.namespace_) {
      return fail(Code::invalid, "error: the namespace from the provided object \"" + own +
                                     "\" does not match the namespace \"" + session.namespace_ +
                                     "\". You must pass '--namespace=" + own +
                                     "' to perform this operation.");
    }
    target.namespace_name = own;
  }
  return target;
}

std::vector<Target> targets_of(Session& session, const ManifestFlags& flags, Outcome& outcome) {
  const Manifests manifests = read_manifests(flags, session.io.in, session.io.err);
  for (const Error& error : manifests.errors) outcome.fail(error);
  std::vector<Target> targets;
  for (const Manifest& manifest : manifests.documents) {
    auto target = target_of(session, manifest);
    if (outcome.ok(target)) targets.push_back(*std::move(target));
  }
  return targets;
}

Result<std::vector<Target>> expand_lists(Session& session, std::vector<Target> targets,
                                         const Selection& selection) {
  const bool selects =
      selection.all || !selection.selector.empty() || !selection.field_selector.empty();
  std::vector<Target> out;
  for (Target& target : targets) {
    if (!target.name.empty()) {
      if (selects) {
        return fail(Code::bad_request,
                    "name cannot be provided when a selector or --all is specified");
      }
      out.push_back(std::move(target));
      continue;
    }
    if (!selects) {
      return fail(Code::bad_request,
                  "resource(s) were provided, but no name was specified; give names, --all or -l");
    }
    Query query;
    if (!selection.selector.empty()) query.emplace_back("labelSelector", selection.selector);
    if (!selection.field_selector.empty()) {
      query.emplace_back("fieldSelector", selection.field_selector);
    }
    TRY(const json list, session.client.get(target.path(), query));
    for (const json& object : items(at(list, {"items"}))) {
      out.push_back({.resource = target.resource,
                     .namespace_name = namespace_of(object),
                     .name = name_of(object)});
    }
  }
  return out;
}

Result<Target> one_target(Session& session, const std::vector<std::string>& what) {
  TRY(std::vector<Target> targets, targets_of(session, {.what = what}));
  if (targets.size() != 1 || targets.front().name.empty()) {
    return fail(Code::bad_request, "name exactly one object, as in deploy/web");
  }
  return std::move(targets.front());
}

}  // namespace weir::cli
