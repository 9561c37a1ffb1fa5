#include "tests/gitops/git_fixture.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>

#include "tests/support/soon.h"

namespace weir::gitops {

namespace fs = std::filesystem;

namespace {

std::string temporary_folder() {
  std::string folder = fs::temp_directory_path() / "weir-gitops-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) ADD_FAILURE() << folder;
  ::chmod(folder.c_str(), 0755);  // the fetch process is nobody
  return folder;
}

}  // namespace

std::string shell(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen(("set -e; umask 022; " + command).c_str(), "r");
  if (pipe == nullptr) return out;
  std::array<char, 4096> bytes{};
  while (const std::size_t got = std::fread(bytes.data(), 1, bytes.size(), pipe)) {
    out.append(bytes.data(), got);
  }
  EXPECT_EQ(::pclose(pipe), 0) << command;
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

void write_file(const std::string& path, const std::string& bytes) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string fetch_processes(const std::string& cache_dir) {
  std::string found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::string words = read_file(entry.path() / "cmdline");
    if (words.find(cache_dir) == words.npos || words.find("--folder") == words.npos) continue;
    std::replace(words.begin(), words.end(), '\0', ' ');
    found += words + "\n";
  }
  return found;
}

std::string text_of(const FetchResult& result) {
  if (!result) return result.error().reason + ": " + result.error().message;
  if (result->unchanged) return result->revision + " unchanged";
  std::string out = result->revision + " \"" + result->subject + "\" by " + result->author;
  if (!result->verified.empty()) out += "\n" + result->verified;
  for (const auto& [path, bytes] : result->files) out += "\n" + path + " = " + bytes;
  return out;
}

GitFixture::GitFixture() : folder_(temporary_folder()) {
  fs::create_directories(folder_ + "/home");
  fs::create_directories(work_);
  git("init -q -b main .");
}

GitFixture::~GitFixture() {
  fetcher_.reset();
  EXPECT_EQ(fetch_processes(cache_), "");
  fs::create_directories(cache_);
  for (const auto& source : fs::directory_iterator(cache_)) {
    EXPECT_FALSE(fs::exists(source.path() / "private")) << source.path();
  }
  // An agent of gpg's that is ending removes its sockets meanwhile.
  EXPECT_TRUE(test::soon([&] {
    std::error_code error;
    fs::remove_all(folder_, error);
    return !error;
  }));
}

std::string GitFixture::git(const std::string& arguments) {
  return shell("cd " + work_ + "; export HOME=" + folder_ +
               "/home GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.com "
               "GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.com "
               "GIT_AUTHOR_DATE='2026-01-02T03:04:05Z' GIT_COMMITTER_DATE='2026-01-02T03:04:05Z'; "
               "git " +
               arguments);
}

std::string GitFixture::commit(const std::string& path, const std::string& bytes,
                               const std::string& options) {
  write_file(work_ + "/" + path, bytes);
  git("add -A");
  git("commit -q -m 'change " + path + "' " + options);
  return id();
}

std::string GitFixture::id(const std::string& revision) {
  return git("rev-parse '" + revision + "^{commit}'");
}

FetchRequest GitFixture::request() const {
  FetchRequest request;
  request.source = "a-source";
  request.url = "file://" + work_;
  request.ref.branch = "main";
  return request;
}

FetchResult GitFixture::fetch(const FetchRequest& request) {
  std::promise<FetchResult> answered;
  fetcher_->start(request, [&](FetchResult result) { answered.set_value(std::move(result)); });
  return answered.get_future().get();
}

}  // namespace weir::gitops
