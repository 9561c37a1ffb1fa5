// weir logs: the output of one container, or of several, one after the other or as it comes.

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "controller/cli/text/fields.h"
#include "controller/cli/text/selector.h"
#include "controller/cli/verbs/rollout_watch.h"
#include "controller/cli/verbs/targets.h"
#include "controller/cli/verbs/verbs.h"

namespace weir::cli {
namespace {

// A line without an end is passed on in pieces of this size.
constexpr std::size_t kLineBytesMax = 1UL << 20;
// What kubectl shows of each Pod when a selector names many.
constexpr std::int64_t kTailOfSelected = 10;

struct Source {
  std::string namespace_name, pod, container;
};

// Writes whole lines, each with its prefix, so that the lines of several sources do not mix.
class LineWriter {
 public:
  LineWriter(std::ostream& out, std::mutex& mutex, std::string prefix)
      : out_(out), mutex_(mutex), prefix_(std::move(prefix)) {}

  void write(std::string_view bytes) {
    buffer_ += bytes;
    const std::size_t end = buffer_.rfind('\n');
    if (end != std::string::npos) {
      flush(end + 1);
    } else if (buffer_.size() > kLineBytesMax) {
      flush(buffer_.size());
    }
  }
  void finish() {
    if (!buffer_.empty()) flush(buffer_.size());
  }

 private:
  void flush(std::size_t size) {
    const std::lock_guard lock(mutex_);
    std::string_view lines = std::string_view(buffer_).substr(0, size);
    while (!lines.empty()) {
      const std::size_t end = std::min(lines.find('\n'), lines.size() - 1) + 1;
      out_ << prefix_ << lines.substr(0, end);
      lines.remove_prefix(end);
    }
    out_ << std::flush;
    buffer_.erase(0, size);
  }

  std::ostream& out_;
  std::mutex& mutex_;
  const std::string prefix_;
  std::string buffer_ = {};
};

class LogReader {
 public:
  LogReader(Session& session, const LogsOptions& options)
      : session_(session), options_(options), outcome_(session.io.err) {}

  Result<int> run() {
    TRY(const std::vector<Source> sources, find_sources());
    if (!options_.follow || sources.size() == 1) {
      for (const Source& source : sources) {
        const auto read = copy(session_.client, source);
        if (!read && (read.error().message == kInterrupted || sources.size() == 1)) {
          return tl::unexpected(read.error());
        }
        report(read);
      }
      return outcome_.exit_code();
    }
    if (sources.size() > static_cast<std::size_t>(options_.max_log_requests)) {
      return fail(Code::exhausted, "error: you are attempting to follow " +
                                       std::to_string(sources.size()) +
                                       " log streams, but maximum allowed concurrency is " +
                                       std::to_string(options_.max_log_requests) +
                                       ", use --max-log-requests to increase the limit");
    }
    return follow_all(sources);
  }

 private:
  // One thread and one connection for each: a blocked stream holds up no other.
  Result<int> follow_all(const std::vector<Source>& sources) {
    std::vector<Result<bool>> results(sources.size(), true);
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < sources.size(); ++i) {
        threads.emplace_back([this, &source = sources[i], &result = results[i]] {
          Client client = another_client(session_);
          result = copy(client, source);
        });
      }
    }
    for (const Result<bool>& result : results) {
      if (!result && result.error().message == kInterrupted) return tl::unexpected(result.error());
      report(result);
    }
    return outcome_.exit_code();
  }

  void report(const Result<bool>& result) {
    if (options_.ignore_errors && !result) {
      print_error(session_.io.err, result.error());
    } else {
      outcome_.ok(result);
    }
  }

  Query query(const Source& source) const {
    Query query{{"container", source.container}};
    if (options_.follow) query.emplace_back("follow", "true");
    if (options_.previous) query.emplace_back("previous", "true");
    if (options_.timestamps) query.emplace_back("timestamps", "true");
    const std::int64_t all = -1;
    const std::int64_t tail =
        options_.tail.value_or(options_.selector.empty() ? all : kTailOfSelected);
    if (tail >= 0) query.emplace_back("tailLines", std::to_string(tail));
    if (options_.limit_bytes > 0) {
      query.emplace_back("limitBytes", std::to_string(options_.limit_bytes));
    }
    if (!options_.since_time.empty()) query.emplace_back("sinceTime", options_.since_time);
    if (options_.since > Duration{0}) {
      const auto seconds = std::chrono::ceil<std::chrono::seconds>(options_.since).count();
      query.emplace_back("sinceSeconds", std::to_string(seconds));
    }
    return query;
  }

