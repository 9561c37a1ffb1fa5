#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "controller/admission/codec.h"
#include "controller/admission/validate.h"
#include "controller/admission/validate_names.h"
#include "controller/analysis/condition.h"
#include "controller/json_path/json_path.h"
#include "reconcilers/duration.h"

namespace weir {
namespace {

constexpr std::int64_t kWindowMax = 600;  // seconds: what the gateway's history keeps

// Its arguments are filled in later, and looked at then.
bool has_arguments(std::string_view text) { return text.find("{{") != text.npos; }

void validate_condition(const std::string& text, const std::string& path, Causes& causes) {
  if (text.empty() || has_arguments(text)) return;
  const auto parsed = analysis::parse_condition(text);
  if (!parsed) causes.invalid(path, shown(text), parsed.error().message);
}

void validate_seconds(const std::string& text, const std::string& path, Causes& causes) {
  if (text.empty() || has_arguments(text) || parse_seconds(text)) return;
  causes.invalid(path, shown(text), "must be a duration such as 30s, 5m or 1h");
}

// Nullopt: it is not there, is filled in later, or is none and has its cause.
std::optional<std::int64_t> number_in(const std::optional<api::IntOrString>& value,
                                      const std::string& path, std::int64_t least, Causes& causes) {
  if (!value) return std::nullopt;
  std::int64_t number = value->number;
  if (value->is_string) {
    if (has_arguments(value->text)) return std::nullopt;
    const char* end = value->text.data() + value->text.size();
    const auto [stopped, error] = std::from_chars(value->text.data(), end, number);
    if (error != std::errc{} || stopped != end) {
      causes.invalid(path, shown(value->text), "must be a number");
      return std::nullopt;
    }
  }
  if (number < least) {
    causes.invalid(path, shown(number),
                   "must be greater than or equal to " + std::to_string(least));
  }
  return number;
}

void validate_limits(const api::Metric& metric, const std::string& path, Causes& causes) {
  const auto number = [&](const char* field, const auto& value, std::int64_t least) {
    return number_in(value, at(path, field), least, causes);
  };
  const auto count = number("count", metric.count, 0);
  const auto failures = number("failureLimit", metric.failureLimit, -1);
  const auto successes = number("consecutiveSuccessLimit", metric.consecutiveSuccessLimit, 0);
  number("inconclusiveLimit", metric.inconclusiveLimit, 0);
  number("consecutiveErrorLimit", metric.consecutiveErrorLimit, 0);
  if (failures == -1 && !metric.consecutiveSuccessLimit) {
    causes.invalid(at(path, "failureLimit"), "-1", "needs a consecutiveSuccessLimit");
  }
  if (count.value_or(0) > 0 && failures.value_or(0) > *count) {
    causes.invalid(at(path, "failureLimit"), shown(*failures), "is more than count");
  }
  if (count.value_or(0) > 0 && successes.value_or(0) > *count) {
    causes.invalid(at(path, "consecutiveSuccessLimit"), shown(*successes), "is more than count");
  }
  validate_seconds(metric.interval, at(path, "interval"), causes);
  validate_seconds(metric.initialDelay, at(path, "initialDelay"), causes);
  if (const auto interval = parse_seconds(metric.interval); interval && interval->count() < 1) {
    causes.invalid(at(path, "interval"), shown(metric.interval), "must be 1s at least");
  }
  if (count.value_or(0) > 1 && metric.interval.empty()) {
    causes.required(at(path, "interval"), "when count is greater than 1");
  }
}

void validate_url(const std::string& url, const std::string& path, Causes& causes) {
  if (url.starts_with("http://") || url.starts_with("https://") || has_arguments(url)) return;
  causes.invalid(path, shown(url), "must begin with http:// or https://");
}

void validate_asking(const api::MetricProvider& provider, const std::string& path, Causes& causes) {
  const auto no_tokens = [&](const auto& asking, const std::string& place) {
    if (!asking.authentication) return;
    const char* why = "weir asks with basicAuth, or with headers, in this release";
    if (asking.authentication->oauth2) {
      causes.forbidden(at(place, "authentication.oauth2"), why);
    }
    if (asking.authentication->sigv4) causes.forbidden(at(place, "authentication.sigv4"), why);
  };
  if (const auto& web = provider.web) {
    const std::string place = at(path, "web");
    validate_url(web->url, at(place, "url"), causes);
    const bool has_body = !web->body.empty() || !web->jsonBody.text.empty();
    if (has_body && (web->method.empty() || web->method == "GET")) {
      causes.invalid(at(place, "method"), shown(web->method), "must be POST or PUT with a body");
    }
    if (!web->body.empty() && !web->jsonBody.text.empty()) {
      causes.invalid(at(place, "jsonBody"), "{}", "cannot be there together with body");
    }
    if (!web->jsonPath.empty() && !has_arguments(web->jsonPath)) {
      const auto parsed = JsonPath::parse(web->jsonPath);
      if (!parsed) {
        causes.invalid(at(place, "jsonPath"), shown(web->jsonPath), parsed.error().message);
      }
    }
    no_tokens(*web, place);
  }
  if (const auto& prometheus = provider.prometheus) {
    const std::string place = at(path, "prometheus");
    if (prometheus->query.empty()) causes.required(at(place, "query"));
    if (!prometheus->address.empty()) {
      validate_url(prometheus->address, at(place, "address"), causes);
    }
    no_tokens(*prometheus, place);
  }
}

void validate_weir(const api::WeirMetric& metric, const std::string& path, Causes& causes) {
  if (!metric.quantile.empty() && !has_arguments(metric.quantile)) {
    double value = 0;
    const char* end = metric.quantile.data() + metric.quantile.size();
    const auto [stopped, error] = std::from_chars(metric.quantile.data(), end, value);
    if (error != std::errc{} || stopped != end || !(value > 0 && value < 1)) {
      causes.invalid(at(path, "quantile"), shown(metric.quantile),
                     "must be between 0 and 1, as in \"0.99\"");
    }
    if (metric.metric != "latency") {
      causes.invalid(at(path, "quantile"), shown(metric.quantile), "is for latency");
    }
  }
  validate_seconds(metric.window, at(path, "window"), causes);
  const auto window = parse_seconds(metric.window);
  if (window && (window->count() < 1 || window->count() > kWindowMax)) {
    causes.invalid(at(path, "window"), shown(metric.window), "must be between 1s and 10m");
  }
}

// What a pod may reach of the host is looked at here: no argument may change it afterwards.
void validate_job_metric(const api::JobMetric& metric, const std::string& path, Causes& causes) {
  api::Job job;
  job.spec = metric.spec;
  Causes own;
  validate_job(job, own);
  causes.add_under(path, own.take());
  nlohmann::json pod = encode_struct(metric.spec.template_.spec);
  for (const char* list : {"containers", "initContainers"}) {
    if (!pod.contains(list)) continue;
    for (nlohmann::json& container : pod[list]) {
      for (const char* field : {"args", "command", "env", "image", "resources"}) {
        container.erase(field);
      }
    }
  }
  if (has_arguments(pod.dump())) {
    causes.forbidden(at(path, "spec.template.spec"),
                     "arguments may stand in image, command, args, env and resources only");
  }
}

void validate_provider(const api::MetricProvider& provider, const std::string& path,
                       Causes& causes) {
  const auto other = [&](const char* name, bool given) {
    if (given) {
      causes.forbidden(at(path, name), "weir has prometheus, web, job and weir in this release");
    }
    return static_cast<int>(given);
  };
  const int given = provider.job.has_value() + provider.prometheus.has_value() +
                    provider.web.has_value() + provider.weir.has_value() +
                    other("cloudWatch", provider.cloudWatch.has_value()) +
                    other("datadog", provider.datadog.has_value()) +
                    other("graphite", provider.graphite.has_value()) +
                    other("influxdb", provider.influxdb.has_value()) +
                    other("kayenta", provider.kayenta.has_value()) +
                    other("newRelic", provider.newRelic.has_value()) +
                    other("plugin", provider.plugin.has_value()) +
                    other("skywalking", provider.skywalking.has_value()) +
                    other("wavefront", provider.wavefront.has_value());
  if (given != 1) causes.invalid(path, "{}", "must have exactly one provider");
  validate_asking(provider, path, causes);
  if (provider.weir) validate_weir(*provider.weir, at(path, "weir"), causes);
  if (provider.job) validate_job_metric(*provider.job, at(path, "job"), causes);
}

void validate_metrics(const std::vector<api::Metric>& metrics, Causes& causes) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const api::Metric& metric = metrics[i];
    const std::string path = at("spec.metrics", i);
    if (metric.name.empty()) causes.required(at(path, "name"));
    if (!names.insert(metric.name).second) causes.duplicate(at(path, "name"), shown(metric.name));
    validate_condition(metric.successCondition, at(path, "successCondition"), causes);
    validate_condition(metric.failureCondition, at(path, "failureCondition"), causes);
    validate_limits(metric, path, causes);
    validate_provider(metric.provider, at(path, "provider"), causes);
    // Its Job, and the pods and containers of that, are named after it.
    if (metric.provider.job)
      causes.check(at(path, "name"), metric.name, dns_label_problem(metric.name));
  }
}

