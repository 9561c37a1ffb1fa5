// The small texts: YAML, tables, durations, differences, selectors.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "controller/cli/text/duration.h"
#include "controller/cli/text/selector.h"
#include "controller/cli/text/tab_writer.h"
#include "controller/cli/text/table.h"
#include "controller/cli/text/unified_diff.h"
#include "controller/yaml/yaml_text.h"

namespace weir::cli {
namespace {

using nlohmann::json;

struct Row {
  std::string name, input, want;
};

TEST(Yaml, ScalarsAreQuotedOnlyWhereTheyMust) {
  const Row rows[] = {
      {"plain", "web", "web"},
      {"empty", "", "\"\""},
      {"number", "12", "\"12\""},
      {"float", "-0.5e3", "\"-0.5e3\""},
      {"hexadecimal", "0x1f", "\"0x1f\""},
      {"minutes", "12:30", "\"12:30\""},
      {"address", "10.0.0.1", "10.0.0.1"},
      {"address with port", "10.0.0.1:80", "10.0.0.1:80"},
      {"uid", "00000000-0000-4000-8000-000000000007", "00000000-0000-4000-8000-000000000007"},
      {"version", "1.25.3", "1.25.3"},
      {"percent", "25%", "25%"},
      {"boolean", "true", "\"true\""},
      {"old boolean", "No", "\"No\""},
      {"null", "~", "\"~\""},
      {"date", "2026-01-02T03:04:05Z", "\"2026-01-02T03:04:05Z\""},
      {"list sign", "- x", "'- x'"},
      {"dash", "-x", "-x"},
      {"colon", "a: b", "'a: b'"},
      {"colon at the end", "a:", "'a:'"},
      {"comment", "a #b", "'a #b'"},
      {"anchor", "*x", "'*x'"},
      {"single quote", "'x", "'''x'"},
      {"leading blank", " x", "' x'"},
      {"bell", "\a", "\"\\a\""},
      {"tab", "a\tb", "\"a\\tb\""},
      {"emoji", "\xf0\x9f\x98\x80", "\"\\U0001F600\""},
      {"day of no month", "2026-13-02", "2026-13-02"},
      {"beyond a double", "1e400", "1e400"},
      {"lines with a tab", "a\n\tb\n", "\"a\\n\\tb\\n\""},
      {"line separator",
       "a\xe2\x80\xa8"
       "b",
       "'a\xe2\x80\xa8"
       "    b'"},
      {"lines", "a\nb\n", "|\n    a\n    b"},
      {"lines without an end", "a\nb", "|-\n    a\n    b"},
      {"lines with more ends", "a\n\n", "|+\n    a\n"},
      {"indented lines", "  a\nb\n", "|2\n      a\n    b"},
      {"trailing blanks", "a \nb", "\"a \\nb\""},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(to_yaml(json{{"a", {{"k", row.input}}}}), "a:\n  k: " + row.want + "\n") << row.name;
  }
}

TEST(Yaml, LongLinesAreFoldedBehindColumn80) {
  const std::string word(50, 'x');
  EXPECT_EQ(to_yaml(json{{"k", word + " " + word + " end"}}),
            "k: " + word + " " + word + "\n  end\n");
  EXPECT_EQ(to_yaml(json{{"k", word + " " + word + "  end"}}),
            "k: " + word + " " + word + "  end\n");
  EXPECT_EQ(to_yaml(json{{"k", word + ": " + word + " end"}}),
            "k: '" + word + ": " + word + "\n  end'\n");
}

TEST(Yaml, KeysInNaturalOrder) {
  EXPECT_EQ(to_yaml(json{{"a10", 1}, {"a2", 2}, {"A", 3}, {"_", 4}, {"a", 5}}),
            "_: 4\nA: 3\na: 5\na2: 2\na10: 1\n");
}

TEST(Yaml, Numbers) {
  const struct {
    double value;
    const char* want;
  } rows[] = {{1.5, "1.5"},    {1e3, "1000"},      {1000000.5, "1.0000005e+06"},
              {1e20, "1e+20"}, {0.00001, "1e-05"}, {-0.5, "-0.5"}};
  for (const auto& row : rows) EXPECT_EQ(to_yaml(json(row.value)), std::string(row.want) + "\n");
}

TEST(Yaml, StructuresInKubectlsStyle) {
  const json document = json::parse(R"({"spec": {"list": [{"b": 1, "a": [1, [2, 3]]}, "x", {}],
    "none": [], "empty": {}, "nothing": null, "on": true, "f": 0.5}, "apiVersion": "v1"})");
  EXPECT_EQ(to_yaml(document),
            "apiVersion: v1\n"
            "spec:\n"
            "  empty: {}\n"
            "  f: 0.5\n"
            "  list:\n"
            "  - a:\n"
            "    - 1\n"
            "    - - 2\n"
            "      - 3\n"
            "    b: 1\n"
            "  - x\n"
            "  - {}\n"
            "  none: []\n"
            "  nothing: null\n"
            "  \"on\": true\n");
}

