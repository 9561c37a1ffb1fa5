#include "controller/json_path/json_path.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace weir::cli {
namespace {

const nlohmann::json kDocument = nlohmann::json::parse(R"({
  "kind": "List",
  "metadata": {"labels": {"app.kubernetes.io/name": "web", "app": "w"}},
  "items": [
    {"name": "a", "n": 1, "ready": true, "conditions": [{"type": "Ready", "status": "True"}]},
    {"name": "b", "n": 22, "ready": false, "conditions": [{"type": "Ready", "status": "False"},
                                                          {"type": "Other", "status": "True"}]},
    {"name": "c", "n": 3, "tags": ["x", "y"]}
  ]})");

struct Row {
  const char* name;
  const char* path;
  const char* want;
};

TEST(JsonPath, Evaluates) {
  const Row rows[] = {
      {"member", "{.kind}", "List"},
      {"text around", "kind={.kind}!", "kind=List!"},
      {"dollar", "{$.kind}", "List"},
      {"index", "{.items[0].name}", "a"},
      {"index from the end", "{.items[-1].name}", "c"},
      {"index beyond the end", "{.items[9].name}", ""},
      {"every element", "{.items[*].name}", "a b c"},
      {"slice", "{.items[0:2].name}", "a b"},
      {"slice with a step", "{.items[::2].name}", "a c"},
      {"open slice", "{.items[1:].name}", "b c"},
      {"quoted name", "{.metadata.labels['app.kubernetes.io/name']}", "web"},
      {"escaped dot", R"({.metadata.labels.app\.kubernetes\.io/name})", "web"},
      {"union", "{.items[0]['name','n']}", "a 1"},
      {"indices", "{.items[0,2].name}", "a c"},
      {"wildcard of members", "{.metadata.labels.*}", "w web"},
      {"recursive", "{..status}", "True False True"},
      {"filter by text", R"({.items[?(@.name=="b")].n})", "22"},
      {"filter by number", "{.items[?(@.n>2)].name}", "b c"},
      {"filter by boolean", "{.items[?(@.ready==true)].name}", "a"},
      {"filter by existence", "{.items[?(@.tags)].name}", "c"},
      {"filter not equal", R"({.items[?(@.name!="b")].name})", "a c"},
      {"filter on elements", R"({.items[2].tags[?(@=="y")]})", "y"},
      {"condition", R"({.items[1].conditions[?(@.type=="Ready")].status})", "False"},
      {"missing", "{.nothing.at.all}", ""},
      {"structure", "{.items[2].tags}", R"(["x","y"])"},
      {"whole document", "{.metadata}", R"({"labels":{"app":"w","app.kubernetes.io/name":"web"}})"},
      {"literal", R"({.kind}{"\n"}{"\t"}{'x'})", "List\n\tx"},
      {"range", R"({range .items[*]}{.name}={.n}{"\n"}{end})", "a=1\nb=22\nc=3\n"},
      {"range over a list", "{range .items}{.name},{end}", "a,b,c,"},
      {"nested range", R"({range .items[*]}{.name}:{range .conditions[*]}{.type} {end};{end})",
       "a:Ready ;b:Ready Other ;c:;"},
  };
  for (const Row& row : rows) {
    const auto path = JsonPath::parse(row.path);
    ASSERT_TRUE(path) << row.name << ": " << path.error().message;
    EXPECT_EQ(path->text(kDocument), row.want) << row.name;
  }
}

TEST(JsonPath, RelaxedForms) {
  for (const char* text : {"{.items[0].name}", ".items[0].name", "items[0].name"}) {
    const auto path = JsonPath::parse_relaxed(text);
    ASSERT_TRUE(path) << text;
    EXPECT_EQ(path->values(kDocument), std::vector<std::string>{"a"}) << text;
  }
}

TEST(JsonPath, RefusesWhatItCannotRead) {
  const Row rows[] = {
      {"no end", "{.a", "expected '}' at character 4"},
      {"end without range", "{end}", "{end} without {range} at character 6"},
      {"range without end", "{range .a[*]}", "{range} without {end} at character 14"},
      {"open quote", "{.a['b}", "unterminated quoted string at character 8"},
      {"empty brackets", "{.a[]}", "expected an index, a quoted name, * or ?( ) at character 5"},
      {"no step", "{.a[::0]}", "a step must be at least 1 at character 8"},
      {"bad constant", "{.a[?(@.b==c)]}",
       "expected @, a quoted text, a number, true or false at character 13"},
  };
  for (const Row& row : rows) {
    const auto path = JsonPath::parse(row.path);
    ASSERT_FALSE(path) << row.name;
    EXPECT_EQ(path.error().message,
              std::string("error parsing jsonpath ") + row.path + ", " + row.want)
        << row.name;
  }
}

TEST(JsonPath, DeepTemplatesAreRefusedNotFollowed) {
  std::string ranges, filters = "{.a";
  for (int i = 0; i < 1000; ++i) ranges += "{range .a[*]}";
  for (int i = 0; i < 1000; ++i) filters += "[?(@.a";
  EXPECT_FALSE(JsonPath::parse(ranges));
  EXPECT_FALSE(JsonPath::parse(filters));
  EXPECT_FALSE(JsonPath::parse(std::string(100'000, 'x')));
}

}  // namespace
}  // namespace weir::cli
