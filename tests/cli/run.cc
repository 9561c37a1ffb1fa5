#include "tests/cli/run.h"

#include <stdlib.h>

#include <atomic>
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

// Presses Ctrl-C when it has seen a text.
class Watched : public std::stringbuf {
 public:
  explicit Watched(std::string text) : text_(std::move(text)) {}
  const std::atomic<bool>& pressed() const { return pressed_; }

 protected:
  int sync() override {
    if (!text_.empty() && str().find(text_) != std::string::npos) pressed_ = true;
    return std::stringbuf::sync();
  }

 private:
  const std::string text_;
  std::atomic<bool> pressed_ = false;
};

}  // namespace

std::string run_words(const FakeApi& api, const std::vector<std::string>& words,
                      const RunOptions& options) {
  Watched printed(options.interrupt_at);
  std::ostream out(&printed);
  std::ostringstream err;
  std::istringstream in(options.input);
  Io io{.out = out,
        .err = err,
        .in = in,
        .environment = {{"HOME", "/nonexistent"}},
        .now = [] { return *parse_time(kNow); },
        .interrupted = &printed.pressed(),
        .terminal = options.terminal};
  std::vector<std::string> all{"--server", api.url()};
  all.insert(all.end(), words.begin(), words.end());
  const int exit_code = run(all, io, [&](const ServeOptions& serve) {
    out << "serve " << serve.data_dir << " " << serve.api_listen << "\n";
    return 0;
  });
  const std::string errors = err.str().empty() ? "" : "--- err\n" + err.str();
  return printed.str() + errors + "exit " + std::to_string(exit_code) + "\n";
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
