// The command line of weir_conserve.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir::conserve {

struct Options {
  std::vector<std::string> targets;
  std::vector<std::string> forms;
  unsigned clients = 8;
  std::optional<double> rate;             // requests a second: open loop
  std::optional<std::uint64_t> requests;  // how many, or
  std::optional<double> seconds;          // for how long, or
  bool until_stdin_closes = false;
  double timeout_seconds = 30;
  std::string host;   // the Host header; "": the first target
  std::string query;  // added to every path
  std::string seen_listen;
  bool monotone = false;
  bool json = false;
};

struct CommandLine {
  Options options;
  std::optional<int> exit_code;  // it has said why, or what it can do
};
CommandLine parse_command_line(int count, char** arguments);

}  // namespace weir::conserve
