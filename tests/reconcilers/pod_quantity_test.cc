// Quantities, exactly.

#include <gtest/gtest.h>

#include "reconcilers/quantity.h"

namespace weir::test {
namespace {

constexpr std::int64_t kLargest = 9223372036854775807;

TEST(Quantity, Reads) {
  const struct {
    const char* text;
    std::optional<std::int64_t> value;
    std::optional<std::int64_t> milli;
  } rows[] = {
      {"0", 0, 0},
      {"1", 1, 1000},
      {"0.1", 1, 100},
      {"0.0001", 1, 1},
      {"100m", 1, 100},
      {"1500m", 2, 1500},
      {"2.5", 3, 2500},
      {".5", 1, 500},
      {"5.", 5, 5000},
      {"1k", 1000, 1000000},
      {"1Ki", 1024, 1024000},
      {"128Mi", 134217728, 134217728000},
      {"1.5Gi", 1610612736, 1610612736000},
      {"1M", 1000000, 1000000000},
      {"2e3", 2000, 2000000},
      {"2E3", 2000, 2000000},
      {"1e-3", 1, 1},
      {"129e+6", 129000000, 129000000000},
      {"1E", 1000000000000000000, kLargest},
      {"100n", 1, 1},
      {"1u", 1, 1},
      {"16Ei", kLargest, kLargest},
      {"9999999999999999999999999", kLargest, kLargest},
      {"1e30", kLargest, kLargest},
      {"0.12345678901234567890123", 1, 124},
      {"+3", 3, 3000},
      {"-2", -2, -2000},
      {"-1.5", -1, -1500},
      {"", {}, {}},
      {"m", {}, {}},
      {"1 ", {}, {}},
      {" 1", {}, {}},
      {"1kb", {}, {}},
      {"1mi", {}, {}},
      {"1..2", {}, {}},
      {"0x10", {}, {}},
      {"1e", {}, {}},
      {"1e+", {}, {}},
      {"1e999999999999", {}, {}},
      {"ten", {}, {}},
      {"--1", {}, {}},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(quantity_value(row.text), row.value) << row.text;
    EXPECT_EQ(quantity_milli(row.text), row.milli) << row.text;
  }
}

}  // namespace
}  // namespace weir::test
