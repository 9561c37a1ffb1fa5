// Broken input, made by chance from a fixed seed: never a crash, and what is admitted is sound.

#include <gtest/gtest.h>

#include <random>

#include "controller/admission/codec.h"
#include "controller/admission/manifest.h"
#include "reconcilers/object_text.h"
#include "tests/admission/documents.h"

namespace weir {
namespace {

using nlohmann::json;

constexpr int kDocuments = 6'000;
constexpr int kTexts = 1'500;

std::vector<json> good_documents() {
  std::vector<json> all;
  for (const char* name : {"shop", "exported", "generated"}) {
    const std::string path = std::string(WEIR_TESTDATA) + "/real/" + name + ".yaml";
    const auto documents = parse_manifest(testing::read_file(path));
    if (!documents) throw std::runtime_error(documents.error().message);
    all.insert(all.end(), documents->begin(), documents->end());
  }
  return all;
}

class Chance {
 public:
  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }
  const json& value() {
    static const std::vector<json> kValues = {nullptr,
                                              true,
                                              false,
                                              0,
                                              -1,
                                              1,
                                              65536,
                                              1.5,
                                              1e300,
                                              18446744073709551615u,
                                              "",
                                              "x",
                                              "-1",
                                              "25%",
                                              "../..",
                                              "/",
                                              "a b",
                                              std::string("\0", 1),
                                              std::string(300, 'a'),
                                              "1Gi",
                                              "2024-01-01T00:00:00Z",
                                              json::array(),
                                              json::object(),
                                              json::array({json::array()}),
                                              json::array({nullptr}),
                                              {{"a", {{"b", nullptr}}}},
                                              {{"name", "x"}}};
    return kValues[below(kValues.size())];
  }
  // Some place inside the document.
  json* place(json& document) {
    json* at = &document;
    while (at->is_structured() && !at->empty() && below(8) != 0) {
      auto child = at->begin();
      std::advance(child, static_cast<std::ptrdiff_t>(below(at->size())));
      at = &*child;
    }
    return at;
  }

 private:
  std::mt19937 random_{20'240'229};
};

TEST(Fuzz, DocumentsWithWrongValues) {
  const std::vector<json> good = good_documents();
  Chance chance;
  int admitted = 0;
  for (int i = 0; i < kDocuments; ++i) {
    json document = good[chance.below(good.size())];
    for (std::size_t n = chance.below(3) + 1; n > 0; --n) *chance.place(document) = chance.value();
    const auto one = admission::create(document);
    if (!one) {
      EXPECT_NE(one.error().message, "");
      EXPECT_NE(one.error().code, Code::internal) << one.error().message;
      continue;
    }
    ++admitted;
    const auto again = admission::update(one->document, one->document);
    ASSERT_TRUE(again) << again.error().message << "\n" << one->document.dump();
    EXPECT_EQ(again->document, one->document);
    EXPECT_EQ(encode_over(one->object, one->document), one->document);
    EXPECT_NE(to_text(one->object), "");
  }
  // Both ways were taken often enough for the test to mean something.
  EXPECT_GT(admitted, kDocuments / 20);
  EXPECT_LT(admitted, kDocuments * 19 / 20);
}

TEST(Fuzz, TextsWithWrongBytes) {
  const std::string good = testing::read_file(WEIR_TESTDATA "/real/generated.yaml");
  const std::string bytes = "{}[]:,-&*!|>'\"#%@`?\n\t \\<~0\xff\xc3\x01";
  Chance chance;
  int parsed = 0;
  for (int i = 0; i < kTexts; ++i) {
    std::string text = good;
    for (std::size_t n = chance.below(4) + 1; n > 0; --n) {
      const std::size_t at = chance.below(text.size());
      const char byte = bytes[chance.below(bytes.size())];
      switch (chance.below(3)) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.insert(at, 1, byte);
          break;
        default:
          text.erase(at, chance.below(20));
      }
    }
    const auto documents = parse_manifest(text);
    if (!documents) continue;
    ++parsed;
    for (const json& document : *documents) {
      const auto one = admission::create(document);
      EXPECT_TRUE(one || !one.error().message.empty());
    }
  }
  EXPECT_GT(parsed, kTexts / 20);
}

}  // namespace
}  // namespace weir
