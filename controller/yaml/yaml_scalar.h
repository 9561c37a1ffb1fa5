#pragma once

// How a text stands in YAML as kubectl and Kustomize write it: with Go's sigs.k8s.io/yaml, whose
// rules for quoting are those of YAML 1.1 and of libyaml. Pure.

#include <cstddef>
#include <string>
#include <string_view>

namespace weir {

enum class ScalarStyle { plain, single_quoted, double_quoted, literal };

// `is_key`: keys stand on one line. `text` is valid UTF-8.
ScalarStyle style_of(std::string_view text, bool is_key);

// One character at a time.
std::size_t utf8_width(std::string_view text, std::size_t at);
bool is_printable(std::string_view text, std::size_t at);
bool is_break(std::string_view text, std::size_t at);  // \n, \r, NEL, LS, PS

// "\n" as `\n`, an emoji as `\U0001F600`: the character at `at`.
std::string escaped(std::string_view text, std::size_t at);

// A number as Go's %g writes it: 1e+06, 0.5.
std::string float_text(double value);

// The order of keys: a2 before a10.
bool key_before(std::string_view a, std::string_view b);

}  // namespace weir
