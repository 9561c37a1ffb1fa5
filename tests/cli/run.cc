#include "tests/cli/run.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "controller/cli/cli.h"
#include "controller/cli/text/duration.h"
#include "controller/cli/verbs/session.h"

namespace weir::cli {
namespace {

// Removed with everything in it when the process ends.
struct Folder {
  std::string path;
  Folder() {
    char name[] = "/tmp/weir-cli-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Folder() {
    std::error_code ignored;  // a folder that stays behind in /tmp fails no test
    std::filesystem::remove_all(path, ignored);
  }
};

}  // namespace

std::string run_words(const FakeApi& api, const std::vector<std::string>& words,
                      const RunOptions& options) {
  std::ostringstream out, err;
  std::istringstream in(options.input);
  Io io{.out = out,
        .err = err,
        .in = in,
        .environment = {{"HOME", "/nonexistent"}},
        .now = [] { return *parse_time(kNow); },
        .interrupted = options.interrupted,
        .terminal = options.terminal};
  std::vector<std::string> all{"--server", api.url()};
  all.insert(all.end(), words.begin(), words.end());
  const int exit_code = run(all, io, [&](const ServeOptions& serve) {
    out << "serve " << serve.data_dir << " " << serve.api_listen << "\n";
    return 0;
  });
  const std::string errors = err.str().empty() ? "" : "--- err\n" + err.str();
  return out.str() + errors + "exit " + std::to_string(exit_code) + "\n";
}

std::string run_line(const FakeApi& api, const std::string& line, const RunOptions& options) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return run_words(api, words, options);
}

std::string write_file(const std::string& name, const std::string& text) {
  static const Folder folder;
  const std::filesystem::path path = std::filesystem::path(folder.path) / name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
  return path.string();
}

std::string asked(const FakeApi& api) {
  std::string out;
  for (const std::string& request : api.requests()) out += request + "\n";
  return out;
}

}  // namespace weir::cli
