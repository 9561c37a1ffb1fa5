#pragma once

// Real repositories, made by git in a temporary folder, and a Fetcher that fetches from them.

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "controller/gitops/fetcher.h"

namespace weir::gitops {

// The command's stdout; a command that fails fails the test.
std::string shell(const std::string& command);
void write_file(const std::string& path, const std::string& bytes);
std::string read_file(const std::string& path);
// Processes of `weir git` that somebody left behind, of this test's fetches.
std::string fetch_processes(const std::string& cache_dir);

// "main@sha1:…" and what else is in the result, one thing a line; the commit is in the revision.
//   main@sha1:… "subject" by Ada <ada@example.com>
//   path = bytes
// or
//   Reason: message
std::string text_of(const FetchResult& result);

// A sanitizer's shadow takes terabytes of addresses: the process cannot be limited in them.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kAddressesAreLimited = false;
#else
inline constexpr bool kAddressesAreLimited = true;
#endif

class GitFixture : public testing::Test {
 protected:
  GitFixture();
  ~GitFixture() override;

  // `git ARGUMENTS` in the working copy, with a person, a time and no configuration of the host.
  std::string git(const std::string& arguments);
  // Writes the file and commits it; the commit's id.
  std::string commit(const std::string& path, const std::string& bytes,
                     const std::string& options = "");
  std::string id(const std::string& revision = "HEAD");  // of a commit

  FetchRequest request() const;  // the branch main of the working copy, by file://
  // Waits for the answer.
  FetchResult fetch(const FetchRequest& request);
  std::string fetched(const FetchRequest& request) { return text_of(fetch(request)); }

  const std::string folder_;  // temporary: everybody may look in
  const std::string work_ = folder_ + "/work";
  const std::string cache_ = folder_ + "/cache";
  std::optional<Fetcher> fetcher_{std::in_place,
                                  Fetcher::Options{.cache_dir = cache_, .program = WEIR_PROGRAM}};
};

}  // namespace weir::gitops
