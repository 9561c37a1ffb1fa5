#pragma once

// The whole command line of weir: `serve`, which is given to the caller, and the client's verbs,
// which talk to the API of a running `weir serve`. Runs on the calling thread until the command is
// done. Exit codes: 0 done, 1 failed or refused, 2 wrong usage, 130 stopped by Ctrl-C.

#include <functional>
#include <string>
#include <vector>

#include "controller/serve.h"

namespace weir {

using Serve = std::function<int(const ServeOptions&)>;

// main(): with the process's streams, environment and signals.
int run_command_line(int argc, char** argv, const Serve& serve);

namespace cli {
struct Io;

// The same with everything given, for tests. `words` are the arguments without the program's name.
int run(const std::vector<std::string>& words, Io& io, const Serve& serve);
}  // namespace cli

}  // namespace weir
