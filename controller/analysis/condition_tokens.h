#pragma once

// The words of a condition: its text cut into pieces that condition_parse.cc puts together.

#include <string>
#include <string_view>
#include <vector>

#include "controller/result.h"

namespace weir::analysis {

struct Token {
  enum class Kind { number, string, name, symbol, end };
  Kind kind = Kind::end;
  std::string_view source = {};  // as it stands in the text
  std::string text = {};         // of a string: what it says, without quotes and escapes
  std::size_t offset = 0;        // in the text, in bytes
};

// Ends with one of Kind::end.
Result<std::vector<Token>> tokens_of(std::string_view text);

// `at column 3: …`: columns are counted in characters, from 1.
tl::unexpected<Error> fail_at(std::string_view text, std::size_t offset, const std::string& why);

}  // namespace weir::analysis
