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

std::string policy(const std::string& spec,
                   const std::string& target = "{kind: Service, name: w}") {
  return "{apiVersion: weir.dev/v1alpha1, kind: BackendTrafficPolicy, metadata: {name: p, "
         "namespace: a}, spec: {targetRefs: [" +
         target + "], " + spec + "}}";
}

std::string clients(const std::string& spec,
                    const std::string& target = "{kind: Service, name: w}") {
  return "{apiVersion: weir.dev/v1alpha1, kind: ClientTrafficPolicy, metadata: {name: p, "
         "namespace: a}, spec: {targetRefs: [" +
         target + "], " + spec + "}}";
}

TEST(Validate, ClientTrafficPolicies) {
  const std::string gateway = "{group: gateway.networking.k8s.io, kind: Gateway, name: w}";
  const Row rows[] = {
      {"one with everything",
       clients("accessLog: {samplingRate: 0.5}, body: {maxSize: 10Mi}, clientIPDetection: "
               "{xForwardedFor: {trustedCIDRs: [10.0.0.0/8, \"fd00::1\"]}}, connection: "
               "{connectionLimit: {value: 9}}, proxyProtocol: {optional: true}, timeout: {http: "
               "{idleTimeout: 11m, requestReceivedTimeout: 30s}}",
               gateway + ", {kind: Service, name: w}"),
       "admitted"},
      {"of a Gateway without its group", clients("accessLog: {}", "{kind: Gateway, name: w}"),
       "spec.targetRefs[0].group: Invalid value"},
      {"of a Service in a group",
       clients("accessLog: {}", "{group: gateway.networking.k8s.io, kind: Service, name: w}"),
       "spec.targetRefs[0].group: Invalid value"},
      {"of one twice", clients("accessLog: {}", gateway + "," + gateway),
       "spec.targetRefs[1]: Duplicate value"},
      {"more than all", clients("accessLog: {samplingRate: 101}"),
       "spec.accessLog.samplingRate: Invalid value"},
      {"no size", clients("body: {maxSize: ten}"), "spec.body.maxSize: Invalid value"},
      {"nothing at all", clients("body: {maxSize: \"0\"}"), "spec.body.maxSize: Invalid value"},
      {"neither hops nor addresses", clients("clientIPDetection: {xForwardedFor: {}}"),
       "spec.clientIPDetection.xForwardedFor: Invalid value"},
      {"hops and addresses",
       clients("clientIPDetection: {xForwardedFor: {numTrustedHops: 1, trustedCIDRs: [::/0]}}"),
       "spec.clientIPDetection.xForwardedFor: Invalid value"},
      {"an address that is none",
       clients("clientIPDetection: {xForwardedFor: {trustedCIDRs: [10.0.0.0/33]}}"),
       "spec.clientIPDetection.xForwardedFor.trustedCIDRs[0]: Invalid value"},
      {"no connection at all", clients("connection: {connectionLimit: {value: 0}}"),
       "spec.connection.connectionLimit.value: Invalid value"},
      {"no time at all", clients("timeout: {http: {idleTimeout: 0s}}"),
       "spec.timeout.http.idleTimeout: Invalid value"},
  };
  for (const Row& row : rows) {
    const std::string got = verdict(admission::create(yaml(row.document)));
    EXPECT_TRUE(got.starts_with(row.want)) << row.name << "\n" << got;
  }
}

TEST(Validate, TrafficPolicies) {
  const Row rows[] = {
      {"one with everything",
       policy("circuitBreaker: {maxConnections: 3}, faultInjection: {abort: {httpStatus: 503, "
              "percentage: 12.5}, delay: {fixedDelay: 1s}}, healthCheck: {passive: "
              "{consecutive5XxErrors: 3}}, loadBalancer: {type: RoundRobin, slowStart: {window: "
              "1m}}, pause: {}, retryConstraint: {budget: {percent: 10}}"),
       "admitted"},
      {"by a cookie",
       policy("loadBalancer: {type: ConsistentHash, consistentHash: {type: Cookie, cookie: {name: "
              "sid, ttl: 1h}}}"),
       "admitted"},
      {"of nothing", policy("pause: {}", ""), "spec.targetRefs: Required value"},
      {"of one twice", policy("pause: {}", "{kind: Service, name: w}, {kind: Service, name: w}"),
       "spec.targetRefs[1]: Duplicate value"},
      {"of a Gateway",
       policy("pause: {}", "{group: gateway.networking.k8s.io, kind: Gateway, name: w}"),
       "spec.targetRefs[0].group: Unsupported value"},
      {"a hash by nothing", policy("loadBalancer: {type: ConsistentHash}"),
       "spec.loadBalancer.consistentHash: Required value"},
      {"a hash by a cookie without one",
       policy("loadBalancer: {type: ConsistentHash, consistentHash: {type: Cookie}}"),
       "spec.loadBalancer.consistentHash.cookie: Required value"},
      {"a hash by address and header",
       policy("loadBalancer: {type: ConsistentHash, consistentHash: {type: SourceIP, header: "
              "{name: X}}}"),
       "spec.loadBalancer.consistentHash.header: Forbidden"},
      {"a cookie that is more than a name",
       policy("loadBalancer: {type: ConsistentHash, consistentHash: {type: Cookie, cookie: {name: "
              "\"a; b\"}}}"),
       "spec.loadBalancer.consistentHash.cookie.name: Invalid value"},
      {"a slow start of a hash",
       policy("loadBalancer: {type: ConsistentHash, slowStart: {window: 1m}, consistentHash: "
              "{type: SourceIP}}"),
       "spec.loadBalancer.slowStart: Forbidden"},
      {"another way to choose", policy("loadBalancer: {type: LeastRequest}"),
       "spec.loadBalancer.type: Unsupported value"},
      {"more than all", policy("faultInjection: {abort: {httpStatus: 503, percentage: 100.5}}"),
       "spec.faultInjection.abort.percentage: Invalid value"},
      {"a fault that is none", policy("faultInjection: {abort: {httpStatus: 200}}"),
       "spec.faultInjection.abort.httpStatus: Invalid value"},
      {"no time at all", policy("pause: {timeout: 0s}"), "spec.pause.timeout: Invalid value"},
      {"a field that weir does not have", policy("rateLimit: {type: Local}"),
       "BackendTrafficPolicy in version \"v1alpha1\" cannot be handled"},
      {"a session", route("{sessionPersistence: {}, backendRefs: [{name: web, port: 80}]}"),
       "admitted"},
      {"a permanent session without an end",
       route("{sessionPersistence: {cookieConfig: {lifetimeType: Permanent}}}"),
       "spec.rules[0].sessionPersistence.absoluteTimeout: Required value"},
      {"a timeout that nothing has", route("{sessionPersistence: {absoluteTimeout: 1h}}"),
       "spec.rules[0].sessionPersistence.absoluteTimeout: Forbidden"},
      {"a session without a name that could be one",
       route("{sessionPersistence: {sessionName: \"a b\"}}"),
       "spec.rules[0].sessionPersistence.sessionName: Invalid value"},
      {"a header that says where a message ends",
       route("{sessionPersistence: {type: Header, sessionName: Content-Length}}"),
       "spec.rules[0].sessionPersistence.sessionName: Invalid value"},
  };
  for (const Row& row : rows) {
    const std::string got = verdict(admission::create(yaml(row.document)));
    EXPECT_TRUE(got.starts_with(row.want)) << row.name << "\n" << got;
  }
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
