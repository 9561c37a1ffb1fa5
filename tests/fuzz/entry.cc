#include "tests/fuzz/fuzz.h"

// What libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weir::fuzz::run(weir::fuzz::Input({reinterpret_cast<const char*>(data), size}));
  return 0;
}
