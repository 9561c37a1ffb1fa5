// The generator against a kind that has every form: its output is compared byte by byte with
// testdata/kitchen-sink/want. A wanted change of the output is a change of those files.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "crd-schemas/emit.h"
#include "tests/admission/documents.h"

namespace weir {
namespace {

using testing::read_file;

const std::string kKitchenSink = WEIR_TESTDATA "/kitchen-sink/";

TEST(Generator, KitchenSink) {
  const schemas::Model model = schemas::load(kKitchenSink + "schemas");
  EXPECT_EQ(schemas::types_header(model), read_file(kKitchenSink + "want/types.h.txt"));
  EXPECT_EQ(schemas::deep_source(model), read_file(kKitchenSink + "want/deep.cc.txt"));
  EXPECT_EQ(schemas::fields_header(model), read_file(kKitchenSink + "want/fields.h.txt"));
  EXPECT_EQ(schemas::kinds_header(model), read_file(kKitchenSink + "want/kinds.h.txt"));
  EXPECT_EQ(schemas::kinds_source(model), read_file(kKitchenSink + "want/kinds.cc.txt"));
  EXPECT_EQ(schemas::schemas_source(model), read_file(kKitchenSink + "want/schemas.cc.txt"));
  EXPECT_EQ(schemas::protobuf_source(model), read_file(kKitchenSink + "want/protobuf.cc.txt"));
}

class Folder {
 public:
  Folder() : path_(std::filesystem::path(::testing::TempDir()) / "weir-generator-test") {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_ / "shared");
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
  }
  // What load() refuses it with, without the folder's name.
  std::string refusal() const {
    try {
      schemas::load(path_);
      return "loaded";
    } catch (const std::exception& error) {
      std::string text = error.what();
      const std::size_t at = text.find(path_.string() + "/");
      if (at != std::string::npos) text.erase(at, path_.string().size() + 1);
      return text;
    }
  }

 private:
  std::filesystem::path path_;
};

std::string kind_with(const std::string& properties) {
  return R"(
spec:
  group: ""
  names: {kind: Thing, listKind: ThingList, plural: things, singular: thing}
  scope: Namespaced
  versions:
  - name: v1
    additionalPrinterColumns: []
    schema: {openAPIV3Schema: {type: object, properties: {)" +
         properties + "}}}\n";
}

TEST(Generator, WhatItRefuses) {
  struct Row {
    const char* name;
    std::string kind;
    std::string shared;
    const char* want;
  };
  const Row rows[] = {
      {"good", kind_with("a: {type: string}"), "definitions: {}", "loaded"},
      {"misspelt key", kind_with("a: {type: string, x-wier-effect: none}"), "definitions: {}",
       "Thing.a: unknown key x-wier-effect"},
      {"misspelt key of items", kind_with("a: {type: array, items: {tipe: string}}"),
       "definitions: {}", "Thing.a: unknown key tipe"},
      {"unknown reference", kind_with("a: {$ref: Nothing}"), "definitions: {}",
       "Thing.a: refers to 'Nothing', unknown"},
      {"endless type", kind_with("a: {$ref: A}"),
       "definitions: {A: {type: object, properties: {b: {$ref: A}}}}",
       "A: holds itself; C++ structs cannot"},
      {"no type", kind_with("a: {description: x}"), "definitions: {}",
       "Thing.a: has no type that C++ could have"},
      {"requires what is not there", kind_with("a: {$ref: A}"),
       "definitions: {A: {type: object, required: [c], properties: {b: {type: string}}}}",
       "A: requires 'c', which it lacks"},
      {"default that C++ would have to escape", kind_with("a: {type: string, default: 'x\"y'}"),
       "definitions: {}", "Thing.a: default is not plain text"},
      {"two versions", "spec: {names: {kind: A}, versions: [{name: v1}, {name: v2}]}",
       "definitions: {}", "thing.yaml: not a definition with one version"},
  };
  for (const Row& row : rows) {
    const Folder folder;
    folder.write("thing.yaml", row.kind);
    folder.write("shared/a.yaml", row.shared);
    EXPECT_EQ(folder.refusal(), row.want) << row.name;
  }
}

TEST(Generator, ATypeIsDefinedOnce) {
  const Folder folder;
  folder.write("thing.yaml", kind_with("a: {type: string}"));
  folder.write("shared/a.yaml", "definitions: {A: {type: object}}");
  folder.write("shared/b.yaml", "definitions: {A: {type: object}}");
  EXPECT_EQ(folder.refusal(), "shared/b.yaml: defines A a second time");
}

TEST(Generator, WhatItRefusesOfProtobuf) {
  struct Row {
    const char* messages;
    const char* want;
  };
  const Row rows[] = {
      {"{A: {1: b list<B>}, B: {1: c map<string>, 3: d int32!}}", "written"},
      {"{A: {1: b B}}", "protobuf: A.b: refers to 'B', unknown"},
      {"{A: {1: b B}, B: {1: a list<A>}}",
       "protobuf: A: holds itself: a document of it has no end"},
      {"{A: {1: b}}", "protobuf: A: want a name and a type, got 'b'"},
      {"{A: {2: b string, 2: c string}}", "protobuf: A: the numbers of its fields do not rise"},
      {"{A: {b: b string}}", "protobuf: A: the numbers of its fields do not rise"},
      {"{A: {1: inline string}}", "protobuf: A: only one message can be inline"},
      {"{A: {}}", "protobuf: A: has no fields"},
  };
  for (const Row& row : rows) {
    schemas::Model model;
    model.messages = YAML::Load(row.messages);
    std::string outcome = "written";
    try {
      schemas::protobuf_source(model);
    } catch (const std::exception& error) {
      outcome = error.what();
    }
    EXPECT_EQ(outcome, row.want);
  }
}

TEST(Generator, YamlAsJson) {
  const auto json = [](const char* text) { return schemas::to_json(YAML::Load(text)); };
  EXPECT_EQ(json("{a: 1, b: \"1\", c: true, d: 'true', e: null, f: ~, g: [], h: {}, i: 0.5}"),
            R"({"a":1,"b":"1","c":true,"d":"true","e":null,"f":null,"g":[],"h":{},"i":0.5})");
  EXPECT_EQ(json("a: |\n  x \"y\"\n  \\z\n"), R"({"a":"x \"y\"\n\\z\n"})");
  EXPECT_EQ(json("{v: 1.2.3, o: 0644, n: -5, y: yes}"),
            R"({"v":"1.2.3","o":"0644","n":-5,"y":"yes"})");
}

}  // namespace
}  // namespace weir