TEST(TabWriter, AlignsColumnsOfNeighbouringLines) {
  const Row rows[] = {
      {"pairs", "a:\t1\nlonger:\t2\n", "a:       1\nlonger:  2\n"},
      {"a line without a cell ends the column", "a:\t1\nx\nlonger:\t2\n", "a:  1\nx\nlonger:  2\n"},
      {"the last cell is not padded", "a\tb\tc\nlong\tlonger\tc\n",
       "a     b       c\nlong  longer  c\n"},
      {"characters, not bytes", "ü\t1\nab\t2\n", "ü   1\nab  2\n"},
      {"control characters are shown", "a\t\x1b[2J\n", "a  ^[[2J\n"},
  };
  for (const Row& row : rows) EXPECT_EQ(align_tabs(row.input), row.want) << row.name;
  // More tabs than columns are possible.
  EXPECT_EQ(align_tabs(std::string(100'000, '\t')).find('\t'), std::string::npos);
}

TEST(Table, HeaderColumnsAndPriorities) {
  const json table = json::parse(R"({
    "columnDefinitions": [{"name": "Name", "format": "name"}, {"name": "Ready"},
                          {"name": "Age"}, {"name": "Node", "priority": 1}],
    "rows": [{"cells": ["web-1", "1/1", "5s", "host"],
              "object": {"metadata": {"namespace": "prod", "labels": {"b": "2", "a": "1"}}}},
             {"cells": ["w", null, "two\nlines", ""],
              "object": {"metadata": {"namespace": "default"}}}]})");
  EXPECT_EQ(TablePrinter({}).print(table),
            "NAME    READY    AGE\n"
            "web-1   1/1      5s\n"
            "w       <none>   two...\n");
  EXPECT_EQ(TablePrinter({.wide = true, .headers = false}).print(table),
            "web-1   1/1      5s       host\n"
            "w       <none>   two...   \n");
  EXPECT_EQ(TablePrinter({.namespaces = true, .labels = true, .kind = "pod"}).print(table),
            "NAMESPACE   NAME        READY    AGE      LABELS\n"
            "prod        pod/web-1   1/1      5s       a=1,b=2\n"
            "default     pod/w       <none>   two...   <none>\n");
}

TEST(Table, AWatchKeepsItsWidthsAndItsOneHeader) {
  TablePrinter printer({});
  const auto table = [](const char* name, bool definitions) {
    json out{{"rows", {{{"cells", {name, "1"}}}}}};
    if (definitions) out["columnDefinitions"] = {{{"name", "Name"}}, {{"name", "N"}}};
    return out;
  };
  EXPECT_EQ(printer.print(table("a-long-name", true)), "NAME          N\na-long-name   1\n");
  EXPECT_EQ(printer.print(table("b", false)), "b             1\n");
  EXPECT_EQ(printer.print(table("c", true)), "c             1\n");
}

TEST(Duration, Parses) {
  const std::pair<const char*, long> rows[] = {
      {"30s", 30'000}, {"1m30s", 90'000}, {"500ms", 500},        {"1.5h", 5'400'000},
      {"0", 0},        {"-1s", -1000},    {"2h0m1s", 7'201'000},
  };
  for (const auto& [text, want] : rows) {
    const auto got = parse_duration(text);
    ASSERT_TRUE(got) << text;
    EXPECT_EQ(got->count(), want) << text;
  }
  for (const char* bad :
       {"", "s", "5", "5x", "1m30", "-", "1e9h", "99999999999999999999h", ".s5"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
}

TEST(Duration, AgesInKubectlsUnits) {
  using std::chrono::seconds;
  const std::pair<long, const char*> rows[] = {
      {-5, "<invalid>"},   {-1, "0s"},         {0, "0s"},
      {119, "119s"},       {120, "2m"},        {130, "2m10s"},
      {599, "9m59s"},      {600, "10m"},       {10'799, "179m"},
      {10'800, "3h"},      {11'100, "3h5m"},   {28'800, "8h"},
      {172'799, "47h"},    {172'800, "2d"},    {180'000, "2d2h"},
      {691'200, "8d"},     {63'072'000, "2y"}, {65'664'000, "2y30d"},
      {252'288'000, "8y"},
  };
  for (const auto& [age, want] : rows) EXPECT_EQ(human_duration(seconds{age}), want) << age;
}

TEST(Duration, Times) {
  EXPECT_EQ(rfc1123("2026-01-02T03:04:05Z"), "Fri, 02 Jan 2026 03:04:05 +0000");
  EXPECT_EQ(rfc1123("soon"), "soon");
  EXPECT_EQ(rfc3339(*parse_time("2026-01-02T05:04:05.25+02:00")), "2026-01-02T03:04:05Z");
  EXPECT_EQ(age("2026-01-02T03:04:05.500000Z", *parse_time("2026-01-02T03:05:05Z")), "59s");
  for (const char* bad : {"", "2026-13-02T03:04:05Z", "2026-02-30T03:04:05Z",
                          "2026-01-02 03:04:05Z", "2026-01-02T03:04:05", "2026-01-02T25:04:05Z"}) {
    EXPECT_FALSE(parse_time(bad)) << bad;
  }
}

TEST(Diff, UnifiedHunks) {
  const auto lines = [](int from, int to) {
    std::string out;
    for (int i = from; i <= to; ++i) out += std::to_string(i) + "\n";
    return out;
  };
  EXPECT_EQ(unified_diff("a\nb\n", "a\nb\n", "l", "m"), "");
  EXPECT_EQ(unified_diff("", "a\nb\n", "l", "m"), "--- l\n+++ m\n@@ -0,0 +1,2 @@\n+a\n+b\n");
  EXPECT_EQ(unified_diff("a\nb\nc\n", "a\nB\nc\n", "l", "m"),
            "--- l\n+++ m\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n");
  // Near changes share a hunk, far ones do not.
  EXPECT_EQ(unified_diff(lines(1, 30), "0\n" + lines(1, 8) + lines(10, 24) + "x\n" + lines(25, 30),
                         "l", "m"),
            "--- l\n+++ m\n"
            "@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n"
            "@@ -6,7 +7,6 @@\n 6\n 7\n 8\n-9\n 10\n 11\n 12\n"
            "@@ -22,6 +22,7 @@\n 22\n 23\n 24\n+x\n 25\n 26\n 27\n");
  EXPECT_EQ(unified_diff(lines(1, 9), lines(2, 8), "l", "m"),
            "--- l\n+++ m\n@@ -1,4 +1,3 @@\n-1\n 2\n 3\n 4\n@@ -6,4 +5,3 @@\n 6\n 7\n 8\n-9\n");
}

// Applied to `before`, the difference gives `after`: checked by counting its lines.
TEST(Diff, TextsThatShareNothingAreReplaced) {
  std::string before, after;
  for (int i = 0; i < 3000; ++i) {
    before += "a" + std::to_string(i) + "\n";
    after += "b" + std::to_string(i) + "\n";
  }
  const std::string diff = unified_diff(before, after, "l", "m");
  EXPECT_EQ(diff.substr(0, 38), "--- l\n+++ m\n@@ -1,3000 +1,3000 @@\n-a0\n");
  EXPECT_EQ(std::count(diff.begin(), diff.end(), '\n'), 6003);
}

TEST(Selector, AsAQuery) {
  EXPECT_EQ(selector_text(json::parse(R"({"matchLabels": {"app": "web", "a": "b"},
    "matchExpressions": [{"key": "t", "operator": "In", "values": ["x", "y"]},
                         {"key": "u", "operator": "NotIn", "values": ["z"]},
                         {"key": "v", "operator": "Exists"},
                         {"key": "w", "operator": "DoesNotExist"}]})")),
            "a=b,app=web,t in (x,y),u notin (z),v,!w");
  EXPECT_EQ(selector_text(json()), "<none>");
}

}  // namespace
}  // namespace weir::cli
