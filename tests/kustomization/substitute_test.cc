// ${NAME} in manifests: each form, and what is none.

#include "controller/kustomization/substitute.h"

#include <gtest/gtest.h>

namespace weir::kustomization {
namespace {

TEST(Substitute, EachForm) {
  const std::map<std::string, std::string> values{
      {"NAME", "weir"}, {"EMPTY", ""}, {"PATH", "a/b/a"}, {"_x1", "yes"}};
  const struct {
    const char* text;
    const char* want;
  } rows[] = {
      {"hello", "hello"},
      {"${NAME}", "weir"},
      {"a ${NAME} b ${NAME}", "a weir b weir"},
      {"${_x1}", "yes"},
      {"${ABSENT}", ""},
      {"${ABSENT:-other}", "other"},
      {"${EMPTY:-other}", "other"},
      {"${EMPTY:=other}", "other"},
      {"${EMPTY-other}", ""},
      {"${ABSENT-other}", "other"},
      {"${NAME:-other}", "weir"},
      {"${ABSENT:-${NAME}-default}", "weir-default"},
      {"${NAME:1}", "eir"},
      {"${NAME:1:2}", "ei"},
      {"${NAME:-2}", "weir"},  // as bash: that is the default
      {"${NAME: 1}", "error"},
      {"${NAME:9}", ""},
      {"${NAME^}", "Weir"},
      {"${NAME^^}", "WEIR"},
      {"${NAME,}", "weir"},
      {"${#NAME}", "4"},
      {"${PATH/a/x}", "x/b/a"},
      {"${PATH//a/x}", "x/b/x"},
      {"${NAME#we}", "ir"},
      {"${NAME%ir}", "we"},
      {"${NAME%no}", "weir"},
      {"$${NAME}", "${NAME}"},
      {"$NAME costs $5", "$NAME costs $5"},
      {"${arr[@]}", "error"},
      {"${1}", "error"},
      {"${}", "error"},
      {"${NAME", "error"},
      {"${NAME!x}", "error"},
      {"${a:-${b:-${c:-${d:-${e:-${f:-${g:-${h:-${i:-${j:-deep}}}}}}}}}}", "error"},
  };
  for (const auto& row : rows) {
    const auto made = substitute(row.text, values);
    EXPECT_EQ(made ? *made : "error", row.want) << row.text;
  }
}

// A small text does not become a large one.
TEST(Substitute, IsBounded) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "${BIG}";
  const auto made = substitute(text, {{"BIG", std::string(1u << 20, 'x')}});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Code::too_large);
}

}  // namespace
}  // namespace weir::kustomization
