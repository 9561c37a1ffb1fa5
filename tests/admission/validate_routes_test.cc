// Gateways, routes and ingresses: what their schema cannot say.

#include <gtest/gtest.h>

#include "tests/admission/documents.h"

namespace weir {
namespace {

using testing::verdict;
using testing::yaml;

struct Row {
  const char* name;
  std::string document;
  std::string want;  // how the verdict begins
};

std::string route(const std::string& rule) {
  return "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: r, "
         "namespace: a}, spec: {parentRefs: [{name: g}], rules: [" +
         rule + "]}}";
}

std::string gateway(const std::string& listener) {
  return "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: g, "
         "namespace: a}, spec: {gatewayClassName: weir, listeners: [" +
         listener + "]}}";
}

std::string ingress(const std::string& backend) {
  return "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i, namespace: a}, "
         "spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: " +
         backend + "}]}}]}}";
}

TEST(Validate, GatewaysRoutesAndIngresses) {
  const Row rows[] = {
      {"a gateway", gateway("{name: a, port: 80, protocol: HTTP}"), "admitted"},
      {"a listener twice",
       gateway("{name: a, port: 80, protocol: HTTP}, {name: a, port: 81, protocol: HTTP}"),
       "spec.listeners[1].name: Duplicate value: \"a\""},
      {"HTTPS without a certificate", gateway("{name: a, port: 443, protocol: HTTPS}"),
       "spec.listeners[0].tls.certificateRefs: Required value"},
      {"UDP", gateway("{name: a, port: 53, protocol: UDP}"),
       "spec.listeners[0].protocol: Unsupported value: \"UDP\""},
      {"a route", route("{backendRefs: [{name: web, port: 80}]}"), "admitted"},
      {"a backend without its port", route("{backendRefs: [{name: web}]}"),
       "spec.rules[0].backendRefs[0].port: Required value"},
      {"a filter without its field", route("{filters: [{type: URLRewrite}]}"),
       "spec.rules[0].filters[0].urlRewrite: Required value"},
      {"a filter with another's field",
       route("{filters: [{type: URLRewrite, urlRewrite: {}, requestRedirect: {}}]}"),
       "spec.rules[0].filters[0].requestRedirect: Forbidden: may not be used when `type` is "
       "'URLRewrite'"},
      {"a header that is none",
       route("{filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: \"a: "
             "b\", value: c}]}}]}"),
       "spec.rules[0].filters[0].requestHeaderModifier.set[0].name: Invalid value: \"a: b\""},
      {"a header of two lines",
       route("{filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, "
             "value: \"b\\r\\nc: d\"}]}}]}"),
       "spec.rules[0].filters[0].requestHeaderModifier.set[0].value: Invalid value"},
      {"a header that frames the body",
       route("{filters: [{type: RequestHeaderModifier, requestHeaderModifier: {add: [{name: "
             "Content-Length, value: \"0\"}]}}]}"),
       "spec.rules[0].filters[0].requestHeaderModifier.add[0].name: Invalid value: "
       "\"Content-Length\""},
      {"a path that ends the line",
       route("{filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, "
             "replaceFullPath: \"/ HTTP/1.1\\r\\nX: y\"}}}]}"),
       "spec.rules[0].filters[0].urlRewrite.path.replaceFullPath: Invalid value"},
      {"a host that ends the line",
       route("{filters: [{type: RequestRedirect, requestRedirect: {hostname: \"a\\r\\nb: c\"}}]}"),
       "spec.rules[0].filters[0].requestRedirect.hostname: Invalid value"},
      {"a redirect with a status that has no body",
       route("{filters: [{type: RequestRedirect, requestRedirect: {statusCode: 304}}]}"),
       "spec.rules[0].filters[0].requestRedirect.statusCode: Invalid value"},
      {"a duration that is none", route("{timeouts: {request: soon}}"),
       "spec.rules[0].timeouts.request: Invalid value: \"soon\""},
      {"an expression", route("{matches: [{path: {type: RegularExpression, value: /a}}]}"),
       "spec.rules[0].matches[0].path.type: Unsupported value: \"RegularExpression\""},
      {"an ingress", ingress("{service: {name: web, port: {number: 80}}}"), "admitted"},
      {"an ingress without a port", ingress("{service: {name: web}}"),
       "spec.rules[0].http.paths[0].backend.service.port: Required value"},
  };
  for (const Row& row : rows) {
    const std::string got = verdict(admission::create(yaml(row.document)));
    EXPECT_TRUE(got.starts_with(row.want)) << row.name << "\n" << got;
  }
}

}  // namespace
}  // namespace weir
