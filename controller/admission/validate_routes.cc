#include <algorithm>
#include <cctype>
#include <set>

#include "controller/admission/validate.h"
#include "controller/admission/validate_names.h"
#include "reconcilers/http_rules.h"

namespace weir {
namespace {

void validate_host(const std::string& path, const std::string& host, Causes& causes) {
  const std::string_view name = host;
  causes.check(path, host, dns_subdomain_problem(name.starts_with("*.") ? name.substr(2) : name));
}

void validate_precise_host(const std::string& path, const std::string& host, Causes& causes) {
  if (!host.empty()) causes.check(path, host, dns_subdomain_problem(host));
}

void validate_header_names(const std::string& path, const api::HTTPHeaderFilter& filter,
                           Causes& causes) {
  const auto look = [&](const std::string& where, const std::string& name) {
    if (const std::string problem = header_name_problem(name); !problem.empty()) {
      causes.check(where, name, problem);
    } else if (frames(name)) {
      causes.invalid(where, shown(name), "is the gateway's own: it says where a message ends");
    }
  };
  const auto fields = [&](const char* list, const std::vector<api::HTTPField>& all) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      look(at(at(at(path, list), i), "name"), all[i].name);
      const bool plain =
          std::none_of(all[i].value.begin(), all[i].value.end(),
                       [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7f; });
      if (plain) continue;
      causes.invalid(at(at(at(path, list), i), "value"), shown(all[i].value), "must be one line");
    }
  };
  fields("add", filter.add);
  fields("set", filter.set);
  for (std::size_t i = 0; i < filter.remove.size(); ++i) {
    look(at(at(path, "remove"), i), filter.remove[i]);
  }
}

// It is written into a request's first line, or a Location.
void validate_path(const std::string& path, const std::string& value, Causes& causes) {
  const bool plain = std::all_of(value.begin(), value.end(), [](unsigned char c) {
    return c > ' ' && c != 0x7f && c != '?' && c != '#';
  });
  if (value.starts_with('/') && plain) return;
  causes.invalid(path, shown(value), "must be an absolute path, without spaces, query or fragment");
}

void validate_modifier(const std::string& path, const std::optional<api::HTTPPathModifier>& to,
                       Causes& causes) {
  if (!to) return;
  if (to->type == "ReplaceFullPath" && !to->replaceFullPath) {
    causes.required(at(path, "replaceFullPath"));
  } else if (to->type == "ReplacePrefixMatch" && !to->replacePrefixMatch) {
    causes.required(at(path, "replacePrefixMatch"));
  }
  if (to->replaceFullPath) {
    validate_path(at(path, "replaceFullPath"), *to->replaceFullPath, causes);
  }
  if (to->replacePrefixMatch) {
    validate_path(at(path, "replacePrefixMatch"), *to->replacePrefixMatch, causes);
  }
}

