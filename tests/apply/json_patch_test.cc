#include "controller/apply/json_patch.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "controller/apply/merge_patch.h"
#include "tests/apply/documents.h"

namespace weir {
namespace {

using nlohmann::json;

struct Row {
  const char* name;
  const char* document;
  const char* patch;
  std::string want;
};

constexpr const char* kRejected =
    "invalid: the server rejected our request due to an error in our request: ";

TEST(JsonPatch, Table) {
  const Row rows[] = {
      {"add a member", R"({"a":1})", R"([{"op":"add","path":"/b","value":{"c":2}}])",
       R"({"a":1,"b":{"c":2}})"},
      {"add replaces a member", R"({"a":1})", R"([{"op":"add","path":"/a","value":2}])",
       R"({"a":2})"},
      {"add into a list", R"({"a":[1,3]})", R"([{"op":"add","path":"/a/1","value":2}])",
       R"({"a":[1,2,3]})"},
      {"add to the end of a list", R"({"a":[1]})",
       R"([{"op":"add","path":"/a/-","value":2},{"op":"add","path":"/a/2","value":3}])",
       R"({"a":[1,2,3]})"},
      {"add the whole document", R"({"a":1})", R"([{"op":"add","path":"","value":{"b":1}}])",
       R"({"b":1})"},
      {"remove a member and an element", R"({"a":[1,2],"b":1})",
       R"([{"op":"remove","path":"/a/0"},{"op":"remove","path":"/b"}])", R"({"a":[2]})"},
      {"replace, as rollout undo",
       R"({"metadata":{"annotations":{"x":"1"}},"spec":{"template":1}})",
       R"([{"op":"replace","path":"/spec/template","value":{"spec":{}}},
           {"op":"replace","path":"/metadata/annotations","value":{"y":"2"}}])",
       R"({"metadata":{"annotations":{"y":"2"}},"spec":{"template":{"spec":{}}}})"},
      {"escaped keys", R"({"m":{"a/b":1,"c~d":2,"~1":3}})",
       R"([{"op":"remove","path":"/m/a~1b"},{"op":"remove","path":"/m/c~0d"},
           {"op":"remove","path":"/m/~01"}])",
       R"({"m":{}})"},
      {"an empty key", R"({"":{"":1}})", R"([{"op":"replace","path":"//","value":2}])",
       R"({"":{"":2}})"},
      {"move", R"({"a":{"x":1},"b":{}})", R"([{"op":"move","from":"/a/x","path":"/b/y"}])",
       R"({"a":{},"b":{"y":1}})"},
      {"move within a list", R"({"a":[1,2,3]})", R"([{"op":"move","from":"/a/0","path":"/a/2"}])",
       R"({"a":[2,3,1]})"},
      {"move to itself", R"({"a":1})", R"([{"op":"move","from":"/a","path":"/a"}])", R"({"a":1})"},
      {"copy", R"({"a":[1]})", R"([{"op":"copy","from":"/a","path":"/b"}])",
       R"({"a":[1],"b":[1]})"},
      {"a test that holds", R"({"a":{"b":[1,"x"]}})",
       R"([{"op":"test","path":"/a","value":{"b":[1,"x"]}},{"op":"remove","path":"/a"}])", R"({})"},
      {"an absent member tests as null", R"({})", R"([{"op":"test","path":"/a","value":null}])",
       R"({})"},
      {"nothing to do", R"({"a":1})", "[]", R"({"a":1})"},

      {"a test that fails", R"({"a":1})", R"([{"op":"test","path":"/a","value":2}])",
       std::string(kRejected) + "testing value /a failed: test failed"},
      {"a test of nothing", R"({})", R"([{"op":"test","path":"/a/b","value":2}])",
       std::string(kRejected) + "testing value /a/b failed: test failed"},
      {"remove what is not there", R"({"a":1})", R"([{"op":"remove","path":"/b"}])",
       std::string(kRejected) +
           R"(remove operation does not apply: doc is missing path: "/b": missing value)"},
      {"replace what is not there", R"({"a":1})", R"([{"op":"replace","path":"/b","value":1}])",
       std::string(kRejected) +
           R"(replace operation does not apply: doc is missing path: "/b": missing value)"},
      {"add below what is not there", R"({"a":1})", R"([{"op":"add","path":"/b/c","value":1}])",
       std::string(kRejected) +
           R"(add operation does not apply: doc is missing path: "/b/c": missing value)"},
      {"add below a plain value", R"({"a":1})", R"([{"op":"add","path":"/a/c","value":1}])",
       std::string(kRejected) +
           R"(add operation does not apply: doc is missing path: "/a/c": missing value)"},
      {"copy from nowhere", R"({"a":1})", R"([{"op":"copy","from":"/b","path":"/c"}])",
       std::string(kRejected) +
           R"(copy operation does not apply: doc is missing path: "/b": missing value)"},
      {"an index beyond the end", R"({"a":[1]})", R"([{"op":"add","path":"/a/2","value":1}])",
       std::string(kRejected) +
           R"(add operation does not apply: "/a/2": invalid index referenced)"},
      {"an index with a leading zero", R"({"a":[1,2]})", R"([{"op":"remove","path":"/a/01"}])",
       std::string(kRejected) +
           R"(remove operation does not apply: doc is missing path: "/a/01": missing value)"},
      {"a negative index", R"({"a":[1,2]})", R"([{"op":"remove","path":"/a/-1"}])",
       std::string(kRejected) +
           R"(remove operation does not apply: doc is missing path: "/a/-1": missing value)"},
      {"an index too large for a number", R"({"a":[1]})",
       R"([{"op":"remove","path":"/a/99999999999999999999999"}])",
       std::string(kRejected) + "remove operation does not apply: doc is missing path: "
                                R"("/a/99999999999999999999999": missing value)"},
      {"move into itself", R"({"a":{"b":{}}})", R"([{"op":"move","from":"/a","path":"/a/b/c"}])",
       std::string(kRejected) + R"(move operation does not apply: "/a/b/c" lies inside "/a")"},
      {"remove everything", R"({"a":1})", R"([{"op":"remove","path":""}])",
       std::string(kRejected) + "remove operation does not apply: it would leave nothing"},

      {"not a list", "{}", "{}", "bad_request: a JSON patch must be a JSON array"},
      {"not an operation", "{}", "[1]",
       "bad_request: JSON patch: an operation must be a JSON object"},
      {"no op", "{}", R"([{"path":"/a"}])",
       R"(bad_request: JSON patch: an operation needs a "op" that is a string)"},
      {"no path", "{}", R"([{"op":"remove"}])",
       R"(bad_request: JSON patch: an operation needs a "path" that is a string)"},
      {"no from", "{}", R"([{"op":"move","path":"/a"}])",
       R"(bad_request: JSON patch: an operation needs a "from" that is a string)"},
      {"no value", "{}", R"([{"op":"add","path":"/a"}])",
       R"(bad_request: JSON patch: "add" of "/a" needs a "value")"},
      {"unknown op", "{}", R"([{"op":"frob","path":"/a"}])",
       "bad_request: JSON patch: Unexpected kind: frob"},
      {"a path without a slash", "{}", R"([{"op":"remove","path":"a"}])",
       R"(bad_request: JSON patch: the path "a" must begin with "/")"},
      {"a bare tilde", "{}", R"([{"op":"remove","path":"/a~"}])",
       R"(bad_request: JSON patch: in the path "/a~", "~" must be written as "~0")"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(row.want, outcome(json_patch(value(row.document), value(row.patch)))) << row.name;
  }
}

