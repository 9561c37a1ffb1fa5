#include "controller/real_measurer.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "controller/analysis/judge.h"
#include "controller/analysis/provider.h"
#include "reconcilers/analysis_metric.h"

namespace weir {

namespace {

Measured failed(const Error& error) {
  return {.phase = analysis::kError, .message = error.message};
}

// What a Secret gave the metric is not told on.
void hide(std::string& text, const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets) {
    for (std::size_t at = text.find(secret); !secret.empty() && at != text.npos;
         at = text.find(secret, at + 3)) {
      text.replace(at, secret.size(), "***");
    }
  }
}

Measured fit_to_keep(Measured measured, const std::vector<std::string>& secrets) {
  for (std::string* text : {&measured.value, &measured.message}) {
    hide(*text, secrets);
    *text = analysis::kept_text(*text);
  }
  return measured;
}

Measured judged(const api::Metric& metric, const nlohmann::json& value) {
  analysis::Judgement judgement =
      analysis::judge(metric.successCondition, metric.failureCondition, value);
  return {.phase = std::move(judgement.phase),
          .value = analysis::value_text(value),
          .message = std::move(judgement.message)};
}

}  // namespace

void RealMeasurer::measure(const Measure& what, std::function<void(Measured)> on_done) {
  const auto on_measured = [on_done = std::move(on_done),
                            secrets = what.secrets](Measured measured) {
    on_done(fit_to_keep(std::move(measured), secrets));
  };
  const api::MetricProvider& provider = what.metric.provider;
  if (provider.weir) return on_measured(look(what, *provider.weir));
  if (provider.web) {
    return ask(what, *provider.web, analysis::request_of(*provider.web), on_measured);
  }
  if (provider.prometheus) {
    return ask(what, *provider.prometheus,
               analysis::request_of(*provider.prometheus, parts_.clock.now()), on_measured);
  }
  on_measured({.phase = analysis::kError, .message = "the metric has no provider that weir has"});
}

template <class Metric>
void RealMeasurer::ask(const Measure& what, const Metric& metric,
                       Result<analysis::OutgoingRequest> request,
                       std::function<void(Measured)> on_measured) {
  if (!request) return on_measured(failed(request.error()));
  request->hosts = what.hosts;
  parts_.outgoing.send(*std::move(request),
                       [whole = what.metric, metric, on_measured = std::move(on_measured)](
                           Result<analysis::OutgoingAnswer> answer) {
                         if (!answer) return on_measured(failed(answer.error()));
                         try {
                           const auto value = analysis::value_of(metric, *answer);
                           on_measured(value ? judged(whole, *value) : failed(value.error()));
                         } catch (const std::exception& error) {  // whatever a stranger sends
                           on_measured({.phase = analysis::kError, .message = error.what()});
                         }
                       });
}

Measured RealMeasurer::look(const Measure& what, const api::WeirMetric& metric) const {
  const Time from = parts_.clock.now() - analysis::window_of(metric);
  const auto of = [&](const std::string& revision) {
    return parts_.history.since(from, what.run.ns, metric.service, revision);
  };
  const gateway::RevisionTraffic canary = of(metric.canary);
  if (canary.requests < analysis::minimum_of(metric)) {
    return {.message = "waits for " + std::to_string(analysis::minimum_of(metric)) +
                       " requests in " + std::to_string(analysis::window_of(metric).count()) + "s"};
  }
  return judged(what.metric, analysis::value_of(metric, canary, of(metric.stable)));
}

}  // namespace weir