// The field that its type names, and no other.
void validate_filter(const std::string& path, const api::HTTPRouteFilter& filter, bool of_backend,
                     Causes& causes) {
  struct Field {
    const char* type;
    const char* name;
    bool there;
  };
  const Field fields[] = {
      {"RequestHeaderModifier", "requestHeaderModifier", filter.requestHeaderModifier.has_value()},
      {"ResponseHeaderModifier", "responseHeaderModifier",
       filter.responseHeaderModifier.has_value()},
      {"RequestMirror", "requestMirror", filter.requestMirror.has_value()},
      {"RequestRedirect", "requestRedirect", filter.requestRedirect.has_value()},
      {"URLRewrite", "urlRewrite", filter.urlRewrite.has_value()}};
  for (const Field& field : fields) {
    if (filter.type == field.type && !field.there) causes.required(at(path, field.name));
    if (filter.type != field.type && field.there) {
      causes.forbidden(at(path, field.name),
                       "may not be used when `type` is '" + filter.type + "'");
    }
  }
  if (of_backend && !filter.type.ends_with("HeaderModifier")) {
    causes.forbidden(at(path, "type"), "only header modifiers may be used on a backend");
  }
  if (const auto& one = filter.requestHeaderModifier) {
    validate_header_names(at(path, "requestHeaderModifier"), *one, causes);
  }
  if (const auto& one = filter.responseHeaderModifier) {
    validate_header_names(at(path, "responseHeaderModifier"), *one, causes);
  }
  if (const auto& redirect = filter.requestRedirect) {
    const std::string where = at(path, "requestRedirect");
    validate_modifier(at(where, "path"), redirect->path, causes);
    validate_precise_host(at(where, "hostname"), redirect->hostname, causes);
    constexpr std::int64_t kCodes[] = {301, 302, 303, 307, 308};
    if (std::find(std::begin(kCodes), std::end(kCodes), redirect->statusCode) == std::end(kCodes)) {
      causes.invalid(at(where, "statusCode"), shown(redirect->statusCode),
                     "must be 301, 302, 303, 307 or 308");
    }
  }
  if (const auto& rewrite = filter.urlRewrite) {
    validate_modifier(at(at(path, "urlRewrite"), "path"), rewrite->path, causes);
    validate_precise_host(at(at(path, "urlRewrite"), "hostname"), rewrite->hostname, causes);
  }
  if (filter.requestMirror && filter.requestMirror->backendRef.port == 0) {
    causes.required(at(at(at(path, "requestMirror"), "backendRef"), "port"));
  }
}

void validate_rule(const std::string& path, const api::HTTPRouteRule& rule, Causes& causes) {
  bool redirects = false, rewrites = false;
  for (std::size_t i = 0; i < rule.filters.size(); ++i) {
    validate_filter(at(at(path, "filters"), i), rule.filters[i], false, causes);
    redirects |= rule.filters[i].requestRedirect.has_value();
    rewrites |= rule.filters[i].urlRewrite.has_value();
  }
  if (redirects && (rewrites || !rule.backendRefs.empty())) {
    causes.forbidden(at(path, "filters"),
                     "RequestRedirect may not be used with URLRewrite or backendRefs");
  }
  for (std::size_t i = 0; i < rule.backendRefs.size(); ++i) {
    const std::string where = at(at(path, "backendRefs"), i);
    if (rule.backendRefs[i].port == 0) causes.required(at(where, "port"));
    for (std::size_t k = 0; k < rule.backendRefs[i].filters.size(); ++k) {
      validate_filter(at(at(where, "filters"), k), rule.backendRefs[i].filters[k], true, causes);
    }
  }
  for (std::size_t i = 0; i < rule.matches.size(); ++i) {
    const std::string& value = rule.matches[i].path.value;
    if (value.starts_with('/')) continue;
    causes.invalid(at(at(at(at(path, "matches"), i), "path"), "value"), shown(value),
                   "must be an absolute path");
  }
  if (rule.sessionPersistence) {
    validate_session(at(path, "sessionPersistence"), *rule.sessionPersistence, causes);
  }
  if (!rule.timeouts) return;
  validate_duration(at(at(path, "timeouts"), "request"), rule.timeouts->request, causes);
  validate_duration(at(at(path, "timeouts"), "backendRequest"), rule.timeouts->backendRequest,
                    causes);
}

void validate_ingress_backend(const std::string& path, const api::IngressBackend& backend,
                              Causes& causes) {
  if (!backend.service) {
    if (backend.resource.text.empty()) causes.required(at(path, "service"));
    return;
  }
  const api::ServiceBackendPort& port = backend.service->port;
  const std::string where = at(at(path, "service"), "port");
  if (port.name.empty() && port.number == 0) causes.required(where);
  if (!port.name.empty() && port.number != 0) {
    causes.invalid(where, shown(port.name), "cannot set both port name & port number");
  }
}

}  // namespace

