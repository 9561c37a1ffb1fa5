#include "reconcilers/labels.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Selector, ChoosesAsKubernetesDoes) {
  const Labels labels{{"app", "web"}, {"tier", "front"}};
  struct Row {
    const char* name;
    api::LabelSelector selector;
    bool want;
  };
  const Row rows[] = {
      {"empty chooses everything", {}, true},
      {"one label", {.matchLabels = {{"app", "web"}}}, true},
      {"two labels", {.matchLabels = {{"app", "web"}, {"tier", "front"}}}, true},
      {"another value", {.matchLabels = {{"app", "db"}}}, false},
      {"absent label", {.matchLabels = {{"zone", ""}}}, false},
      {"In", {.matchExpressions = {{"app", "In", {"db", "web"}}}}, true},
      {"In, not listed", {.matchExpressions = {{"app", "In", {"db"}}}}, false},
      {"In, absent", {.matchExpressions = {{"zone", "In", {""}}}}, false},
      {"NotIn", {.matchExpressions = {{"app", "NotIn", {"db"}}}}, true},
      {"NotIn, listed", {.matchExpressions = {{"app", "NotIn", {"web"}}}}, false},
      {"NotIn, absent", {.matchExpressions = {{"zone", "NotIn", {"a"}}}}, true},
      {"Exists", {.matchExpressions = {{"app", "Exists", {}}}}, true},
      {"Exists, absent", {.matchExpressions = {{"zone", "Exists", {}}}}, false},
      {"DoesNotExist", {.matchExpressions = {{"zone", "DoesNotExist", {}}}}, true},
      {"DoesNotExist, there", {.matchExpressions = {{"app", "DoesNotExist", {}}}}, false},
      {"unknown operator chooses nothing", {.matchExpressions = {{"app", "Near", {}}}}, false},
      {"all must hold",
       {.matchExpressions = {{"zone", "Exists", {}}}, .matchLabels = {{"app", "web"}}},
       false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(matches(row.selector, labels), row.want) << row.name;
    EXPECT_EQ(is_empty(row.selector), row.name == rows[0].name) << row.name;
  }
}

TEST(NumberAt, WholeNumbersOnly) {
  const Labels labels{{"a", "12"}, {"b", "-3"}, {"c", "1x"},
                      {"d", ""},   {"e", " 1"}, {"f", "99999999999999999999"}};
  EXPECT_EQ(number_at(labels, "a"), 12);
  EXPECT_EQ(number_at(labels, "b"), -3);
  for (const char* key : {"c", "d", "e", "f", "absent"}) {
    EXPECT_EQ(number_at(labels, key), std::nullopt) << key;
  }
}

}  // namespace
}  // namespace weir
