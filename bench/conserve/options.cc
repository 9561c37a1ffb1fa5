#include "bench/conserve/options.h"

#include <CLI/CLI.hpp>

#include "bench/conserve/form.h"

namespace weir::conserve {

namespace {

constexpr unsigned kClientsMax = 2000;

std::vector<std::string> form_names() {
  std::vector<std::string> names;
  for (const Form& form : all_forms()) names.emplace_back(form.name);
  return names;
}

}  // namespace

CommandLine parse_command_line(int count, char** arguments) {
  CommandLine out;
  Options& options = out.options;
  CLI::App app(
      "Sends requests to demo servers, through a gateway or not, and checks that each gets exactly "
      "one whole answer. Exit code: 0 all laws held, 1 one broke, 2 wrong usage.");
  app.add_option("--target", options.targets, "ADDR:PORT[,ADDR:PORT], connected to in turn")
      ->delimiter(',')
      ->required();
  app.add_option("--forms", options.forms, "the forms of requests; all, unless told")
      ->delimiter(',')
      ->check(CLI::IsMember(form_names()));
  app.add_option("--clients", options.clients, "how many clients at the same time")
      ->check(CLI::Range(1u, kClientsMax));
  app.add_option("--rate", options.rate,
                 "requests a second, whether or not answers come, as far as the clients suffice")
      ->check(CLI::PositiveNumber);
  auto* length = app.add_option_group("length", "for how long");
  length->add_option("--requests", options.requests, "so many requests")
      ->check(CLI::PositiveNumber);
  length->add_option("--seconds", options.seconds, "so long")->check(CLI::PositiveNumber);
  length->add_flag("--until-stdin-closes", options.until_stdin_closes, "until the input ends");
  length->require_option(1);
  app.add_option("--timeout", options.timeout_seconds, "seconds after which an answer is lost")
      ->check(CLI::PositiveNumber);
  app.add_option("--host", options.host, "the Host header; the first target, unless told");
  app.add_option("--query", options.query, "added to every path: reset_at=100 breaks a law");
  app.add_option("--seen-listen", options.seen_listen,
                 "IP:PORT where backends with SEEN_TO report by UDP what they see");
  app.add_flag("--monotone", options.monotone,
               "no request is answered by a revision that was replaced before it was sent");
  app.add_flag("--json", options.json, "the report as JSON");
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    out.exit_code = app.exit(error) == 0 ? 0 : 2;
  }
  if (options.forms.empty()) options.forms = form_names();
  if (options.host.empty() && !options.targets.empty()) options.host = options.targets.front();
  return out;
}

}  // namespace weir::conserve
