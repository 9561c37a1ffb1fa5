// The rules of the house, as tests: who may include whom, which library's header may stand where,
// what may not be written at all, and how long a file may be.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

const fs::path kRoot = WEIR_SOURCE_DIR;

struct Source {
  std::string path;  // from the root: "reconcilers/pod.cc"
  std::vector<std::string> lines;
};

const std::vector<Source>& sources() {
  static const std::vector<Source> all = [] {
    std::vector<Source> found;
    for (const char* folder : {"crd-schemas", "reconcilers", "controller", "tests", "bench"}) {
      for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
        const std::string extension = entry.path().extension();
        if (extension != ".cc" && extension != ".h") continue;
        Source source{.path = fs::relative(entry.path(), kRoot).string(), .lines = {}};
        std::ifstream in(entry.path());
        for (std::string line; std::getline(in, line);) source.lines.push_back(line);
        found.push_back(std::move(source));
      }
    }
    return found;
  }();
  return all;
}

std::string include_of(const std::string& line) {
  if (!line.starts_with("#include")) return "";
  const std::size_t begin = line.find_first_of("<\"");
  if (begin == std::string::npos) return "";
  return line.substr(begin + 1, line.find_first_of(">\"", begin + 1) - begin - 1);
}

bool starts_with_any(const std::string& text, const std::vector<std::string>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const std::string& prefix) { return text.starts_with(prefix); });
}

TEST(Tidy, IncludesTheTestsCanSee) { EXPECT_GT(sources().size(), 100u); }

// gen ◀ reconcilers ◀ controller ◀ tests, bench. In controller/, the flow's order.
TEST(Tidy, LayersIncludeOnlyWhatIsBelowThem) {
  struct Rule {
    const char* folder;
    std::vector<std::string> may_not;  // prefixes of includes
  };
  const Rule rules[] = {
      {"crd-schemas/", {"reconcilers/", "controller/", "tests/"}},
      {"reconcilers/",
       {"controller/", "tests/", "boost/", "curl/", "sqlite3", "nlohmann/", "yaml-cpp/", "tl/",
        "prometheus/", "openssl/", "thread", "mutex", "fstream", "iostream", "random", "filesystem",
        "unistd.h", "sys/"}},
      {"controller/admission/",
       {"controller/apply/", "controller/store/", "controller/engine/", "controller/loop/",
        "controller/api/", "controller/cli/", "controller/metrics/"}},
      {"controller/apply/",
       {"controller/store/", "controller/engine/", "controller/loop/", "controller/api/",
        "controller/cli/", "controller/metrics/"}},
      {"controller/store/",
       {"controller/engine/", "controller/loop/", "controller/api/", "controller/cli/",
        "controller/metrics/"}},
      {"controller/engine/",
       {"controller/analysis/", "controller/store/", "controller/loop/", "controller/api/",
        "controller/cli/", "controller/metrics/"}},
      {"controller/analysis/",
       {"controller/store/", "controller/loop/", "controller/api/", "controller/cli/",
        "controller/metrics/"}},
      {"controller/gitops/",
       {"controller/analysis/", "controller/store/", "controller/engine/", "controller/loop/",
        "controller/api/", "controller/cli/", "controller/metrics/"}},
      {"controller/loop/", {"controller/api/", "controller/cli/", "controller/metrics/"}},
      {"controller/api/", {"controller/loop/", "controller/cli/", "controller/metrics/"}},
      {"controller/metrics/", {"controller/api/", "controller/cli/"}},
      // Pure but for its door; of api/ it has the label selectors.
      {"controller/kustomize/",
       {"controller/store/", "controller/engine/", "controller/loop/", "controller/gateway/",
        "controller/cli/", "controller/metrics/", "curl/", "fstream", "iostream", "filesystem",
        "unistd.h", "sys/"}},
      {"controller/cli/",
       {"controller/store/", "controller/engine/", "controller/loop/", "controller/api/",
        "controller/metrics/", "reconcilers/world.h"}},
      {"controller/", {"tests/", "bench/"}},
  };
  for (const Source& source : sources()) {
    for (const Rule& rule : rules) {
      if (!source.path.starts_with(rule.folder)) continue;
      for (const std::string& line : source.lines) {
        const std::string include = include_of(line);
        EXPECT_FALSE(!include.empty() && starts_with_any(include, rule.may_not))
            << source.path << " includes " << include;
      }
    }
  }
}

