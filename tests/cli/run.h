#pragma once

// One command line, run against a FakeApi as a user would run it; what it printed and its exit
// code, as one text.

#include <string>
#include <vector>

#include "tests/cli/fake_api.h"

namespace weir::cli {

inline constexpr const char* kNow = "2026-01-02T03:04:05Z";

struct RunOptions {
  std::string input = {};
  bool terminal = false;
  std::string interrupt_at = {};  // Ctrl-C comes once this has been printed
};

// "<out>--- err\n<err>exit N\n"; the err part is left out when nothing was written to it.
std::string run_words(const FakeApi& api, const std::vector<std::string>& words,
                      const RunOptions& options = {});

// The same words, split at spaces.
std::string run_line(const FakeApi& api, const std::string& line, const RunOptions& options = {});

// A file with this text in a folder that the test's process owns; its name.
std::string write_file(const std::string& name, const std::string& text);

// The requests, one a line.
std::string asked(const FakeApi& api);

}  // namespace weir::cli