  Result<bool> copy(Client& client, const Source& source) {
    LineWriter writer(session_.io.out, mutex_,
                      options_.prefix ? "[pod/" + source.pod + "/" + source.container + "] " : "");
    const std::string path = "/api/v1/namespaces/" + escape(source.namespace_name) + "/pods/" +
                             escape(source.pod) + "/log";
    auto done = client.stream({.path = path, .query = query(source), .accept = "*/*"},
                              [&](std::string_view bytes) {
                                writer.write(bytes);
                                return session_.io.out.good();
                              });
    writer.finish();
    return done;
  }

  // --- Which containers ---

  Result<std::vector<Source>> find_sources() {
    std::vector<json> pods;
    std::string container = options_.container;
    if (!options_.selector.empty()) {
      if (!options_.what.empty()) {
        return fail(Code::bad_request, "only a selector (-l) or a POD name is allowed");
      }
      TRY(pods, list_pods(session_.namespace_, options_.selector));
      if (pods.empty()) {
        session_.io.err << "No resources found in " << session_.namespace_ << " namespace."
                        << std::endl;
      }
    } else {
      std::vector<std::string> what = options_.what;
      if (what.size() == 2 && container.empty()) {
        container = what.back();
        what.pop_back();
      }
      if (what.size() != 1) {
        return fail(Code::bad_request, "expected POD or TYPE/NAME, and at most a CONTAINER");
      }
      TRY(const std::vector<Target> targets,
          targets_of(session_, {.what = what, .default_kind = "pods"}));
      TRY(json pod, pod_of(targets.front()));
      pods.push_back(std::move(pod));
    }
    std::vector<Source> sources;
    for (const json& pod : pods) {
      TRY_VOID(add_sources(sources, pod, container));
    }
    return sources;
  }

  Result<std::vector<json>> list_pods(const std::string& namespace_name,
                                      const std::string& selector) {
    TRY(const json list,
        session_.client.get("/api/v1/namespaces/" + escape(namespace_name) + "/pods",
                            {{"labelSelector", selector}}));
    return items(at(list, {"items"}));
  }

  // A Pod, or of a workload the one most worth reading: ready, then running, then the first.
  Result<json> pod_of(const Target& target) {
    TRY(json object, session_.client.get(target.path()));
    if (target.resource.kind == "Pod") return object;
    const std::string selector = selector_text(at(object, {"spec", "selector"}), "");
    if (selector.empty()) {
      return fail(Code::unsupported,
                  "error: cannot get the logs from " + target.resource.plural + ": it has no pods");
    }
    TRY(std::vector<json> pods, list_pods(target.namespace_name, selector));
    const std::string owner = target.resource.singular_name() + "/" + target.name;
    if (pods.empty()) return fail(Code::not_found, "error: " + owner + " has no pods");
    std::stable_sort(pods.begin(), pods.end(),
                     [](const json& a, const json& b) { return worth(a) > worth(b); });
    if (pods.size() > 1) {
      session_.io.err << "Found " << pods.size() << " pods, using pod/" << name_of(pods.front())
                      << std::endl;
    }
    return std::move(pods.front());
  }

  static int worth(const json& pod) {
    for (const json& condition : items(at(pod, {"status", "conditions"}))) {
      if (text(condition, {"type"}) == "Ready" && text(condition, {"status"}) == "True") return 2;
    }
    return text(pod, {"status", "phase"}) == "Running" ? 1 : 0;
  }

  Result<bool> add_sources(std::vector<Source>& sources, const json& pod,
                           const std::string& container) const {
    std::vector<std::string> names;
    for (const char* list : {"initContainers", "containers"}) {
      for (const json& one : items(at(pod, {"spec", list}))) names.push_back(text(one, {"name"}));
    }
    const auto& containers = items(at(pod, {"spec", "containers"}));
    if (!options_.all_containers) {
      std::string wanted = container;
      if (wanted.empty() && !containers.empty()) wanted = text(containers.front(), {"name"});
      if (std::find(names.begin(), names.end(), wanted) == names.end()) {
        return fail(Code::not_found,
                    "error: container " + wanted + " is not valid for pod " + name_of(pod));
      }
      names = {wanted};
    }
    for (std::string& name : names) {
      sources.push_back(
          {.namespace_name = namespace_of(pod), .pod = name_of(pod), .container = std::move(name)});
    }
    return true;
  }

  Session& session_;
  const LogsOptions& options_;
  Outcome outcome_;
  std::mutex mutex_;
};

}  // namespace

Result<int> logs(Session& session, const LogsOptions& options) {
  if (options.since > Duration{0} && !options.since_time.empty()) {
    return fail(Code::bad_request, "only one of --since-time / --since may be used");
  }
  return LogReader(session, options).run();
}

}  // namespace weir::cli
