// What `weir serve` and its fetch process say to each other; and what a process says that a server
// has taken over.

#include <gtest/gtest.h>

#include "controller/gitops/digest.h"
#include "controller/gitops/fetch_wire.h"

namespace weir::gitops {
namespace {

FetchRequest whole_request() {
  FetchRequest request;
  request.source = "s";
  request.url = "https://example.com/a";
  request.ref = {.branch = "b", .tag = "t", .semver = "1.x", .name = "refs/n", .commit = "c"};
  request.credentials = {.username = "u",
                         .password = std::string("\xff\0p", 3),
                         .bearer_token = "t",
                         .identity = "i\n",
                         .known_hosts = "k",
                         .ca_certificate = "c"};
  request.ignore = "*.md\n";
  request.sparse_checkout = {"a", "b"};
  request.verify = {.mode = "HEAD", .keys = {"one", "two\xfe"}};
  request.last_commit = "l";
  request.even_if_unchanged = true;
  request.allow_force_push = true;
  request.timeout = std::chrono::seconds(7);
  request.limits = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, std::chrono::seconds(11)};
  return request;
}

TEST(FetchWire, ARequestThereAndBack) {
  const auto parsed = parse_request(request_text(whole_request()));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, whole_request());
}

TEST(FetchWire, NoRequest) {
  for (const char* text : {"", "{}", "[]", "{\"password\":\"se cret\"}", "nul"}) {
    const auto parsed = parse_request(text);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().message, "the request on stdin is not one of weir serve");
  }
}

const std::string kCommit(40, 'a');

Fetched whole_answer() {
  return {.revision = "main@sha1:" + kCommit,
          .commit = kCommit,
          .author = "Ada <a@b>",
          .committed = Time(std::chrono::milliseconds(1000)),
          .subject = "do it",
          .verified = "verified signature of commit",
          .files = {{"a/b.yaml", std::string("\0\xff", 2)}, {"c", ""}}};
}

TEST(FetchWire, AnAnswerThereAndBack) {
  const auto parsed = parse_answer(answer_bytes(whole_answer()), {});
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(*parsed, FetchResult(whole_answer()));
  const FetchResult error = refuse_spec("URLInvalid", "no");
  EXPECT_EQ(*parse_answer(answer_bytes(error), {}), error);
}

std::string framed(const std::string& header, const std::string& rest = "") {
  std::string out(4, '\0');
  out[2] = static_cast<char>(header.size() >> 8);
  out[3] = static_cast<char>(header.size() & 0xFF);
  return out + header + rest;
}

std::string with_files(const std::string& files, const std::string& rest) {
  return framed(R"({"revision":"r","commit":")" + kCommit +
                    R"(","unchanged":false,"author":"","committed":0,"subject":"","verified":"",)"
                    R"("files":)" +
                    files + "}",
                rest);
}

TEST(FetchWire, AnswersThatAreNotTaken) {
  struct Row {
    std::string bytes;
    std::string why;
  };
  const Row rows[] = {
      {"", "it is not whole"},
      {"abc", "it is not whole"},
      {"\xff\xff\xff\xff{}", "it is not whole"},
      {std::string("\0\0\0\x09{}", 6), "it is not whole"},
      {framed("{}"), "its header is not understood"},
      {framed("[]"), "its header is not understood"},
      {framed("{\"error\":7}"), "its header is not understood"},
      {framed(R"({"error":{"reason":"r"}})"), "its header is not understood"},
      {with_files("[[\"a\",2]]", "xy").substr(0, 60), "it is not whole"},
      {with_files("[[\"a\",2]]", "x"), "its files are more than was allowed, or than it sent"},
      {with_files("[[\"a\",2]]", "xyz"), "it is longer than it says"},
      {with_files("[[\"a\",18446744073709551615],[\"b\",2]]", "x"),
       "its files are more than was allowed, or than it sent"},
      {with_files("[[\"a\",-1]]", "x"), "its files are more than was allowed, or than it sent"},
      {with_files("[[\"a\",1],[\"a\",1]]", "xy"), "a path is in it twice"},
      {with_files("[[\"../a\",1]]", "x"), "a path in it is not allowed"},
      {with_files("[[\"/a\",1]]", "x"), "a path in it is not allowed"},
      {with_files("[[\"a//b\",1]]", "x"), "a path in it is not allowed"},
      {with_files("[[\"a\\u0000b\",1]]", "x"), "a path in it is not allowed"},
      {with_files("[[\".git/config\",1]]", "x"), "a path in it is not allowed"},
      {with_files("[[1,1]]", "x"), "its header is not understood"},
      {framed(std::string(60'000, '[')), "its header is not understood"},
      {with_files("7", ""), "its header is not understood"},
  };
  for (const Row& row : rows) {
    const auto parsed = parse_answer(row.bytes, {});
    ASSERT_FALSE(parsed) << row.why;
    EXPECT_EQ(parsed.error().message, "the fetch process gave no good answer: " + row.why);
  }
}

TEST(FetchWire, AnAnswerWithinItsLimits) {
  FetchLimits limits;
  limits.files = 1;
  EXPECT_FALSE(parse_answer(answer_bytes(whole_answer()), limits));
  limits = {};
  limits.file_bytes = 1;
  EXPECT_FALSE(parse_answer(answer_bytes(whole_answer()), limits));
  limits = {};
  limits.path_bytes = 3;
  EXPECT_FALSE(parse_answer(answer_bytes(whole_answer()), limits));
}

TEST(Digest, OfPathsAndBytes) {
  using Files = std::map<std::string, std::string>;
  EXPECT_EQ(digest_of({}),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const Files trees[] = {
      {{"a", "bc"}}, {{"ab", "c"}},           {{"a", "b"}, {"c", ""}}, {{"a", "b"}, {"c", "d"}},
      {{"a", ""}},   {{"a", "bc"}, {"d", ""}}};
  for (const Files& one : trees) {
    for (const Files& other : trees) {
      EXPECT_EQ(digest_of(one) == digest_of(other), one == other);
    }
  }
}

}  // namespace
}  // namespace weir::gitops
