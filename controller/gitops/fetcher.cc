#include "controller/gitops/fetcher.h"

#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "controller/gitops/child_process.h"
#include "controller/gitops/digest.h"
#include "controller/gitops/fetch_wire.h"
#include "controller/gitops/git_url.h"
#include "controller/gitops/tree_path.h"
#include "reconcilers/base64.h"

namespace weir::gitops {

namespace fs = std::filesystem;

namespace {

constexpr uid_t kNobody = 65534;
constexpr std::size_t kMessageMax = 2048;

auto failed(std::string why) { return refuse(reason::kGitOperationFailed, std::move(why)); }

bool is_source(const std::string& name) {
  return !name.empty() && name.size() <= 128 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

// What needs no process to be refused.
Fetching<void> check(const FetchRequest& request) {
  if (!is_source(request.source)) return failed("a source is named by letters, digits and \"-\"");
  TRY(const GitUrl url, parse_git_url(request.url));
  TRY_VOID(check_credentials(url, request.credentials));
  if (request.recurse_submodules) {
    return refuse_spec(reason::kGitOperationFailed,
                       "spec.recurseSubmodules is not supported: make a GitRepository of each "
                       "submodule's repository");
  }
  constexpr std::array<std::string_view, 4> kModes{"", "HEAD", "Tag", "TagAndHEAD"};
  const std::string& mode = request.verify.mode;
  if (std::find(kModes.begin(), kModes.end(), mode) == kModes.end()) {
    return refuse_spec(reason::kInvalidVerificationMode,
                       "spec.verify.mode is HEAD, Tag or TagAndHEAD");
  }
  if (!mode.empty() && request.verify.keys.empty()) {
    return refuse(reason::kVerificationError,
                  "there is no key to verify with: the Secret of spec.verify.secretRef is empty");
  }
  return {};
}

// A server can send anything, so also what it was sent: no credential is told on.
std::string without_secrets(std::string text, const GitCredentials& credentials) {
  for (const std::string& secret :
       {base64_encode(credentials.username + ":" + credentials.password), credentials.password,
        credentials.bearer_token, credentials.identity}) {
    for (std::size_t at = secret.empty() ? text.npos : text.find(secret); at != text.npos;
         at = text.find(secret, at + 3)) {
      text.replace(at, secret.size(), "***");
    }
  }
  return printable(text, kMessageMax);
}

// The folder belongs to the process, which is nobody where weir is root.
Fetching<void> make_folder(const std::string& cache_dir, const std::string& folder) {
  const auto cannot = [&](const std::string& why) {
    return failed("the cache " + folder + " cannot be made: " + why);
  };
  std::error_code error;
  fs::create_directories(cache_dir, error);
  if (error) return cannot(error.message());
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return cannot(std::strerror(errno));
  if (::geteuid() != 0) return {};
  if (::chmod(cache_dir.c_str(), 0711) != 0 || ::lchown(folder.c_str(), kNobody, kNobody) != 0) {
    return cannot(std::strerror(errno));
  }
  return {};
}

void remove_all(const std::string& path) {
  std::error_code ignored;  // what stays is tried again with the next fetch
  fs::remove_all(path, ignored);
}

std::string seconds(Duration time) {
  const auto count = time.count();
  return count % 1000 == 0 ? std::to_string(count / 1000) + " s" : std::to_string(count) + " ms";
}

// Why there is no answer, as an operator would say it.
std::string what_ended(const ChildEnd& end, const FetchRequest& request) {
  using How = ChildEnd::How;
  if (end.how == How::deadline) {
    return "it was not done within " + seconds(request.timeout) +
           ": see whether the server answers, or give it more in spec.timeout";
  }
  if (end.how == How::stopped) return "weir is being stopped";
  if (end.how == How::too_much_output) return "there is more than was allowed";
  if (end.how == How::exited) return "the fetch process failed";
  if (end.number == SIGALRM) {
    return "there was no progress for " + seconds(request.limits.stall) +
           ": see whether the server answers";
  }
  if (end.number == SIGXFSZ) {
    return "its history is larger than " + std::to_string(request.limits.pack_bytes >> 20) +
           " MiB: fetch from a repository with less of it";
  }
  if (end.number == SIGXCPU) return "it takes too much time to unpack";
  return std::string("the fetch process crashed (") + ::strsignal(end.number) +
         "), as it can when a server sends what is no repository";
}

}  // namespace

Fetcher::Fetcher(Options options) : options_(std::move(options)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  for (std::size_t i = 0; i < std::max<std::size_t>(options_.at_once, 1); ++i) {
    threads_.emplace_back([this] { run(); });
  }
}

Fetcher::~Fetcher() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  const std::uint64_t one = 1;
  (void)!::write(stop_, &one, sizeof one);
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  ::close(stop_);
}

void Fetcher::start(FetchRequest request, OnFetched on_fetched) {
  std::string source = request.source;
  put({std::move(source), [this, request = std::move(request), on_fetched = std::move(on_fetched)] {
         on_fetched(fetch(request));
       }});
}

void Fetcher::forget(const std::string& source) {
  if (!is_source(source)) return;
  put({source, [this, source] { remove_all(options_.cache_dir + "/" + source); }});
}

void Fetcher::put(Job job) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(job));
  }
  changed_.notify_one();
}

// A thread. When it stops, what waits is still answered: at once, for stop_ is readable.
void Fetcher::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto next = std::find_if(waiting_.begin(), waiting_.end(),
                                   [&](const Job& job) { return !busy_.contains(job.source); });
    if (next == waiting_.end()) {
      if (stopping_ && waiting_.empty()) return;
      changed_.wait(lock);
      continue;
    }
    const Job job = std::move(*next);
    waiting_.erase(next);
    busy_.insert(job.source);
    lock.unlock();
    job.work();
    lock.lock();
    busy_.erase(job.source);
    changed_.notify_all();
  }
}

FetchResult Fetcher::fetch(const FetchRequest& request) const {
  TRY_VOID(check(request));
  const std::string folder = options_.cache_dir + "/" + request.source;
  TRY_VOID(make_folder(options_.cache_dir, folder));
  FetchResult result = run_process(request, folder);
  remove_all(folder + "/private");
  if (!result) {
    std::string& message = result.error().message;
    message = without_secrets(std::move(message), request.credentials);
  } else if (!result->unchanged) {
    result->digest = digest_of(result->files);
  }
  return result;
}

FetchResult Fetcher::run_process(const FetchRequest& request, const std::string& folder) const {
  const auto ended = run_child({.words = {options_.program, "git", "--folder", folder},
                                .input = request_text(request),
                                .output_max = answer_max(request.limits),
                                .deadline = std::chrono::steady_clock::now() + request.timeout,
                                .stop_fd = stop_,
                                .own_group = true});
  if (!ended) return failed(ended.error().message);
  const std::string doing = "cannot fetch " + request.url + ": ";
  if (ended->how == ChildEnd::How::exited && ended->number == 0) {
    Result<FetchResult> answer = parse_answer(ended->output, request.limits);
    return answer ? *std::move(answer) : failed(doing + answer.error().message);
  }
  // Who was waiting for a server leaves a good cache behind; of who crashed nothing is kept.
  const bool crashed = ended->how == ChildEnd::How::exited ||
                       (ended->how == ChildEnd::How::killed && ended->number != SIGALRM);
  if (crashed) remove_all(folder);
  return failed(doing + what_ended(*ended, request));
}

}  // namespace weir::gitops
