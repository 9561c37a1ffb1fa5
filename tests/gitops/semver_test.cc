// Ranges of versions, as Flux's library reads them.

#include "controller/gitops/semver.h"

#include <gtest/gtest.h>

namespace weir::gitops {
namespace {

TEST(Semver, Versions) {
  struct Row {
    const char* text;
    std::optional<Version> want;
  };
  const Row rows[] = {
      {"1.2.3", Version{1, 2, 3, ""}},
      {"v1.2.3", Version{1, 2, 3, ""}},
      {"0.0.0", Version{}},
      {"1.2.3-rc.1+build.7", Version{1, 2, 3, "rc.1"}},
      {"1.2.3+build", Version{1, 2, 3, ""}},
      {"1.2", std::nullopt},
      {"1.2.3.4", std::nullopt},
      {"V1.2.3", std::nullopt},
      {"release-1.2.3", std::nullopt},
      {"01.2.3", std::nullopt},
      {"1.2.3-01", std::nullopt},
      {"1.2.3-", std::nullopt},
      {"1.2.3-a..b", std::nullopt},
      {"1.2.3+", std::nullopt},
      {"1.2.x", std::nullopt},
      {"1.2.99999999999999999999", std::nullopt},
      {"", std::nullopt},
  };
  for (const Row& row : rows) EXPECT_EQ(parse_version(row.text), row.want) << row.text;
}

TEST(Semver, Order) {
  const char* const ascending[] = {"0.0.1",      "0.1.0",       "1.0.0-0",       "1.0.0-2",
                                   "1.0.0-10",   "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.b",
                                   "1.0.0-beta", "1.0.0-rc.1",  "1.0.0",         "1.0.1",
                                   "1.10.0",     "2.0.0"};
  for (std::size_t i = 0; i < std::size(ascending); ++i) {
    for (std::size_t j = 0; j < std::size(ascending); ++j) {
      const int order = compare(*parse_version(ascending[i]), *parse_version(ascending[j]));
      EXPECT_EQ((order > 0) - (order < 0), (i > j) - (i < j)) << ascending[i] << ascending[j];
    }
  }
  EXPECT_EQ(compare(*parse_version("1.0.0+a"), *parse_version("1.0.0+b")), 0);
}

struct RangeRow {
  const char* range;
  const char* in;   // versions between spaces
  const char* out;  // not in it
};

void expect_each(const VersionRange& range, const RangeRow& row, const std::string& versions,
                 bool want) {
  std::istringstream words(versions);
  for (std::string word; words >> word;) {
    EXPECT_EQ(range.contains(*parse_version(word)), want) << row.range << " " << word;
  }
}

TEST(Semver, Ranges) {
  const RangeRow rows[] = {
      {"1.2.3", "1.2.3 v1.2.3", "1.2.4 1.2.3-rc.1"},
      {"=1.2.3", "1.2.3", "1.2.4"},
      {"v1.2.3", "1.2.3", "1.2.4"},
      {"1.2", "1.2.0 1.2.9", "1.3.0 1.1.9"},
      {"1", "1.0.0 1.9.0", "2.0.0 0.9.0"},
      {"1.x", "1.0.0 1.9.0", "2.0.0"},
      {"1.2.*", "1.2.0 1.2.9", "1.3.0"},
      {"1.X.3", "1.0.0 1.9.9", "2.0.3"},
      {"*", "0.0.1 1.2.3 99.0.0", "1.2.3-alpha"},
      {"*-0", "1.2.3-alpha.1 1.2.3", ""},
      {"!=1.2.3", "1.2.4 1.3.0-rc", "1.2.3"},
      {"!=1.2", "1.3.0", "1.2.0 1.2.9 1.3.0-rc"},
      {"!=4.x", "5.1.0", "4.1.0"},
      {">1.2.3", "1.2.4 2.0.0", "1.2.3 1.2.4-rc"},
      {">1.2", "1.3.0", "1.2.9 1.2.0"},
      {">11", "12.0.0", "11.1.0"},
      {">=1.2", "1.2.0 2.0.0", "1.1.9 2.0.0-rc"},
      {"=>1.2.3", "1.2.3", "1.2.2"},
      {">=1.0.0-0", "1.0.0-alpha 1.0.0 2.0.0-rc.1", "0.9.0"},
      {"<1.2.3", "1.2.2 0.1.0", "1.2.3"},
      {"<1.2", "1.1.9", "1.2.0"},
      {"<=1.2.3", "1.2.3 1.2.2", "1.2.4"},
      {"<=1.2", "1.2.9 1.1.0", "1.3.0"},
      {"=<11", "11.2.3", "12.0.0"},
      {"~1.2.3", "1.2.3 1.2.9", "1.2.2 1.3.0"},
      {"~>1.2", "1.2.0 1.2.9", "1.3.0"},
      {"~1", "1.0.0 1.9.9", "2.0.0"},
      {"~0.0.0", "0.0.0 1.2.3", "1.2.3-rc"},
      {"~1.2.3-beta.2", "1.2.3-beta.4 1.2.4-beta.2 1.2.3", "1.2.3-beta.1 1.3.4-beta.2"},
      {"^1.2.3", "1.2.3 1.9.0", "1.2.2 2.0.0"},
      {"^1.2", "1.2.0 1.9.0", "1.1.9 2.0.0"},
      {"^1", "1.0.0 1.9.9", "2.0.0"},
      {"^0.2.3", "0.2.3 0.2.9", "0.3.0 0.2.2"},
      {"^0.2", "0.2.0 0.2.9", "0.3.0"},
      {"^0.0.3", "0.0.3", "0.0.4 0.0.2"},
      {"^0.0", "0.0.0 0.0.9", "0.1.0"},
      {"^0", "0.0.1 0.9.9", "1.0.0"},
      {"^1.1.2-alpha", "1.2.1-beta1 1.1.2", "1.1.2-a 2.0.0-alpha"},
      {">=1.1, <2, !=1.2.3", "1.1.0 1.9.9", "1.2.3 2.0.0"},
      {">= 1.1 < 2", "1.1.0", "2.0.0"},
      {"  >=1.1   <2  ", "1.1.0", "2.0.0"},
      {">=1.1 <2 || >=3", "1.5.0 3.0.0", "2.5.0"},
      {"1.1 - 2", "1.1.0 2.9.9", "1.0.9 3.0.0"},
      {"1.5.0 - 4.5", "1.5.0 4.5.9", "1.4.9 4.6.0"},
      {"1.1-3", "", "2.0.0"},
  };
  for (const RangeRow& row : rows) {
    const auto range = VersionRange::parse(row.range);
    ASSERT_TRUE(range) << row.range << ": " << range.error().message;
    expect_each(*range, row, row.in, true);
    expect_each(*range, row, row.out, false);
  }
}

TEST(Semver, WhatIsNoRange) {
  const char* const rows[] = {"",     "latest",   ">= bar",   "1.2.3.4", "12.3.34~ 1.2.3",
                              ">",    "1.2.3 ||", "=!1.2.3",  "><1",     "1.2.3-",
                              " - 2", "1..2",     ">=1.2.3<2"};
  for (const char* row : rows) EXPECT_FALSE(VersionRange::parse(row)) << row;
  EXPECT_FALSE(VersionRange::parse(std::string(300, '1')));
}

}  // namespace
}  // namespace weir::gitops
