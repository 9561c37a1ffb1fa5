#pragma once

// ${NAME} in manifests, as Flux's postBuild has it: bash's forms that work on one value.
//   ${NAME}                            the value; empty when there is none
//   ${NAME:-text} ${NAME:=text}        text, when it is empty; with - and = alone, when there is
//   none
//   ${NAME:2} ${NAME:2:3}              from the third letter on, and how many
//   ${NAME/a/b} ${NAME//a/b}           the first a, or each, becomes b
//   ${NAME#a} ${NAME%a}                without a at its beginning, or its end
//   ${NAME^} ${NAME^^} ${NAME,} ${NAME,,}   the first letter, or all, upper or lower
//   ${#NAME}                           how long it is
//   $${NAME}                           stays ${NAME}
// A text after an operator may have variables, too. `$NAME` is left alone: scripts are full of it.
// Pure. Errors: bad_request for a form that is none of these, too_large beyond kSubstitutedMax.

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "controller/result.h"

namespace weir::kustomization {

inline constexpr std::size_t kSubstitutedMax = 4u << 20;  // bytes of one text

Result<std::string> substitute(std::string_view text,
                               const std::map<std::string, std::string>& values);

// ^[_[:alpha:]][_[:alpha:][:digit:]]*$
bool is_variable_name(std::string_view name);

}  // namespace weir::kustomization