TEST(JsonPatch, FailedTestHasACause) {
  const auto result =
      json_patch(value(R"({"a":1})"), value(R"([{"op":"test","path":"/a","value":2}])"));
  ASSERT_FALSE(result);
  const std::vector<Cause> want = {{.reason = "UnexpectedServerResponse",
                                    .field = "",
                                    .message = "testing value /a failed: test failed"}};
  EXPECT_EQ(want, result.error().causes);
}

TEST(JsonPatch, OperationsAreCounted) {
  json patch = json::array();
  for (std::size_t i = 0; i < kMaxJsonPatchOperations; ++i) {
    patch.push_back({{"op", "add"}, {"path", "/n"}, {"value", i}});
  }
  EXPECT_EQ(R"({"n":9999})", outcome(json_patch(json::object(), patch)));
  patch.push_back(patch.front());
  EXPECT_EQ("too_large: The allowed maximum operations in a JSON patch is 10000, got 10001",
            outcome(json_patch(json::object(), patch)));
}

TEST(JsonPatch, CopiesCannotExplode) {
  json patch = json::array({{{"op", "add"}, {"path", "/a"}, {"value", {std::string(1000, 'x')}}}});
  for (int i = 0; i < 30; ++i) patch.push_back({{"op", "copy"}, {"from", "/a"}, {"path", "/a/-"}});
  EXPECT_EQ("too_large: JSON patch: the copies exceed 3145728 bytes",
            outcome(json_patch(json::object(), patch)));
}

TEST(JsonPatch, MovesCannotNestWithoutEnd) {
  // Each pair puts all that is there one level deeper.
  json patch = json::array();
  for (int i = 0; i < 4000; ++i) {
    patch.push_back({{"op", "add"}, {"path", "/b"}, {"value", json::object()}});
    patch.push_back({{"op", "move"}, {"from", "/a"}, {"path", "/b/a"}});
    patch.push_back({{"op", "move"}, {"from", "/b"}, {"path", "/a"}});
  }
  const json document = value(R"({"a":{}})");
  json few = patch;
  few.erase(few.begin() + 6, few.end());
  EXPECT_EQ(R"({"a":{"a":{"a":{}}}})", outcome(json_patch(document, few)));
  patch.erase(patch.begin() + 9999, patch.end());
  EXPECT_EQ("bad_request: JSON patch: the result is nested deeper than 64 levels",
            outcome(json_patch(document, patch)));
}

TEST(MergePatch, Table) {
  const Row rows[] = {
      {"set and delete a label", R"({"metadata":{"labels":{"a":"1","b":"2"}}})",
       R"({"metadata":{"labels":{"a":null,"c":"3"}}})",
       R"({"metadata":{"labels":{"b":"2","c":"3"}}})"},
      {"lists are replaced", R"({"l":[1,2,3]})", R"({"l":[4]})", R"({"l":[4]})"},
      {"a value becomes an object, without its nulls", R"({"a":1})", R"({"a":{"b":null,"c":1}})",
       R"({"a":{"c":1}})"},
      {"delete what is not there", R"({"a":1})", R"({"b":null})", R"({"a":1})"},
      {"nulls in lists stay", R"({})", R"({"l":[null]})", R"({"l":[null]})"},
      {"not an object", R"({"a":1})", "[1]",
       "bad_request: a JSON merge patch must be a JSON object"},
      {"null", R"({"a":1})", "null", "bad_request: a JSON merge patch must be a JSON object"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(row.want, outcome(merge_patch(value(row.document), value(row.patch)))) << row.name;
  }
}

}  // namespace
}  // namespace weir
