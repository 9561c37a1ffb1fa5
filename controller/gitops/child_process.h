#pragma once

// Runs a program without a shell: bytes in, bytes out, never longer than its deadline. For the
// fetch process itself, and for the programs that it asks about signatures. Blocks the calling
// thread. When it returns the process is gone, and its group with it.

#include <chrono>
#include <string>
#include <vector>

#include "controller/result.h"

namespace weir::gitops {

struct ChildRun {
  std::vector<std::string> words = {};  // the program's path, and its arguments: never a secret
  std::string input = {};               // to its stdin
  std::size_t output_max = 0;           // of its stdout
  std::chrono::steady_clock::time_point deadline = {};
  int stop_fd = -1;          // readable: end it now
  bool own_group = false;    // its children, too, end with it
  bool hide_errors = false;  // its stderr is not ours
};

struct ChildEnd {
  enum class How { exited, killed, deadline, stopped, too_much_output };
  How how = How::exited;
  int number = 0;  // the exit code, or the signal
  std::string output = {};
};

// Error: `unavailable`, where the program could not be started.
Result<ChildEnd> run_child(const ChildRun& run);

}  // namespace weir::gitops
