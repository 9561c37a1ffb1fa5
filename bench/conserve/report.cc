#include "bench/conserve/report.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <numeric>

namespace weir::conserve {

namespace {

using nlohmann::ordered_json;
using Latencies = std::vector<std::chrono::microseconds>;

std::uint64_t broken(const Figures& figures, Reason reason) {
  return figures.broken[index_of(reason)];
}

std::uint64_t lost(const Figures& figures) {
  return std::accumulate(figures.broken.begin(), figures.broken.begin() + kLossReasons,
                         std::uint64_t{0});
}

double ms(std::chrono::microseconds time) { return static_cast<double>(time.count()) / 1000; }

ordered_json latency_of(Latencies all) {
  std::sort(all.begin(), all.end());
  const auto at = [&](std::size_t percent) { return ms(all[(all.size() - 1) * percent / 100]); };
  return {{"count", all.size()}, {"p50", at(50)}, {"p99", at(99)}, {"max", at(100)}};
}

ordered_json latencies_of(const Figures& figures) {
  ordered_json forms = ordered_json::object();
  for (const auto& [form, latencies] : figures.latencies) forms[form] = latency_of(latencies);
  return forms;
}

ordered_json losses_of(const Figures& figures) {
  ordered_json reasons = ordered_json::object();
  for (std::size_t i = 0; i < kLossReasons; ++i) {
    if (figures.broken[i] > 0) reasons[kReasonNames[i]] = figures.broken[i];
  }
  return reasons;
}

ordered_json examples_of(const Figures& figures) {
  ordered_json all = ordered_json::array();
  for (const Example& example : figures.examples) {
    all.push_back({{"time", example.time},
                   {"reason", name_of(example.reason)},
                   {"form", example.form},
                   {"id", example.id},
                   {"what", example.what}});
  }
  return all;
}

ordered_json summary_of(const Outcome& outcome) {
  const Figures& figures = outcome.figures;
  ordered_json out = {
      {"laws_held", outcome.laws_held()},
      {"requests", figures.requests},
      {"responses", figures.responses},
      {"lost", lost(figures)},
      {"lost_by_reason", losses_of(figures)},
      {"gateway_5xx", broken(figures, Reason::kGateway5xx)},
      {"duplicates", broken(figures, Reason::kDuplicate)},
      {"surplus", broken(figures, Reason::kSurplus)},
      {"stale_revisions", broken(figures, Reason::kStaleRevision)},
      {"idle_closes", figures.idle_closes},
      {"announced_closes", figures.announced_closes},
      {"late_starts", figures.late_starts},
  };
  if (outcome.seen) {
    out["posts_answered"] = figures.posts_answered;
    out["seen_reports"] = outcome.seen->reports;
    out["seen_posts"] = outcome.seen->posts;
  }
  if (const std::string blind = outcome.blind(); !blind.empty()) out["blind"] = blind;
  out["by_revision"] = figures.by_revision;
  out["by_container"] = figures.by_container;
  out["latency_ms"] = latencies_of(figures);
  out["examples"] = examples_of(figures);
  return out;
}

std::string line(const char* format, const std::string& name, const auto&... values) {
  char text[160];
  std::snprintf(text, sizeof text, format, name.c_str(), values...);
  return text;
}

std::string latency_table(const ordered_json& forms) {
  std::string out = line("%-18s %9s %9s %9s %9s\n", "latency, ms", "count", "p50", "p99", "max");
  for (const auto& [form, latency] : forms.items()) {
    out += line("  %-16s %9llu %9.1f %9.1f %9.1f\n", form,
                latency["count"].get<unsigned long long>(), latency["p50"].get<double>(),
                latency["p99"].get<double>(), latency["max"].get<double>());
  }
  return out;
}

}  // namespace

std::string Outcome::blind() const {
  if (figures.requests == 0) return "no request was made";
  if (seen && seen->reports == 0 && figures.posts_answered > 0) {
    return "no backend reported what it saw: start them with SEEN_TO=IP:PORT of --seen-listen";
  }
  return "";
}

bool Outcome::laws_held() const {
  return blind().empty() && std::all_of(figures.broken.begin(), figures.broken.end(),
                                        [](std::uint64_t count) { return count == 0; });
}

std::string json_report(const Outcome& outcome) { return summary_of(outcome).dump(2) + "\n"; }

std::string text_report(const Outcome& outcome) {
  const ordered_json summary = summary_of(outcome);
  std::string out;
  for (const auto& [name, value] : summary.items()) {
    if (value.is_primitive()) out += line("%-18s ", name) + value.dump() + "\n";
  }
  for (const char* group : {"lost_by_reason", "by_revision", "by_container"}) {
    if (!summary[group].empty()) out += std::string(group) + "\n";
    for (const auto& [name, count] : summary[group].items()) {
      out += "  " + line("%-16s ", name) + count.dump() + "\n";
    }
  }
  out += latency_table(summary["latency_ms"]);
  for (const Example& example : outcome.figures.examples) {
    out += example.time + " " + std::string(name_of(example.reason)) + " " + example.form + " " +
           example.id + ": " + example.what + "\n";
  }
  return out;
}

}  // namespace weir::conserve
