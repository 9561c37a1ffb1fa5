// Made from crd-schemas/ by crd-schemas/generate.cc. Change those.

#include "gen/schemas.h"

namespace weir {

std::string_view schemas_json() {
  return R"schemas({"definitions":{
"Handle":{"type":"object","description":"Something small.","required":["port"],"properties":{"port":{"x-kubernetes-int-or-string":true},"scheme":{"type":"string","enum":["HTTP","HTTPS"],"default":"HTTP"}}},
"Lever":{"type":"object","description":"A handle with more.","properties":{"port":{"x-kubernetes-int-or-string":true},"scheme":{"type":"string","enum":["HTTP","HTTPS"],"default":"HTTP"},"force":{"type":"integer","format":"int64","x-weir-optional":true}},"required":["port"]}},
"kinds":[
{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"sinks.kitchen.example.com"},"spec":{"group":"kitchen.example.com","names":{"kind":"Sink","listKind":"SinkList","plural":"sinks","singular":"sink","shortNames":["sk"],"categories":["all","kitchen"]},"scope":"Cluster","versions":[{"name":"v1beta1","served":true,"storage":true,"subresources":{"status":{}},"additionalPrinterColumns":[{"name":"Name","type":"string","format":"name","jsonPath":".metadata.name"}],"schema":{"openAPIV3Schema":{"type":"object","description":"A sink.","required":["spec"],"properties":{"apiVersion":{"type":"string"},"kind":{"type":"string"},"metadata":{"type":"object","x-weir-name":"SinkMeta","x-weir-inline":true,"properties":{"name":{"type":"string"},"managed":{"type":"array","x-weir-typed":false,"items":{"type":"string"}}}},"spec":{"type":"object","x-weir-inline":true,"required":["count","handle"],"properties":{"affinity":{"$ref":"Lever","x-weir-opaque":true},"amount":{"type":"string","format":"quantity"},"amounts":{"type":"object","additionalProperties":{"type":"string","format":"quantity"}},"count":{"type":"integer","format":"int32"},"default":{"type":"boolean","default":true},"handle":{"$ref":"Handle"},"levers":{"type":"array","items":{"$ref":"Lever"}},"maybe":{"type":"boolean","x-weir-optional":true},"namespace":{"type":"string"},"password":{"type":"string","x-weir-secret":true},"plain":{"type":"boolean"},"policy":{"type":"object","default":{},"properties":{"limit":{"x-kubernetes-int-or-string":true,"default":"25%"},"step":{"x-kubernetes-int-or-string":true,"default":3}}},"ratio":{"type":"number","default":0.5},"started":{"type":"string","format":"date-time"},"title":{"type":"string","default":"unnamed"}}},"status":{"type":"object","x-weir-inline":true,"properties":{"ready":{"type":"boolean"}}}}}}}]}}]}
)schemas";
}

}  // namespace weir