void validate_duration(const std::string& path, const std::string& duration, Causes& causes) {
  if (duration.empty() || parse_duration(duration)) return;
  causes.invalid(path, shown(duration), "must be a duration such as 10s, 1m30s or 500ms");
}

void validate_gateway(const api::GatewaySpec& spec, Causes& causes) {
  if (spec.listeners.empty()) causes.required("spec.listeners");
  std::set<std::string> names, sockets;
  for (std::size_t i = 0; i < spec.listeners.size() && !causes.full(); ++i) {
    const api::GatewayListener& listener = spec.listeners[i];
    const std::string path = at("spec.listeners", i);
    if (!names.insert(listener.name).second) {
      causes.duplicate(at(path, "name"), shown(listener.name));
    }
    const std::string socket =
        std::to_string(listener.port) + "/" + listener.protocol + "/" + listener.hostname;
    if (!sockets.insert(socket).second) causes.duplicate(path, shown(socket));
    const bool secure = listener.protocol == "HTTPS" || listener.protocol == "TLS";
    if (!listener.hostname.empty()) validate_host(at(path, "hostname"), listener.hostname, causes);
    if (secure && (!listener.tls || listener.tls->certificateRefs.empty())) {
      causes.required(at(at(path, "tls"), "certificateRefs"));
    }
    if (!secure && listener.tls) {
      causes.forbidden(at(path, "tls"),
                       "may not be used when `protocol` is '" + listener.protocol + "'");
    }
  }
}

void validate_http_route(const api::HTTPRouteSpec& spec, Causes& causes) {
  for (std::size_t i = 0; i < spec.hostnames.size() && !causes.full(); ++i) {
    validate_host(at("spec.hostnames", i), spec.hostnames[i], causes);
  }
  for (std::size_t i = 0; i < spec.rules.size() && !causes.full(); ++i) {
    validate_rule(at("spec.rules", i), spec.rules[i], causes);
  }
}

void validate_tcp_route(const api::TCPRouteSpec& spec, Causes& causes) {
  if (spec.rules.size() != 1) {
    causes.invalid("spec.rules", shown(static_cast<std::int64_t>(spec.rules.size())),
                   "must be exactly one rule");
  }
  for (std::size_t i = 0; i < spec.rules.size() && !causes.full(); ++i) {
    const std::string path = at(at("spec.rules", i), "backendRefs");
    if (spec.rules[i].backendRefs.empty()) causes.required(path);
    for (std::size_t k = 0; k < spec.rules[i].backendRefs.size(); ++k) {
      if (spec.rules[i].backendRefs[k].port == 0) causes.required(at(at(path, k), "port"));
    }
  }
}

void validate_ingress(const api::IngressSpec& spec, Causes& causes) {
  if (spec.rules.empty() && !spec.defaultBackend) {
    causes.required("spec.rules");
  }
  if (spec.defaultBackend) {
    validate_ingress_backend("spec.defaultBackend", *spec.defaultBackend, causes);
  }
  for (std::size_t i = 0; i < spec.rules.size() && !causes.full(); ++i) {
    const api::IngressRule& rule = spec.rules[i];
    const std::string path = at("spec.rules", i);
    if (!rule.host.empty()) validate_host(at(path, "host"), rule.host, causes);
    if (!rule.http) continue;
    const std::string paths = at(at(path, "http"), "paths");
    if (rule.http->paths.empty()) causes.required(paths);
    for (std::size_t k = 0; k < rule.http->paths.size(); ++k) {
      const api::HTTPIngressPath& one = rule.http->paths[k];
      if (one.pathType != "ImplementationSpecific" && !one.path.starts_with('/')) {
        causes.invalid(at(at(paths, k), "path"), shown(one.path), "must be an absolute path");
      }
      validate_ingress_backend(at(at(paths, k), "backend"), one.backend, causes);
    }
  }
}

}  // namespace weir
