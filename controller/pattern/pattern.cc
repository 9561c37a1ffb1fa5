#include "controller/pattern/pattern.h"

#include <re2/re2.h>

namespace weir {

namespace {

constexpr std::int64_t kMemory = 1 << 20;  // of one, at most

}  // namespace

std::shared_ptr<const RE2> compile_pattern(const std::string& text) {
  RE2::Options options;
  options.set_max_mem(kMemory);
  options.set_log_errors(false);
  return std::make_shared<const RE2>(text, options);
}

}  // namespace weir
