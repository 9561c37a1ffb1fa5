// The order of the output: as gathered (fifo), or by kind (legacy, which is also kubectl's).

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "controller/kustomize/transform.h"

namespace weir::kustomize {
namespace {

const std::vector<std::string> kFirst{"Namespace",
                                      "ResourceQuota",
                                      "StorageClass",
                                      "CustomResourceDefinition",
                                      "ServiceAccount",
                                      "PodSecurityPolicy",
                                      "Role",
                                      "ClusterRole",
                                      "RoleBinding",
                                      "ClusterRoleBinding",
                                      "ConfigMap",
                                      "Secret",
                                      "Endpoints",
                                      "Service",
                                      "LimitRange",
                                      "PriorityClass",
                                      "PersistentVolume",
                                      "PersistentVolumeClaim",
                                      "Deployment",
                                      "StatefulSet",
                                      "CronJob",
                                      "PodDisruptionBudget"};
const std::vector<std::string> kLast{"MutatingWebhookConfiguration",
                                     "ValidatingWebhookConfiguration"};

std::string or_word(const std::string& value, const char* word) {
  return value.empty() ? word : value;
}

struct Rank {
  int by_kind = 0;  // negative: first; positive: last
  std::string by_gvk, by_id;
  auto operator<=>(const Rank&) const = default;
};

Rank rank_of(const Resource& resource, const std::map<std::string, int>& kinds) {
  const Id id = resource.id();
  const auto kind = kinds.find(id.gvk.kind);
  return {.by_kind = kind == kinds.end() ? 0 : kind->second,
          .by_gvk = or_word(id.gvk.group, "~G") + "_" + or_word(id.gvk.version, "~V") + "_" +
                    or_word(id.gvk.kind, "~K"),
          .by_id = or_word(id.namespace_, "~X") + "|" + or_word(id.name, "~N")};
}

void sort_by_kind(Resources& resources, const std::vector<std::string>& first,
                  const std::vector<std::string>& last) {
  std::map<std::string, int> kinds;
  for (std::size_t i = 0; i < first.size(); ++i) {
    kinds[first[i]] = static_cast<int>(i) - static_cast<int>(first.size());
  }
  for (std::size_t i = 0; i < last.size(); ++i) kinds[last[i]] = static_cast<int>(i) + 1;
  std::vector<std::pair<Rank, std::size_t>> ranks;
  for (std::size_t i = 0; i < resources.size(); ++i) {
    ranks.emplace_back(rank_of(resources[i], kinds), i);
  }
  std::sort(ranks.begin(), ranks.end());
  Resources sorted;
  for (const auto& [rank, i] : ranks) sorted.push_back(std::move(resources[i]));
  resources = std::move(sorted);
}

}  // namespace

Result<void> sort_resources(Resources& resources, const json* options) {
  const std::string order = options == nullptr ? "legacy" : text_at(*options, {"order"});
  const json* legacy = options == nullptr ? nullptr : find(*options, {"legacySortOptions"});
  if (order == "fifo" && legacy == nullptr) return {};
  if (order == "fifo") {
    return fail(Code::bad_request,
                "the field 'sortOptions.legacySortOptions' is set but the selected sort order is "
                "'fifo', not 'legacy'");
  }
  if (order != "legacy") {
    return fail(Code::bad_request, "the field 'sortOptions.order' must be one of [fifo, legacy]");
  }
  if (legacy == nullptr) {
    sort_by_kind(resources, kFirst, kLast);
    return {};
  }
  const auto kinds = [&](const char* member) {
    const json* list = find(*legacy, {member});
    return list == nullptr ? std::vector<std::string>{} : texts_of(*list);
  };
  sort_by_kind(resources, kinds("orderFirst"), kinds("orderLast"));
  return {};
}

}  // namespace weir::kustomize
