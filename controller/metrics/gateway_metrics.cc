#include "controller/metrics/gateway_metrics.h"

#include <prometheus/metric_family.h>

#include <limits>

namespace weir {

namespace {

using gateway::ListenerTraffic;
using gateway::Traffic;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// "default/web:80" and "default/web-5d9c-x2x4z": a pod is in its Service's namespace.
std::vector<ClientMetric::Label> labels_of(const Traffic& traffic) {
  const std::size_t slash = traffic.service.find('/');
  const std::size_t colon = traffic.service.rfind(':');
  const std::size_t name = slash + 1;
  const std::string pod = traffic.endpoint.substr(traffic.endpoint.find('/') + 1);
  return {{"namespace", traffic.service.substr(0, slash)},
          {"service", traffic.service.substr(name, colon - name)},
          {"port", traffic.service.substr(colon + 1)},
          {"revision", traffic.revision},
          {"pod", pod}};
}

MetricFamily family(const char* name, const char* help, MetricType type) {
  return {.name = name, .help = help, .type = type, .metric = {}};
}

ClientMetric labelled(const Traffic& traffic) {
  ClientMetric metric;
  metric.label = labels_of(traffic);
  return metric;
}

MetricFamily requests(const std::vector<Traffic>& all) {
  MetricFamily made =
      family("weir_gateway_requests_total",
             "Requests that have ended, by the status of their answer; 0 is one that was cut.",
             MetricType::Counter);
  for (const Traffic& traffic : all) {
    for (const auto& [code, count] : traffic.requests) {
      ClientMetric metric = labelled(traffic);
      metric.label.push_back({"code", std::to_string(code)});
      metric.counter.value = static_cast<double>(count);
      made.metric.push_back(std::move(metric));
    }
  }
  return made;
}

MetricFamily durations(const std::vector<Traffic>& all) {
  MetricFamily made =
      family("weir_gateway_request_duration_seconds",
             "From a request's head until the last byte of its response.", MetricType::Histogram);
  for (const Traffic& traffic : all) {
    ClientMetric metric = labelled(traffic);
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < traffic.latency.size(); ++i) {
      count += static_cast<std::uint64_t>(traffic.latency[i]);
      const double bound = i < gateway::kLatencySeconds.size()
                               ? gateway::kLatencySeconds[i]
                               : std::numeric_limits<double>::infinity();
      metric.histogram.bucket.push_back({.cumulative_count = count, .upper_bound = bound});
    }
    metric.histogram.sample_count = count;
    metric.histogram.sample_sum = static_cast<double>(traffic.microseconds) * 1e-6;
    made.metric.push_back(std::move(metric));
  }
  return made;
}

MetricFamily numbers(const std::vector<Traffic>& all, const char* name, const char* help,
                     MetricType type, std::int64_t Traffic::*number) {
  MetricFamily made = family(name, help, type);
  for (const Traffic& traffic : all) {
    ClientMetric metric = labelled(traffic);
    (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) =
        static_cast<double>(traffic.*number);
    made.metric.push_back(std::move(metric));
  }
  return made;
}

MetricFamily reasons(const std::vector<Traffic>& all, const char* name, const char* help,
                     std::map<std::string, std::int64_t> Traffic::*numbers) {
  MetricFamily made = family(name, help, MetricType::Counter);
  for (const Traffic& traffic : all) {
    for (const auto& [reason, count] : traffic.*numbers) {
      ClientMetric metric = labelled(traffic);
      metric.label.push_back({"reason", reason});
      metric.counter.value = static_cast<double>(count);
      made.metric.push_back(std::move(metric));
    }
  }
  return made;
}

// Of the gateway as a whole: one number, with these labels.
MetricFamily one(const char* name, const char* help, MetricType type, double value,
                 std::vector<ClientMetric::Label> labels) {
  MetricFamily made = family(name, help, type);
  ClientMetric& metric = made.metric.emplace_back();
  metric.label = std::move(labels);
  (type == MetricType::Gauge ? metric.gauge.value : metric.counter.value) = value;
  return made;
}

MetricFamily info(const gateway::TrafficReport& report) {
  return one("weir_gateway_info", "How the gateway moves bytes: by io_uring or by epoll.",
             MetricType::Gauge, 1, {{"io", report.io}});
}

MetricFamily lines_dropped(const gateway::TrafficReport& report) {
  return one("weir_gateway_access_log_lines_dropped_total",
             "Lines of access logs that nobody took in time.", MetricType::Counter,
             static_cast<double>(report.log_lines_dropped), {});
}

MetricFamily listeners(const gateway::TrafficReport& report, const char* name, const char* help,
                       MetricType type, std::int64_t ListenerTraffic::*number) {
  MetricFamily made = family(name, help, type);
  for (const ListenerTraffic& listener : report.listeners) {
    ClientMetric& metric = made.metric.emplace_back();
    metric.label = {{"listener", listener.listener}};
    const auto value = static_cast<double>(listener.*number);
    (type == MetricType::Gauge ? metric.gauge.value : metric.counter.value) = value;
  }
  return made;
}

MetricFamily connections_refused(const gateway::TrafficReport& report) {
  MetricFamily made =
      family("weir_gateway_connections_refused_total",
             "Connections of clients that were closed at once, by why.", MetricType::Counter);
  for (const ListenerTraffic& listener : report.listeners) {
    for (const auto& [why, count] : listener.refused) {
      ClientMetric& metric = made.metric.emplace_back();
      metric.label = {{"listener", listener.listener}, {"reason", why}};
      metric.counter.value = static_cast<double>(count);
    }
  }
  return made;
}

}  // namespace

std::vector<MetricFamily> GatewayMetrics::Collect() const {
  const gateway::TrafficReport report = read_();
  const std::vector<Traffic>& all = report.endpoints;
  if (report == gateway::TrafficReport{}) return {};  // there is no gateway
  return {info(report),
          lines_dropped(report),
          listeners(report, "weir_gateway_connections", "Connections of clients that are open.",
                    MetricType::Gauge, &ListenerTraffic::connections),
          listeners(report, "weir_gateway_connections_total", "Connections of clients that came.",
                    MetricType::Counter, &ListenerTraffic::accepted),
          connections_refused(report),
          requests(all),
          durations(all),
          numbers(all, "weir_gateway_requests_in_flight", "Requests that are being answered.",
                  MetricType::Gauge, &Traffic::in_flight),
          reasons(all, "weir_gateway_retries_total",
                  "Requests that went elsewhere from here, by what went wrong.", &Traffic::retries),
          reasons(all, "weir_gateway_refused_total",
                  "Requests and second tries that a policy did not let through, by its part.",
                  &Traffic::refusals),
          numbers(all, "weir_gateway_ejections_total",
                  "How often it got nothing for a while, for it had failed too often in a row.",
                  MetricType::Counter, &Traffic::ejections),
          numbers(all, "weir_gateway_upstream_connections", "Connections to it that are open.",
                  MetricType::Gauge, &Traffic::connections),
          numbers(all, "weir_gateway_upstream_connections_total",
                  "Connections to it that were made, or tried.", MetricType::Counter,
                  &Traffic::connections_made),
          numbers(all, "weir_gateway_sent_bytes_total", "Bytes of bodies sent to the endpoint.",
                  MetricType::Counter, &Traffic::sent_bytes),
          numbers(all, "weir_gateway_received_bytes_total", "Bytes of bodies received from it.",
                  MetricType::Counter, &Traffic::received_bytes)};
}

}  // namespace weir
