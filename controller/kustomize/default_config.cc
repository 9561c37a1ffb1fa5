// The defaults of Kustomize 5.6, from which fields to which kinds: see config.h.

#include <nlohmann/json.hpp>
#include <string_view>

#include "controller/kustomize/config.h"

namespace weir::kustomize {
namespace {

// Where a kind keeps its PodSpec.
struct PodHome {
  const char *kind, *path;
  bool core = false;  // of the core group's v1 only
};
constexpr PodHome kPod{"Pod", "spec/"};
constexpr PodHome kCorePod{"Pod", "spec/", true};
constexpr PodHome kPodTemplate{"PodTemplate", "template/spec/"};
constexpr PodHome kDeployment{"Deployment", "spec/template/spec/"};
constexpr PodHome kReplicaSet{"ReplicaSet", "spec/template/spec/"};
constexpr PodHome kDaemonSet{"DaemonSet", "spec/template/spec/"};
constexpr PodHome kStatefulSet{"StatefulSet", "spec/template/spec/"};
constexpr PodHome kController{"ReplicationController", "spec/template/spec/"};
constexpr PodHome kJob{"Job", "spec/template/spec/"};
constexpr PodHome kCronJob{"CronJob", "spec/jobTemplate/spec/template/spec/"};

void at_pods(FieldSpecs& out, const std::vector<PodHome>& homes,
             const std::vector<const char*>& paths) {
  for (const PodHome& home : homes) {
    for (const char* path : paths) {
      out.push_back({.gvk = {.group = {}, .version = home.core ? "v1" : "", .kind = home.kind},
                     .path = std::string(home.path) + path});
    }
  }
}

void at(FieldSpecs& out, const char* kind, const char* path, const char* group = "",
        const char* version = "") {
  out.push_back({.gvk = {.group = group, .version = version, .kind = kind}, .path = path});
}

NameReference scaled(const char* kind) {
  NameReference out{.target = {.group = {}, .version = {}, .kind = kind}};
  at(out.referrers, "HorizontalPodAutoscaler", "spec/scaleTargetRef/name");
  return out;
}

const std::vector<PodHome>& data_homes() {
  static const std::vector<PodHome> homes{kCorePod,   kPodTemplate, kDeployment, kReplicaSet,
                                          kDaemonSet, kStatefulSet, kJob,        kCronJob};
  return homes;
}

const std::vector<PodHome>& plain_homes() {
  static const std::vector<PodHome> homes{kPod,     kStatefulSet, kDeployment, kController,
                                          kCronJob, kJob,         kDaemonSet};
  return homes;
}

NameReference config_maps() {
  NameReference out{.target = {.group = {}, .version = "v1", .kind = "ConfigMap"}};
  at_pods(
      out.referrers, data_homes(),
      {"volumes/configMap/name", "containers/env/valueFrom/configMapKeyRef/name",
       "initContainers/env/valueFrom/configMapKeyRef/name", "containers/envFrom/configMapRef/name",
       "initContainers/envFrom/configMapRef/name", "volumes/projected/sources/configMap/name"});
  at(out.referrers, "Node", "spec/configSource/configMap");
  at(out.referrers, "Role", "rules/resourceNames");
  at(out.referrers, "ClusterRole", "rules/resourceNames");
  at(out.referrers, "Ingress",
     "metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap");
  return out;
}

NameReference secrets() {
  NameReference out{.target = {.group = {}, .version = "v1", .kind = "Secret"}};
  FieldSpecs& specs = out.referrers;
  at_pods(specs, data_homes(),
          {"volumes/secret/secretName", "containers/env/valueFrom/secretKeyRef/name",
           "initContainers/env/valueFrom/secretKeyRef/name", "containers/envFrom/secretRef/name",
           "initContainers/envFrom/secretRef/name", "imagePullSecrets/name",
           "volumes/projected/sources/secret/name"});
  at(specs, "Ingress", "spec/tls/secretName");
  for (const char* annotation :
       {"ingress.kubernetes.io\\/auth-secret", "nginx.ingress.kubernetes.io\\/auth-secret",
        "nginx.ingress.kubernetes.io\\/auth-tls-secret"}) {
    at(specs, "Ingress", (std::string("metadata/annotations/") + annotation).c_str());
  }
  at(specs, "ServiceAccount", "imagePullSecrets/name");
  for (const char* parameter : {"secretName", "adminSecretName", "userSecretName", "secretRef"}) {
    at(specs, "StorageClass", (std::string("parameters/") + parameter).c_str());
  }
  at(specs, "Role", "rules/resourceNames");
  at(specs, "ClusterRole", "rules/resourceNames");
  at(specs, "Service", "spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
     "serving.knative.dev", "v1");
  at(specs, "PersistentVolume", "spec/azureFile/secretName");
  return out;
}

NameReference services() {
  NameReference out{.target = {.group = {}, .version = "v1", .kind = "Service"}};
  FieldSpecs& specs = out.referrers;
  at(specs, "StatefulSet", "spec/serviceName", "apps");
  at(specs, "Ingress", "spec/rules/http/paths/backend/serviceName");
  at(specs, "Ingress", "spec/backend/serviceName");
  at(specs, "Ingress", "spec/rules/http/paths/backend/service/name");
  at(specs, "Ingress", "spec/defaultBackend/service/name");
  at(specs, "APIService", "spec/service/name", "apiregistration.k8s.io");
  for (const char* kind : {"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"}) {
    at(specs, kind, "webhooks/clientConfig/service", "admissionregistration.k8s.io");
  }
  return out;
}

void roles(std::vector<NameReference>& out) {
  constexpr const char* kGroup = "rbac.authorization.k8s.io";
  NameReference role{.target = {.group = kGroup, .version = {}, .kind = "Role"}};
  at(role.referrers, "RoleBinding", "roleRef/name", kGroup);
  NameReference cluster_role{.target = {.group = kGroup, .version = {}, .kind = "ClusterRole"}};
  at(cluster_role.referrers, "RoleBinding", "roleRef/name", kGroup);
  at(cluster_role.referrers, "ClusterRoleBinding", "roleRef/name", kGroup);
  NameReference account{.target = {.group = {}, .version = "v1", .kind = "ServiceAccount"}};
  at(account.referrers, "RoleBinding", "subjects", kGroup);
  at(account.referrers, "ClusterRoleBinding", "subjects", kGroup);
  at_pods(account.referrers, plain_homes(), {"serviceAccountName"});
  out.push_back(role);
  out.push_back(cluster_role);
  out.push_back(account);
}

void storage(std::vector<NameReference>& out) {
  NameReference claim{.target = {.group = {}, .version = "v1", .kind = "PersistentVolumeClaim"}};
  at_pods(claim.referrers, plain_homes(), {"volumes/persistentVolumeClaim/claimName"});
  NameReference volume{.target = {.group = {}, .version = "v1", .kind = "PersistentVolume"}};
  at(volume.referrers, "PersistentVolumeClaim", "spec/volumeName");
  at(volume.referrers, "ClusterRole", "rules/resourceNames");
  NameReference storage_class{
      .target = {.group = "storage.k8s.io", .version = "v1", .kind = "StorageClass"}};
  at(storage_class.referrers, "PersistentVolume", "spec/storageClassName");
  at(storage_class.referrers, "PersistentVolumeClaim", "spec/storageClassName");
  at(storage_class.referrers, "StatefulSet", "spec/volumeClaimTemplates/spec/storageClassName");
  out.push_back(claim);
  out.push_back(volume);
  out.push_back(storage_class);
}

std::vector<NameReference> name_references() {
  std::vector<NameReference> out;
  for (const char* kind : {"Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"}) {
    out.push_back(scaled(kind));
  }
  out.push_back(config_maps());
  out.push_back(secrets());
  out.push_back(services());
  roles(out);
  storage(out);
  NameReference priority{
      .target = {.group = "scheduling.k8s.io", .version = "v1", .kind = "PriorityClass"}};
  at_pods(priority.referrers, plain_homes(), {"priorityClassName"});
  out.push_back(priority);
  return out;
}

FieldSpec spec(const char* group, const char* version, const char* kind, std::string path,
               bool create) {
  return {.gvk = {.group = group, .version = version, .kind = kind},
          .path = std::move(path),
          .create = create};
}

// The metadata of the Pods that workloads make; `field` is labels or annotations.
FieldSpecs template_metadata(const std::string& field) {
  const std::string pods = "spec/template/metadata/" + field;
  return {spec("", "", "", "metadata/" + field, true),
          spec("", "v1", "ReplicationController", pods, true),
          spec("", "", "Deployment", pods, true),
          spec("", "", "ReplicaSet", pods, true),
          spec("", "", "DaemonSet", pods, true),
          spec("apps", "", "StatefulSet", pods, true),
          spec("batch", "", "Job", pods, true),
          spec("batch", "", "CronJob", "spec/jobTemplate/metadata/" + field, true),
          spec("batch", "", "CronJob", "spec/jobTemplate/spec/template/metadata/" + field, true)};
}

FieldSpecs selectors() {
  FieldSpecs out{spec("", "v1", "Service", "spec/selector", true),
                 spec("", "v1", "ReplicationController", "spec/selector", true),
                 spec("", "", "Deployment", "spec/selector/matchLabels", true),
                 spec("", "", "ReplicaSet", "spec/selector/matchLabels", true),
                 spec("", "", "DaemonSet", "spec/selector/matchLabels", true),
                 spec("apps", "", "StatefulSet", "spec/selector/matchLabels", true),
                 spec("batch", "", "Job", "spec/selector/matchLabels", false),
                 spec("batch", "", "CronJob", "spec/jobTemplate/spec/selector/matchLabels", false),
                 spec("policy", "", "PodDisruptionBudget", "spec/selector/matchLabels", false)};
  for (const char* path :
       {"spec/podSelector/matchLabels", "spec/ingress/from/podSelector/matchLabels",
        "spec/egress/to/podSelector/matchLabels"}) {
    out.push_back(spec("networking.k8s.io", "", "NetworkPolicy", path, false));
  }
  for (const char* kind : {"Deployment", "StatefulSet"}) {
    for (const char* affinity : {"podAffinity", "podAntiAffinity"}) {
      const std::string path = std::string("spec/template/spec/affinity/") + affinity;
      out.push_back(spec("apps", "", kind,
                         path + "/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/"
                                "labelSelector/matchLabels",
                         false));
      out.push_back(spec("apps", "", kind,
                         path + "/requiredDuringSchedulingIgnoredDuringExecution/"
                                "labelSelector/matchLabels",
                         false));
    }
    out.push_back(spec("apps", "", kind,
                       "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels",
                       false));
  }
  return out;
}

TransformerConfig make_default() {
  TransformerConfig out;
  out.name_prefix = {spec("", "", "", "metadata/name", false)};
  out.name_suffix = out.name_prefix;
  out.namespace_ = {
      spec("", "", "", "metadata/namespace", true),
      spec("", "", "Namespace", "metadata/name", true),
      spec("apiregistration.k8s.io", "", "APIService", "spec/service/namespace", false)};
  out.namespace_.push_back(spec("apiextensions.k8s.io", "", "CustomResourceDefinition",
                                "spec/conversion/webhook/clientConfig/service/namespace", false));
  out.template_labels = template_metadata("labels");
  out.template_labels.push_back(
      spec("apps", "", "StatefulSet", "spec/volumeClaimTemplates[]/metadata/labels", true));
  out.common_labels = selectors();
  out.common_labels.insert(out.common_labels.end(), out.template_labels.begin(),
                           out.template_labels.end());
  out.common_annotations = template_metadata("annotations");
  out.images = {spec("", "", "", "spec/containers[]/image", true),
                spec("", "", "", "spec/initContainers[]/image", true),
                spec("", "", "", "spec/template/spec/containers[]/image", true),
                spec("", "", "", "spec/template/spec/initContainers[]/image", true)};
  for (const char* kind : {"Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"}) {
    out.replicas.push_back(spec("", "", kind, "spec/replicas", true));
  }
  out.name_references = name_references();
  return out;
}

}  // namespace

const TransformerConfig& default_config() {
  static const TransformerConfig config = make_default();
  return config;
}

}  // namespace weir::kustomize
