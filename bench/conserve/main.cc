// weir_conserve: the conservation client. Every request that it makes has to get exactly one whole
// answer of its own, made by a backend (manifests/demo), whatever is deployed meanwhile.
//
//   weir_conserve --target 127.0.0.1:8080 --forms keepalive,post --clients 8 --until-stdin-closes

#include <unistd.h>

#include <array>
#include <cstdio>
#include <exception>
#include <random>
#include <thread>
#include <vector>

#include "bench/conserve/client.h"
#include "bench/conserve/options.h"
#include "bench/conserve/report.h"

namespace weir::conserve {

namespace {

std::string new_run_name() {
  std::array<char, 12> text;
  std::snprintf(text.data(), text.size(), "%08x", std::random_device{}());
  return text.data();
}

std::vector<Address> addresses_of(const std::vector<std::string>& targets) {
  std::vector<Address> addresses;
  for (const std::string& target : targets) addresses.push_back(parse_address(target));
  return addresses;
}

std::vector<const Form*> forms_of(const std::vector<std::string>& names) {
  std::vector<const Form*> forms;
  for (const std::string& name : names) forms.push_back(find_form(name));
  return forms;
}

Clock::duration duration_of(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

// Stops the schedule when the options say so; one with a number of requests ends by itself.
void stop_in_time(const Options& options, Schedule& schedule) {
  if (options.seconds) {
    std::this_thread::sleep_for(duration_of(*options.seconds));
  } else if (options.until_stdin_closes) {
    char bytes[256];
    while (::read(STDIN_FILENO, bytes, sizeof bytes) > 0) {
    }
  } else {
    return;
  }
  schedule.stop();
}

Outcome run(const Options& options) {
  Run run{.name = new_run_name(),
          .targets = addresses_of(options.targets),
          .forms = forms_of(options.forms),
          .wording = {.host = options.host, .query = options.query},
          .timeout = duration_of(options.timeout_seconds),
          .schedule = Schedule(options.requests, options.rate),
          .ledger = Ledger(options.monotone)};
  std::optional<SeenListener> listener;
  if (!options.seen_listen.empty()) listener.emplace(options.seen_listen, run.name);
  {
    std::vector<std::jthread> clients;
    for (unsigned number = 0; number < options.clients; ++number) {
      clients.emplace_back([&run, number] { Client(run, number).run(); });
    }
    stop_in_time(options, run.schedule);
  }
  Outcome outcome;
  if (listener) {
    outcome.seen = listener->finish(run.ledger.figures().posts_answered);
    for (const auto& [id, by] : outcome.seen->duplicates) {
      // RUN-FORM-NUMBER
      const std::size_t form = run.name.size() + 1;
      run.ledger.seen_twice(id.substr(form, id.rfind('-') - form), id, by);
    }
  }
  outcome.figures = run.ledger.figures();
  return outcome;
}

}  // namespace

}  // namespace weir::conserve

int main(int count, char** arguments) {
  const weir::conserve::CommandLine line = weir::conserve::parse_command_line(count, arguments);
  if (line.exit_code) return *line.exit_code;
  try {
    const weir::conserve::Outcome outcome = weir::conserve::run(line.options);
    const std::string report = line.options.json ? weir::conserve::json_report(outcome)
                                                 : weir::conserve::text_report(outcome);
    std::fputs(report.c_str(), stdout);
    return outcome.laws_held() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "weir_conserve: %s\n", error.what());
    return 2;
  }
}