template <class Rule>
void validate_names(const std::vector<Rule>& rules, const std::string& path, Causes& causes) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    std::string_view name = rules[i].metricName;
    if (name.ends_with(".*")) name.remove_suffix(2);
    if (name.find_first_of("*+?()[]{}|^$\\") == name.npos) continue;
    causes.invalid(at(at(path, i), "metricName"), shown(rules[i].metricName),
                   "must be the name of a metric, or how names begin, with .* at its end");
  }
}

void validate_args(const std::vector<api::AnalysisArgument>& args, Causes& causes) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string path = at("spec.args", i);
    if (!names.insert(args[i].name).second) causes.duplicate(at(path, "name"), shown(args[i].name));
    if (args[i].valueFrom && args[i].valueFrom->fieldRef) {
      causes.forbidden(at(path, "valueFrom.fieldRef"), "is for the arguments of a Rollout");
    }
  }
}

// What templates and runs have in common.
void validate_measured(const auto& spec, Causes& causes) {
  validate_metrics(spec.metrics, causes);
  validate_args(spec.args, causes);
  validate_rules(spec.dryRun, "spec.dryRun", causes);
  validate_rules(spec.measurementRetention, "spec.measurementRetention", causes);
}

}  // namespace

void validate_rules(const std::vector<api::DryRun>& rules, const std::string& path,
                    Causes& causes) {
  validate_names(rules, path, causes);
}

