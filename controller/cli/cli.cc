#include "controller/cli/cli.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <iostream>

#include "controller/cli/flags.h"

extern char** environ;

namespace weir {
namespace cli {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
constexpr int kInterruptedExit = 130;

std::atomic<bool> g_interrupted{false};

extern "C" void on_interrupt(int) { g_interrupted.store(true); }

// Ctrl-C ends the transfer under way and so the command; nothing is left half-drawn.
void handle_signals() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // A closed pipe or connection shows as an error of the write.
  std::signal(SIGPIPE, SIG_IGN);
}

int terminal_width() {
  winsize size{};
  constexpr int kUsual = 80;
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsual;
}

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) {
      out.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return out;
}

int run_client(const CommandLine& line, Io& io) {
  Connection connection;
  if (line.needs_server) {
    auto loaded = load_connection(line.kubeconfig, io.environment);
    if (!loaded) {
      print_error(io.err, loaded.error());
      return kFailed;
    }
    connection = *std::move(loaded);
  }
  const auto warn = [&io](const std::string& text) { io.err << "Warning: " << text << std::endl; };
  Session session{.io = io,
                  .connection = connection,
                  .request_timeout = line.request_timeout,
                  .client = Client(Http(connection, line.request_timeout, io.interrupted, warn),
                                   connection.server),
                  .namespace_ = line.namespace_.empty() ? connection.namespace_ : line.namespace_,
                  .namespace_given = !line.namespace_.empty()};
  const Result<int> result = line.client(session);
  io.out.flush();
  if (result) return *result;
  if (result.error().message == kInterrupted) return kInterruptedExit;
  print_error(io.err, result.error());
  return result.error().code == Code::bad_request ? kWrongUsage : kFailed;
}

// The verbs that were named, for "See 'weir rollout status --help'".
std::string named_verbs(const CLI::App& app) {
  std::string out = app.get_name();
  for (const CLI::App* verb : app.get_subcommands()) out += " " + named_verbs(*verb);
  return out;
}

}  // namespace

int run(const std::vector<std::string>& words, Io& io, const Serve& serve) {
  CLI::App app("weir makes a Docker host something you deploy to like Kubernetes.", "weir");
  CommandLine line;
  bind_command_line(app, line);
  try {
    // CLI11 takes the words last one first.
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error, io.out, io.err);
    const std::vector<std::string> unknown = app.remaining(true);
    const bool no_verb = error.get_name() == "RequiredError" && !unknown.empty();
    const std::string what =
        no_verb ? "unknown command \"" + unknown.front() + "\"" : std::string(error.what());
    io.err << "error: " << what << "\nSee '" << named_verbs(app) << " --help' for usage."
           << std::endl;
    return kWrongUsage;
  }
  if (line.role) return line.role();
  return line.serves ? serve(line.serve) : run_client(line, io);
}

}  // namespace cli

int run_command_line(int argc, char** argv, const Serve& serve) {
  cli::Io io{.out = std::cout,
             .err = std::cerr,
             .in = std::cin,
             .environment = cli::environment(),
             .now = [] { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); },
             .interrupted = &cli::g_interrupted,
             .terminal = isatty(STDOUT_FILENO) == 1,
             .width = cli::terminal_width};
  const auto serve_with_own_signals = [&](const ServeOptions& options) {
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    return serve(options);
  };
  cli::handle_signals();
  return cli::run({argv + 1, argv + argc}, io, serve_with_own_signals);
}

}  // namespace weir