// One library, one place: its exceptions, its types and its compile time stay there.
TEST(Tidy, LibrariesAreIncludedWhereTheyBelong) {
  struct Rule {
    const char* header;
    std::vector<std::string> only_in;
  };
  const Rule rules[] = {
      {"curl/", {"controller/engine/", "controller/cli/"}},
      {"sqlite3.h", {"controller/store/", "tests/"}},
      {"yaml-cpp/", {"controller/admission/", "crd-schemas/", "controller/cli/"}},
      {"boost/", {"controller/api/", "controller/gateway/io_", "tests/"}},
      {"prometheus/", {"controller/metrics/", "tests/metrics/"}},
      {"openssl/",
       {"controller/api/", "controller/store/", "controller/gateway/", "controller/gitops/",
        "controller/kustomize/", "tests/"}},
      {"git2.h", {"controller/gitops/process/"}},
      {"libssh2.h", {"controller/gitops/process/"}},
      {"seccomp.h", {"controller/gitops/process/"}},
      {"nghttp2/", {"controller/gateway/", "tests/gateway/"}},
      {"zlib.h", {"controller/api/", "tests/api/"}},
      {"CLI/", {"controller/cli/", "tests/", "bench/"}},
  };
  for (const Source& source : sources()) {
    for (const std::string& line : source.lines) {
      const std::string include = include_of(line);
      for (const Rule& rule : rules) {
        if (!include.starts_with(rule.header)) continue;
        EXPECT_TRUE(starts_with_any(source.path, rule.only_in))
            << source.path << " includes " << include;
      }
    }
  }
}

TEST(Tidy, TheJsonLibraryIsInNoHeaderButForwardDeclared) {
  for (const Source& source : sources()) {
    if (!source.path.ends_with(".h") || !source.path.starts_with("controller/")) continue;
    const auto includes_it = [](const std::string& line) {
      return include_of(line) == "nlohmann/json.hpp";
    };
    EXPECT_EQ(std::count_if(source.lines.begin(), source.lines.end(), includes_it), 0)
        << source.path << " includes nlohmann/json.hpp; use json_fwd.hpp";
  }
}

TEST(Tidy, WordsThatMayNotStand) {
  struct Rule {
    const char* word;
    const char* instead;
    const char* folder;
  };
  const Rule rules[] = {
      {"using namespace", "name what you use", ""},
      {"// TODO", "do it or say why not", ""},
      {"// FIXME", "do it or say why not", ""},
      {"system_clock::now", "time is an argument", "reconcilers/"},
      {"steady_clock::now", "time is an argument", "reconcilers/"},
      {"getenv", "what a plan depends on is in the World", "reconcilers/"},
      {"std::rand", "chance is not a reason", "reconcilers/"},
      {"catch (...) {}", "an error is handled or passed on", ""},
      {"std::this_thread::sleep_for", "wait for a condition: tests/support/soon.h", "tests/"},
      {"usleep", "wait for a condition", "tests/"},
  };
  for (const Source& source : sources()) {
    if (source.path == "tests/tidy/tidy_test.cc" || source.path == "tests/support/soon.h") continue;
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      for (const Rule& rule : rules) {
        if (!source.path.starts_with(rule.folder)) continue;
        EXPECT_EQ(source.lines[i].find(rule.word), std::string::npos)
            << source.path << ":" << i + 1 << ": " << rule.instead;
      }
    }
  }
}

TEST(Tidy, FilesAreShortEnoughToRead) {
  for (const Source& source : sources()) {
    EXPECT_LE(source.lines.size(), 500u) << source.path;
    if (!source.path.ends_with(".h")) continue;
    EXPECT_TRUE(std::find(source.lines.begin(), source.lines.end(), "#pragma once") !=
                source.lines.end())
        << source.path << " has no #pragma once";
  }
}

TEST(Tidy, EveryControllerHeaderSaysWhatItIs) {
  for (const Source& source : sources()) {
    if (!source.path.ends_with(".h") || source.path.starts_with("tests/")) continue;
    const bool says = std::any_of(source.lines.begin(), source.lines.end(),
                                  [](const std::string& l) { return l.starts_with("//"); });
    EXPECT_TRUE(says) << source.path << " does not say what it is";
  }
}

}  // namespace