void validate_rules(const std::vector<api::MeasurementRetention>& rules, const std::string& path,
                    Causes& causes) {
  validate_names(rules, path, causes);
}

void validate_analysis(const api::AnalysisTemplateSpec& spec, Causes& causes) {
  if (spec.metrics.empty() && spec.templates.empty()) {
    causes.required("spec.metrics", "or spec.templates");
  }
  validate_measured(spec, causes);
}

void validate_analysis(const api::AnalysisRunSpec& spec, Causes& causes) {
  if (spec.metrics.empty()) causes.required("spec.metrics");
  validate_measured(spec, causes);
  for (std::size_t i = 0; i < spec.metrics.size(); ++i) {
    const auto& asked = spec.metrics[i].provider.weir;
    if (!asked || !asked->canary.empty()) continue;
    causes.required(at(at("spec.metrics", i), "provider.weir.canary"),
                    "the pod-template-hash of the revision; a Rollout fills its own in");
  }
}

// Argo: what is measured does not change while it is; that it ends does.
void validate_analysis_update(const api::AnalysisRunSpec& before, const api::AnalysisRunSpec& after,
                              Causes& causes) {
  if (before.metrics != after.metrics) {
    causes.invalid("spec.metrics", "[]", "field is immutable");
  }
  if (before.args != after.args) causes.invalid("spec.args", "[]", "field is immutable");
  if (before.terminate && !after.terminate) {
    causes.invalid("spec.terminate", "false", "a run that was told to end does not go on");
  }
}

}  // namespace weir
