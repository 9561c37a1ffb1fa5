// Usage, exit codes, and a server that is not there.

#include <gtest/gtest.h>

#include "tests/cli/run.h"

namespace weir::cli {
namespace {

TEST(CommandLine, WrongUsageIsExitTwo) {
  const FakeApi api;
  const struct {
    const char* line;
    const char* want;
  } rows[] = {
      {"", "--- err\nerror: A subcommand is required\nSee 'weir --help' for usage.\nexit 2\n"},
      {"nope", "--- err\nerror: unknown command \"nope\"\nSee 'weir --help' for usage.\nexit 2\n"},
      {"rollout",
       "--- err\nerror: A subcommand is required\nSee 'weir rollout --help' for usage.\nexit 2\n"},
      {"get pods --nope",
       "--- err\nerror: The following argument was not expected: --nope\n"
       "See 'weir get --help' for usage.\nexit 2\n"},
      {"apply",
       "--- err\nerror: --filename or --kustomize is required\nSee 'weir apply --help' for "
       "usage.\nexit 2\n"},
      {"rollout status deploy/web --timeout=soon",
       "--- err\nerror: invalid duration \"soon\": write it like 30s, 5m, 1h30m\n"
       "See 'weir rollout status --help' for usage.\nexit 2\n"},
      {"get pod/a/b",
       "--- err\nerror: arguments in resource/name form may not have more than one slash\nexit "
       "2\n"},
  };
  for (const auto& row : rows) EXPECT_EQ(run_line(api, row.line), row.want) << row.line;
}

TEST(CommandLine, HelpIsNoError) {
  const FakeApi api;
  for (const char* line : {"--help", "get --help", "rollout status -h"}) {
    const std::string text = run_line(api, line);
    EXPECT_NE(text.find("Usage: weir"), std::string::npos) << text;
    EXPECT_TRUE(text.ends_with("exit 0\n")) << text;
  }
}

TEST(CommandLine, ServeIsHandedOver) {
  const FakeApi api;
  EXPECT_EQ(run_line(api, "serve --data-dir /d --api-listen 127.0.0.1:1"),
            "serve /d 127.0.0.1:1\nexit 0\n");
}

TEST(CommandLine, GlobalFlagsStandAnywhere) {
  FakeApi api;
  api.on("GET /api/v1/namespaces/prod/pods", R"({"items":[]})");
  EXPECT_EQ(run_line(api, "-n prod get pods -o name"), "exit 0\n");
  EXPECT_EQ(run_line(api, "get pods -o name -n=prod"), "exit 0\n");
  EXPECT_EQ(run_line(api, "get pods --namespace prod -oname"), "exit 0\n");
}

TEST(CommandLine, AServerThatIsNotThere) {
  const FakeApi api;
  const std::string free_port = [] {
    const FakeApi gone;
    return gone.url();
  }();
  EXPECT_EQ(run_line(api, "get pods -s " + free_port),
            "--- err\nThe connection to the server " + free_port.substr(7) +
                " was refused - did you specify the right host or port?\nexit 1\n");
  EXPECT_EQ(run_line(api, "get pods -s ftp://127.0.0.1:1").substr(0, 41),
            "--- err\nUnable to connect to the server: ");
}

TEST(CommandLine, ASilentServerMeetsTheTimeout) {
  FakeApi api;
  api.on("GET /version", {Canned{.body = "{", .hold = true}});
  const std::string text = run_line(api, "version --request-timeout=50ms");
  EXPECT_EQ(
      text.substr(0, text.find("after")),
      "Client Version: v0.1.0\n--- err\nUnable to connect to the server: Operation timed out ");
}

TEST(CommandLine, AnswersThatAreNotJson) {
  FakeApi api;
  api.on("GET /version", "<html>");
  const std::string text = run_line(api, "version");
  EXPECT_NE(text.find("error: the server's answer is not JSON: "), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("exit 1\n")) << text;
}

}  // namespace
}  // namespace weir::cli
