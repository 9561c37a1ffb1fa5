// References to objects whose names have changed: found by the names the objects had before.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "controller/kustomize/transform.h"

namespace weir::kustomize {
namespace {

using Candidates = std::vector<Resource*>;

// One list ends as the other does; an empty one only as an empty one.
bool same_ending(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  if (a.empty() || b.empty()) return a.size() == b.size();
  const auto& shorter = a.size() < b.size() ? a : b;
  const auto& longer = a.size() < b.size() ? b : a;
  return std::equal(shorter.rbegin(), shorter.rend(), longer.rbegin());
}

bool same_context(const Resource& a, const Resource& b, bool empty_fits_all) {
  const auto fits = [&](const std::vector<std::string>& x, const std::vector<std::string>& y) {
    return (empty_fits_all && (x.empty() || y.empty())) || same_ending(x, y);
  };
  return fits(a.prefixes, b.prefixes) && fits(a.suffixes, b.suffixes);
}

template <class Test>
Candidates sieve(const Candidates& all, const Test& test) {
  Candidates out;
  std::copy_if(all.begin(), all.end(), std::back_inserter(out),
               [&](const Resource* one) { return test(*one); });
  return out;
}

class Fixer {
 public:
  Fixer(Resource& referrer, const Gvk& target, const FieldSpec& spec, const Candidates& candidates)
      : referrer_(referrer), target_(target), spec_(spec), candidates_(candidates) {}

  Result<void> run() {
    FieldSpec spec = spec_;
    spec.gvk = referrer_.id().gvk;
    return change_fields(*referrer_.document, spec, Creates::nothing,
                         [&](json& field) { return set(field); });
  }

 private:
  Result<void> set(json& field) {
    if (field.is_null()) return {};
    if (!field.is_array()) return field.is_object() ? set_map(field) : set_name(field);
    for (json& one : field) {
      TRY_VOID(one.is_object() ? set_map(one) : set_name(one));
    }
    return {};
  }

  Result<void> set_name(json& field) {
    if (field.is_structured() || field.is_null()) return {};
    TRY(const Resource* referral, select(scalar_text(field), candidates_, false));
    if (referral != nullptr) field = name_of(*referral);
    return {};
  }

  // A map of name and namespace: the subject of a role binding, the service of a webhook.
  Result<void> set_map(json& field) {
    const json* name = find(field, {"name"});
    if (name == nullptr) {
      return fail(Code::bad_request, "updating name reference in '" + spec_.path + "' of " +
                                         referrer_.id().text() + ": no 'name' field");
    }
    TRY(const Resource* referral,
        select(scalar_text(*name), of_namespace(find(field, {"namespace"})), true));
    if (referral == nullptr) return {};
    field["name"] = name_of(*referral);
    const std::string namespace_ = namespace_of(*referral);
    if (!namespace_.empty()) field["namespace"] = namespace_;
    return {};
  }

  Candidates of_namespace(const json* field) const {
    if (field == nullptr) return candidates_;
    const std::string wanted = scalar_text(*field);
    const auto in = [&](const Id& id) {
      return !id.gvk.is_cluster_scoped() && id.effective_namespace() == wanted;
    };
    Candidates before =
        sieve(candidates_, [&](const Resource& one) { return in(one.original_id()); });
    if (!before.empty()) return before;
    return sieve(candidates_, [&](const Resource& one) { return in(one.id()); });
  }

