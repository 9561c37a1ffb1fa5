#pragma once

// A fuzz target is a file with seeds() and run(). `scripts/fuzz TARGET` has libFuzzer run it
// (entry.cc); the tests run the same over its seeds and over what chance makes of them (driver.cc).

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace weir::fuzz {

inline void expect(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what.c_str());
  std::abort();
}

// Takes an input apart.
class Input {
 public:
  explicit Input(std::string_view bytes) : rest_(bytes) {}
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  std::string_view bytes(std::size_t count) {
    const std::string_view some = rest_.substr(0, count);
    rest_.remove_prefix(some.size());
    return some;
  }
  std::string_view rest() { return bytes(rest_.size()); }
  bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

const std::vector<std::string>& seeds();  // good inputs, for chance to spoil
void run(Input input);

}  // namespace weir::fuzz
