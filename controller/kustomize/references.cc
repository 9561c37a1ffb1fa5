// References to objects whose names have changed: found by the names the objects had before.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "controller/kustomize/transform.h"

namespace weir::kustomize {
namespace {

// A resource and its ids, worked out once: none of them changes here.
struct Candidate {
  const Resource* resource = nullptr;
  Id now = {}, original = {};
  std::string now_in = {}, original_in = {};  // effective namespaces
  bool cluster_scoped = false;
};
using Candidates = std::vector<const Candidate*>;

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
               [&](const Candidate* one) { return test(*one); });
  return out;
}

class Fixer {
 public:
  Fixer(Resource& referrer, const Candidate& self, const Gvk& target, const FieldSpec& spec,
        const Candidates& candidates)
      : referrer_(referrer), self_(self), target_(target), spec_(spec), candidates_(candidates) {}

  Result<void> run() {
    FieldSpec spec = spec_;
    spec.gvk = self_.now.gvk;
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
                                         self_.now.text() + ": no 'name' field");
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
    Candidates before = sieve(candidates_, [&](const Candidate& one) {
      return !one.original.gvk.is_cluster_scoped() && one.original_in == wanted;
    });
    if (!before.empty()) return before;
    return sieve(candidates_,
                 [&](const Candidate& one) { return !one.cluster_scoped && one.now_in == wanted; });
  }

  Result<const Resource*> select(const std::string& old_name, Candidates found,
                                 bool with_namespace) const {
    found = sieve(found, [&](const Candidate& one) {
      return was_named(*one.resource, old_name) && in_role_reference(*one.resource);
    });
    if (!self_.cluster_scoped) {
      found = sieve(found, [&](const Candidate& one) {
        return one.cluster_scoped || one.now.gvk.kind == "ServiceAccount" ||
               one.now_in == self_.now_in;
      });
    }
    for (const bool empty_fits_all : {true, false}) {
      if (found.size() == 1) return found[0]->resource;
      found = sieve(found, [&](const Candidate& one) {
        return same_context(*one.resource, referrer_, empty_fits_all);
      });
    }
    if (found.empty()) return nullptr;
    const bool same = std::all_of(found.begin(), found.end(), [&](const Candidate* one) {
      return one->now.name == found[0]->now.name &&
             (!with_namespace || one->now.namespace_ == found[0]->now.namespace_);
    });
    if (same) return found[0]->resource;
    return fail(Code::bad_request,
                "updating name reference in '" + spec_.path + "' of " + self_.now.text() +
                    ": found multiple possible referrals named \"" + old_name + "\"");
  }

  bool was_named(const Resource& one, const std::string& old_name) const {
    const auto named = [&](const Resource::Previous& before) { return before.name == old_name; };
    if (std::none_of(one.previous.begin(), one.previous.end(), named)) return false;
    const std::vector<Id> ids = one.previous_ids();
    return std::any_of(ids.begin(), ids.end(),
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
  const Candidate& self_;  // the referrer
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

std::vector<Candidate> all_candidates(const Resources& resources) {
  std::vector<Candidate> out;
  for (const Resource& resource : resources) {
    Candidate one{.resource = &resource, .now = resource.id(), .original = resource.original_id()};
    one.now_in = one.now.effective_namespace();
    one.original_in = one.original.effective_namespace();
    one.cluster_scoped = one.now.gvk.is_cluster_scoped();
    out.push_back(std::move(one));
  }
  return out;
}

Candidates candidates_for(const Candidate& referrer, const std::vector<Candidate>& all) {
  const std::set<std::string> bound = bound_namespaces(*referrer.resource);
  Candidates out;
  for (const Candidate& one : all) {
    if (one.resource->previous.empty()) continue;  // its name has not changed
    const bool reachable = referrer.cluster_scoped || one.cluster_scoped ||
                           one.now_in == referrer.now_in || bound.contains(one.now.namespace_);
    if (reachable) out.push_back(&one);
  }
  return out;
}

}  // namespace

Result<void> fix_references(Resources& resources, const std::vector<NameReference>& references) {
  const std::vector<Candidate> all = all_candidates(resources);
  for (std::size_t i = 0; i < resources.size(); ++i) {
    Resource& referrer = resources[i];
    Candidates candidates;
    bool gathered = false;
    for (const NameReference& reference : references) {
      for (const FieldSpec& spec : reference.referrers) {
        if (!selects(spec.gvk, all[i].original.gvk)) continue;
        if (!has_field(*referrer.document, spec.path)) continue;
        if (!gathered) candidates = candidates_for(all[i], all);
        gathered = true;
        TRY_VOID(Fixer(referrer, all[i], reference.target, spec, candidates).run());
      }
    }
  }
  return {};
}

}  // namespace weir::kustomize
