// Webhooks: who may ask for a fetch, and of what.

#include "controller/gitops/webhook.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdio>

namespace weir::gitops {
namespace {

using Headers = std::map<std::string, std::string>;

std::string hmac(const std::string& secret, const std::string& body) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  unsigned length = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(body.data()), body.size(), sum.data(), &length);
  std::string out;
  for (unsigned i = 0; i < length; ++i) {
    std::array<char, 3> digits{};
    std::snprintf(digits.data(), digits.size(), "%02x", sum[i]);
    out += digits.data();
  }
  return out;
}

const std::string kBody = R"({"ref":"refs/heads/main","repository":{"full_name":"ada/app"},)"
                          R"("project":{"path_with_namespace":"group/ada/app"}})";

std::string told(const Result<WebhookEvent>& result) {
  if (!result) return "error: " + result.error().message;
  return result->event + " " + result->ref + " " + result->repository;
}

TEST(Webhook, Senders) {
  const std::string good = hmac("s3cret", kBody), other = hmac("other", kBody);
  std::string upper = good;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  const auto refused = [](const std::string& header) {
    return "error: " + header + " is missing, or not of this secret and body";
  };
  const std::string github = "x-hub-signature-256", gitlab = "x-gitlab-token",
                    gitea = "x-gitea-signature";
  struct Row {
    WebhookType type;
    Headers headers;
    std::string want;
  };
  const Row rows[] = {
      {WebhookType::github,
       {{github, "sha256=" + good}, {"x-github-event", "push"}},
       "push refs/heads/main ada/app"},
      {WebhookType::github, {{github, "sha256=" + other}}, refused(github)},
      {WebhookType::github, {{github, good}}, refused(github)},
      {WebhookType::github, {{github, "sha256=" + upper}}, refused(github)},
      {WebhookType::github, {{github, "sha256=" + good + "00"}}, refused(github)},
      {WebhookType::github, {{github, "sha256="}}, refused(github)},
      {WebhookType::github, {}, refused(github)},
      {WebhookType::github, {{gitlab, "s3cret"}}, refused(github)},
      {WebhookType::gitlab,
       {{gitlab, "s3cret"}, {"x-gitlab-event", "Push Hook"}},
       "Push Hook refs/heads/main group/ada/app"},
      {WebhookType::gitlab, {{gitlab, "s3cre"}}, refused(gitlab)},
      {WebhookType::gitlab, {{gitlab, "s3cret2"}}, refused(gitlab)},
      {WebhookType::gitlab, {}, refused(gitlab)},
      {WebhookType::gitea,
       {{gitea, good}, {"x-gitea-event", "push"}},
       "push refs/heads/main ada/app"},
      {WebhookType::gitea, {{gitea, other}}, refused(gitea)},
      {WebhookType::gitea, {}, refused(gitea)},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(told(check_webhook(row.type, row.headers, kBody, "s3cret")), row.want);
  }
}

// From GitHub's documentation of webhooks: the signature is good, and looked at first.
TEST(Webhook, TheExampleOfGitHub) {
  const Headers headers{
      {"x-hub-signature-256",
       "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}};
  EXPECT_EQ(told(check_webhook(WebhookType::github, headers, "Hello, World!",
                               "It's a Secret to Everybody")),
            "error: the body is no JSON object");
}

TEST(Webhook, NoSecretLetsNobodyPass) {
  const Headers headers{{"x-hub-signature-256", "sha256=" + hmac("", kBody)},
                        {"x-gitlab-token", ""},
                        {"x-gitea-signature", hmac("", kBody)}};
  for (const WebhookType type : {WebhookType::github, WebhookType::gitlab, WebhookType::gitea}) {
    const auto result = check_webhook(type, headers, kBody, "");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::unauthorized);
  }
}

TEST(Webhook, Bodies) {
  struct Row {
    std::string body;
    std::string want;
  };
  const Row rows[] = {
      {"{}", "  "},
      {R"({"ref":7,"repository":"x"})", "  "},
      {R"({"ref":"a\u001b[2J\nb"})", " a?[2J?b "},
      {"[]", "error: the body is no JSON object"},
      {"", "error: the body is no JSON object"},
      {"{\"a\":" + std::string(40, '[') + std::string(40, ']') + "}",
       "error: the body is no JSON object"},
      {std::string(1'000'000, '['), "error: the body is no JSON object"},
      {std::string(kWebhookBodyMax + 1, ' '), "error: the body is above 4 MiB"},
  };
  for (const Row& row : rows) {
    const Headers headers{{"x-gitlab-token", "s3cret"}};
    EXPECT_EQ(told(check_webhook(WebhookType::gitlab, headers, row.body, "s3cret")), row.want);
  }
}

}  // namespace
}  // namespace weir::gitops
