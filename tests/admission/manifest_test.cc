#include "controller/admission/manifest.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "controller/admission/manifest_yaml.h"

namespace weir {
namespace {

std::string result(const std::string& text, const Limits& limits = {}) {
  const auto documents = parse_manifest(text, limits);
  if (!documents) return documents.error().message;
  std::string out;
  for (const nlohmann::json& document : *documents) {
    out += (out.empty() ? "" : " ") + document.dump();
  }
  return out;
}

std::string repeated(const std::string& text, std::size_t count) {
  std::string out;
  out.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

struct Row {
  const char* name;
  std::string text;
  std::string want;
};

TEST(Manifest, Texts) {
  const Row rows[] = {
      {"nothing", "", ""},
      {"only comments", "# hello\n---\n# there\n", ""},
      {"block", "a: 1\nb:\n- x\n- y: z\n", R"({"a":1,"b":["x",{"y":"z"}]})"},
      {"flow", "{a: 1, b: [x, {y: z}]}", R"({"a":1,"b":["x",{"y":"z"}]})"},
      {"JSON", R"({"a": [1, 2.5, -3, true, null, "x"]})", R"({"a":[1,2.5,-3,true,null,"x"]})"},
      {"JSON with escapes", R"({"a": "\ud83d\ude00\u00e9\/"})", "{\"a\":\"😀é/\"}"},
      {"two documents", "a: 1\n---\nb: 2\n", R"({"a":1} {"b":2})"},
      {"documents of JSON", "{\"a\": 1}\n---\n{\"b\": 2}\n", R"({"a":1} {"b":2})"},
      {"end marks and empty documents", "---\na: 1\n...\n---\n---\nb: 2\n", R"({"a":1} {"b":2})"},
      {"byte order mark",
       "\xEF\xBB\xBF"
       "a: 1\n",
       R"({"a":1})"},
      {"CRLF", "a: 1\r\nb: x\r\n", R"({"a":1,"b":"x"})"},
      {"list is opened", "kind: List\nitems:\n- a: 1\n- b: 2\n", R"({"a":1} {"b":2})"},
      {"list as JSON", R"({"kind": "List", "items": [{"a": 1}]})", R"({"a":1})"},
      {"literal text", "a: |\n  x\n   y\n", R"({"a":"x\n y\n"})"},
      {"folded text", "a: >-\n  x\n  y\n", R"({"a":"x y"})"},
      {"number keys become texts", "8080: x\ntrue: y\n", R"({"8080":"x","true":"y"})"},
      {"alias", "a: &x {b: 1}\nc: *x\n", R"({"a":{"b":1},"c":{"b":1}})"},
      {"scalar alias", "a: &x 5\nc: [*x, *x]\n", R"({"a":5,"c":[5,5]})"},
      {"merge", "a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\n",
       R"({"a":{"b":1,"c":2},"d":{"b":1,"c":3}})"},
      {"merge of two, the first wins", "a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne: {<<: [*x, *y]}\n",
       R"({"a":{"b":1},"c":{"b":2,"d":3},"e":{"b":1,"d":3}})"},
      {"tags", "a: !!str 5\nb: !!int \"5\"\nc: !!map {}\n", R"({"a":"5","b":5,"c":{}})"},
      {"scalar document", "hello\n", R"("hello")"},
      {"quoted keeps text", "a: \"5\"\nb: 'true'\nc: \"\"\nd: '~'\n",
       R"({"a":"5","b":"true","c":"","d":"~"})"},

      {"duplicate key", "a: 1\nb:\n  c: 1\n  c: 2\n",
       "line 4, column 3: b: key \"c\" is given twice"},
      {"duplicate key in JSON", R"({"a": {"b": 1, "b": 2}})", "a: key \"b\" is given twice"},
      {"broken flow", "a: [b\n", "line 2, column 1: end of sequence flow not found"},
      {"bad indentation", "a:\n  b: 1\n c: 2\n", "line 3, column 2: end of map not found"},
      {"tab", "a:\n\tb: 1\n", "line 2, column 3: illegal map value"},
      {"unknown alias", "a: *x\n", "line 1, column 4: the referenced anchor is not defined"},
      {"cycle", "a: &x [1, *x]\n",
       "line 1, column 11: a[1]: the alias stands inside the value it repeats"},
      {"cycle in a map", "&x a: *x\n",
       "line 1, column 7: a: the alias stands inside the value it repeats"},
      {"key that is a list", "? [a]\n: 1\n", "line 1, column 3: a key must be a text"},
      {"null key", "? \n: 1\n", "line 2, column 1: a key must be a text"},
      {"merge of a text", "a: {<<: x}\n", "a: << takes a mapping, or a list of mappings"},
      {"unknown tag", "a: !secret x\n", "line 1, column 4: a: the tag '!secret' is not supported"},
      {"binary tag", "a: !!binary aGk=\n",
       "line 1, column 4: a: the tag 'tag:yaml.org,2002:binary' is not supported"},
      {"invalid UTF-8", "a: x\nb: \xC3\x28\n", "line 2, column 4: not valid UTF-8"},
      {"overlong UTF-8", "a: \xC0\xAF\n", "line 1, column 4: not valid UTF-8"},
      {"surrogate in UTF-8", "a: \xED\xA0\x80\n", "line 1, column 4: not valid UTF-8"},
      {"UTF-16",
       std::string("\xFF\xFE"
                   "a\0:\0",
                   6),
       "line 1, column 1: not valid UTF-8"},
      {"cut UTF-8", "a: \xE2\x82", "line 1, column 4: not valid UTF-8"},
      {"NUL", std::string("a: x\0y\n", 7), "line 1, column 5: a NUL byte"},
  };
  for (const Row& row : rows) EXPECT_EQ(result(row.text), row.want) << row.name;
}

// YAML 1.2's core schema, and 0644 as kubectl reads it.
TEST(Manifest, PlainScalars) {
  const Row rows[] = {
      {"yes", "yes", R"("yes")"},
      {"no", "no", R"("no")"},
      {"on", "on", R"("on")"},
      {"y", "y", R"("y")"},
      {"true", "true", "true"},
      {"True", "True", "true"},
      {"null", "null", "null"},
      {"tilde", "~", "null"},
      {"integer", "42", "42"},
      {"plus", "+42", "42"},
      {"negative", "-42", "-42"},
      {"octal as in YAML 1.1", "0644", "420"},
      {"octal as in 1.2", "0o644", "420"},
      {"no octal", "0899", "899"},
      {"hex", "0xff", "255"},
      {"zero", "0", "0"},
      {"float", "1.5", "1.5"},
      {"exponent", "1e3", "1000.0"},
      {"half", ".5", "0.5"},
      {"version", "1.2.3", R"("1.2.3")"},
      {"quantity", "100m", R"("100m")"},
      {"date", "2024-01-01", R"("2024-01-01")"},
      {"int64", "9223372036854775807", "9223372036854775807"},
      {"uint64", "18446744073709551615", "18446744073709551615"},
      {"more than 64 bits", "99999999999999999999", "1e+20"},
      {"more than a double", "1e999", R"("1e999")"},
      {"infinity is a text", ".inf", R"(".inf")"},
      {"not a number", ".nan", R"(".nan")"},
      {"sign alone", "-", R"("-")"},
      {"dot alone", ".", R"(".")"},
      {"underscore", "1_000", R"("1_000")"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(
        std::visit([](const auto& x) { return nlohmann::json(x).dump(); }, plain_scalar(row.text)),
        row.want)
        << row.name;
  }
}

struct Bomb {
  const char* name;
  std::string text;
  std::string want;
  Limits limits = {};
};

// Small texts that would be large or deep trees, and large texts.
TEST(Manifest, Bombs) {
  std::string laughs = "a: &a [x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c <= 'i'; ++c) {
    const std::string alias = std::string("*") + static_cast<char>(c - 1);
    laughs += std::string(1, c) + ": &" + c + " [" + alias + repeated("," + alias, 8) + "]\n";
  }
  std::string anchors;  // each anchor's copy would hold all the deeper ones again
  for (int i = 0; i < 60; ++i) anchors += repeated(" ", i) + "k: &a" + std::to_string(i) + "\n";
  anchors += repeated(" ", 60) + "v: [" + repeated("x,", 5000) + "]\n";
  const Bomb bombs[] = {
      {"a billion laughs", laughs, "e: the document has more than 100000 values"},
      {"many aliases", "a: &a x\nb: [" + repeated("*a,", 60) + "]\n",
       "line 2, column 155: b[50]: more than 50 aliases"},
      {"nested flow", repeated("[\n", 100) + repeated("]\n", 100),
       "line 65, column 1: nested more than 64 levels deep"},
      {"nested flow without end", repeated("[", 100'000), "line 1, column 1: a key must be a text"},
      {"nested blocks", repeated("- ", 100'000),
       "line 1, column 129: nested more than 64 levels deep"},
      {"nested JSON", repeated("{\"a\":", 100'000), "nested more than 64 levels deep"},
      {"anchors in anchors", anchors,
       repeated("k.", 41) + "k: the document has more than 100000 values"},
      {"many values",
       "a: [" + repeated("1,", 1'001) + "]",
       "line 1, column 1999: a[997]: the document has more than 1000 values",
       {.nodes = 1'000}},
      {"a large document",
       "a: " + repeated("x", 1'010) + "\nb: 1\n",
       "line 2, column 1: the document has more than 1000 bytes",
       {.bytes = 1'000}},
      {"a second document may be as large",
       "a: " + repeated("x", 900) + "\n---\nb: " + repeated("x", 1'010) + "\nc: 1\n",
       "line 4, column 1: the document has more than 1000 bytes",
       {.bytes = 1'000}},
      {"a large text", std::string((32u << 20) + 1, '#'),
       "the text has 33554433 bytes; the limit is 33554432"},
      {"many documents", repeated("---\na: 1\n", 1'001), "more than 1000 documents in one text"},
      {"a list of many", "{kind: List, items: [" + repeated("{},", 1'001) + "]}",
       "more than 1000 documents in one text"},
  };
  for (const Bomb& bomb : bombs) EXPECT_EQ(result(bomb.text, bomb.limits), bomb.want) << bomb.name;
}

TEST(Manifest, DepthCountsWhatAnAliasBrings) {
  const std::string deep = "a: &a " + repeated("[", 40) + repeated("]", 40) + "\n";
  EXPECT_EQ(result(deep + "b: " + repeated("[", 40) + "*a" + repeated("]", 40)).substr(0, 18),
            "line 2, column 44:");
  EXPECT_EQ(result(deep + "b: " + repeated("[", 20) + "*a" + repeated("]", 20)).substr(0, 6),
            "{\"a\":[");
}

TEST(Json, Texts) {
  const Row rows[] = {
      {"object", R"({"b": 1, "a": {"c": []}})", R"({"a":{"c":[]},"b":1})"},
      {"cut off", R"({"a": )", "line 1, column 7: not JSON"},
      {"text after it", "{}\n x", "line 2, column 2: not JSON"},
      {"not JSON", "a: 1", "line 1, column 1: not JSON"},
      {"NaN", "[NaN]", "line 1, column 2: not JSON"},
      {"a number beyond doubles", "[1e999]", "line 1, column 6: not JSON"},
      {"lone surrogate", R"(["\ud800"])", "x"},
      {"nested", repeated("[", 100'000), "nested more than 64 levels deep"},
  };
  for (const Row& row : rows) {
    const auto document = parse_json(row.text);
    if (std::string(row.want) == "x") {
      EXPECT_FALSE(document) << row.name;
      continue;
    }
    EXPECT_EQ(document ? document->dump() : document.error().message, row.want) << row.name;
  }
}

TEST(Json, LimitsAreTheCallers) {
  const Limits limits{.bytes = 10, .depth = 2, .nodes = 3};
  EXPECT_EQ(parse_json("[1,2,3,4,5]", limits).error().code, Code::too_large);
  EXPECT_EQ(parse_json("[[[]]]", limits).error().message, "nested more than 2 levels deep");
  EXPECT_EQ(parse_json("[1,2,3]", limits).error().message,
            "[2]: the document has more than 3 values");
  EXPECT_TRUE(parse_json("[1,2]", limits));
}

}  // namespace
}  // namespace weir