  Result<const Resource*> select(const std::string& old_name, Candidates found,
                                 bool with_namespace) const {
    found = sieve(found, [&](const Resource& one) { return was_named(one, old_name); });
    found = sieve(found, [&](const Resource& one) { return in_role_reference(one); });
    const Id referrer = referrer_.id();
    if (!referrer.gvk.is_cluster_scoped()) {
      found = sieve(found, [&](const Resource& one) {
        const Id id = one.id();
        return id.gvk.is_cluster_scoped() || id.gvk.kind == "ServiceAccount" ||
               id.effective_namespace() == referrer.effective_namespace();
      });
    }
    for (const bool empty_fits_all : {true, false}) {
      if (found.size() == 1) return found[0];
      found = sieve(
          found, [&](const Resource& one) { return same_context(one, referrer_, empty_fits_all); });
    }
    if (found.empty()) return nullptr;
    const bool same = std::all_of(found.begin(), found.end(), [&](const Resource* one) {
      return name_of(*one) == name_of(*found[0]) &&
             (!with_namespace || namespace_of(*one) == namespace_of(*found[0]));
    });
    if (same) return found[0];
    return fail(Code::bad_request,
                "updating name reference in '" + spec_.path + "' of " + referrer.text() +
                    ": found multiple possible referrals named \"" + old_name + "\"");
  }

  bool was_named(const Resource& one, const std::string& old_name) const {
    const std::vector<Id> ids = one.previous_ids();
    const bool named =
        std::any_of(ids.begin(), ids.end(), [&](const Id& id) { return id.name == old_name; });
    return named && std::any_of(ids.begin(), ids.end(),
                                [&](const Id& id) { return selects(target_, id.gvk); });
  }

  // A roleRef names the kind that it means.
  bool in_role_reference(const Resource& one) const {
    if (!spec_.path.ends_with("roleRef/name")) return true;
    const json* reference = find(*referrer_.document, {"roleRef"});
    if (reference == nullptr || !reference->contains("apiGroup") || !reference->contains("kind")) {
      return true;
    }
    const Gvk wanted{.group = text_at(*reference, {"apiGroup"}),
                     .version = {},
                     .kind = text_at(*reference, {"kind"})};
    const std::vector<Id> ids = one.previous_ids();
    return std::any_of(ids.begin(), ids.end(),
                       [&](const Id& id) { return selects(wanted, id.gvk); });
  }

  Resource& referrer_;
  const Gvk& target_;
  const FieldSpec& spec_;
  const Candidates& candidates_;
};

// The namespaces of the accounts that a RoleBinding means.
std::set<std::string> bound_namespaces(const Resource& referrer) {
  std::set<std::string> out;
  const json* subjects = find(*referrer.document, {"subjects"});
  if (referrer.id().gvk.kind != "RoleBinding" || subjects == nullptr || !subjects->is_array()) {
    return out;
  }
  for (const json& subject : *subjects) {
    if (text_at(subject, {"kind"}) == "ServiceAccount") out.insert(text_at(subject, {"namespace"}));
  }
  return out;
}

Candidates candidates_for(const Resource& referrer, Resources& resources) {
  const Id id = referrer.id();
  const std::set<std::string> bound = bound_namespaces(referrer);
  Candidates out;
  for (Resource& one : resources) {
    if (one.previous.empty()) continue;  // its name has not changed
    const Id other = one.id();
    const bool reachable = id.gvk.is_cluster_scoped() || other.gvk.is_cluster_scoped() ||
                           other.effective_namespace() == id.effective_namespace() ||
                           bound.contains(namespace_of(one));
    if (reachable) out.push_back(&one);
  }
  return out;
}

}  // namespace

Result<void> fix_references(Resources& resources, const std::vector<NameReference>& references) {
  for (Resource& referrer : resources) {
    const Gvk gvk = referrer.original_id().gvk;
    Candidates candidates;
    bool gathered = false;
    for (const NameReference& reference : references) {
      for (const FieldSpec& spec : reference.referrers) {
        if (!selects(spec.gvk, gvk) || !has_field(*referrer.document, spec.path)) continue;
        if (!gathered) candidates = candidates_for(referrer, resources);
        gathered = true;
        TRY_VOID(Fixer(referrer, reference.target, spec, candidates).run());
      }
    }
  }
  return {};
}

}  // namespace weir::kustomize
