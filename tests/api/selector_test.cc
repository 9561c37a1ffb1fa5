#include "controller/api/selector.h"

#include <gtest/gtest.h>

namespace weir::rest {
namespace {

using Labels = std::map<std::string, std::string>;

TEST(LabelSelector, Matches) {
  const Labels web = {{"app", "web"}, {"tier", "front"}, {"size", "3"}, {"example.com/a", "b.c_d"}};
  struct Row {
    const char* selector;
    bool want;
  };
  const Row rows[] = {
      {"", true},
      {"app=web", true},
      {"app==web", true},
      {"app = web", true},
      {"app=api", false},
      {"app!=api", true},
      {"app!=web", false},
      {"missing!=x", true},
      {"app", true},
      {"missing", false},
      {"!missing", true},
      {"!app", false},
      {"app in (web,api)", true},
      {"app in (api)", false},
      {"app notin (api,db)", true},
      {"app notin (web)", false},
      {"missing notin (web)", true},
      {"missing in (web)", false},
      {"size>2", true},
      {"size>3", false},
      {"size<4", true},
      {"tier>2", false},
      {"missing>2", false},
      {"app=web,tier=front", true},
      {"app=web,tier=back", false},
      {"app=web, tier in (front, back), !gone", true},
      {"example.com/a=b.c_d", true},
      {"app in (,web)", true},
      {"tier=", false},
  };
  for (const Row& row : rows) {
    const auto selector = LabelSelector::parse(row.selector);
    ASSERT_TRUE(selector) << row.selector << ": " << selector.error().message;
    EXPECT_EQ(selector->matches(web), row.want) << row.selector;
  }
}

TEST(LabelSelector, Refuses) {
  struct Row {
    const char* selector;
    const char* want;
  };
  const Row rows[] = {
      {"=web", "unable to parse requirement: found '=', expected: a label key"},
      {"app=web,", "unable to parse requirement: found the end, expected: a label key"},
      {"app in web", "unable to parse requirement: found 'web', expected: '('"},
      {"app in (web", "unable to parse requirement: found the end, expected: ',' or ')'"},
      {"app web",
       "unable to parse requirement: found 'web', expected: one of =, ==, !=, in, notin, <, >"},
      {"app=web tier", "unable to parse requirement: found 'tier', expected: ',' or the end"},
      {"size>x", "unable to parse requirement: found 'x', expected: a number"},
      {"!", "unable to parse requirement: found the end, expected: a label key"},
      {"app=web$", "unable to parse requirement: found '$', expected: ',' or the end"},
  };
  for (const Row& row : rows) {
    const auto selector = LabelSelector::parse(row.selector);
    ASSERT_FALSE(selector) << row.selector;
    EXPECT_EQ(selector.error().message, row.want) << row.selector;
    EXPECT_EQ(selector.error().code, Code::bad_request);
  }
}

TEST(FieldSelector, Matches) {
  const Labels fields = {{"metadata.name", "web"}, {"status.phase", "Running"}, {"odd", "a,b=c"}};
  struct Row {
    const char* selector;
    bool want;
  };
  const Row rows[] = {
      {"", true},
      {"metadata.name=web", true},
      {"metadata.name==web", true},
      {"metadata.name=api", false},
      {"status.phase!=Failed,status.phase!=Succeeded", true},
      {"status.phase!=Running", false},
      {"metadata.name=web,status.phase=Running", true},
      {"spec.nodeName=", true},
      {"spec.nodeName!=", false},
      {"odd=a\\,b\\=c", true},
  };
  for (const Row& row : rows) {
    const auto selector = FieldSelector::parse(row.selector);
    ASSERT_TRUE(selector) << row.selector << ": " << selector.error().message;
    const bool matches = selector->matches([&](const std::string& path) {
      const auto found = fields.find(path);
      return found == fields.end() ? std::string() : found->second;
    });
    EXPECT_EQ(matches, row.want) << row.selector;
  }
}

TEST(FieldSelector, Refuses) {
  for (const char* selector : {"metadata.name", "=web", "a=b,c"}) {
    EXPECT_FALSE(FieldSelector::parse(selector)) << selector;
  }
}

}  // namespace
}  // namespace weir::rest
