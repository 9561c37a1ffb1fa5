// Manifests as they are found in the world: accepted strictly, with the warnings of NAME.warnings,
// and nothing of them lost between document and struct.

#include <gtest/gtest.h>

#include <filesystem>

#include "controller/admission/codec.h"
#include "controller/admission/manifest.h"
#include "tests/admission/documents.h"

namespace weir {
namespace {

using nlohmann::json;
using testing::read_file;

class RealWorld : public ::testing::TestWithParam<const char*> {
 protected:
  static std::vector<admission::Admitted> admitted() {
    std::vector<admission::Admitted> all;
    const auto documents = parse_manifest(read_file(path() + ".yaml"));
    if (!documents) throw std::runtime_error(documents.error().message);
    for (const json& document : *documents) {
      auto one = admission::create(document);
      EXPECT_TRUE(one) << one.error().message;
      if (one) all.push_back(*std::move(one));
    }
    return all;
  }
  static std::string path() { return std::string(WEIR_TESTDATA) + "/real/" + GetParam(); }
};

TEST_P(RealWorld, IsAcceptedWithTheseWarnings) {
  std::string warnings;
  for (const auto& one : admitted()) warnings += testing::lines(one.warnings);
  EXPECT_EQ(warnings, read_file(path() + ".warnings"));
}

TEST_P(RealWorld, SurvivesStructsAndComesBack) {
  for (const auto& one : admitted()) {
    const json back = encode_over(one.object, one.document);
    EXPECT_EQ(json::diff(one.document, back).dump(2), "[]") << text(one.key);
    const auto again = admission::create(back);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->document, one.document);
    EXPECT_TRUE(again->object == one.object);
    const auto updated = admission::update(one.document, one.document);
    ASSERT_TRUE(updated) << updated.error().message;
    EXPECT_EQ(updated->document, one.document);
  }
}

INSTANTIATE_TEST_SUITE_P(Manifests, RealWorld, ::testing::Values("shop", "exported", "generated"),
                         [](const auto& row) { return std::string(row.param); });

}  // namespace
}  // namespace weir
