#include "controller/admission/manifest_yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

namespace weir {
namespace {

bool is_standard_tag(std::string_view tag, std::string_view type) {
  constexpr std::string_view kPrefix = "tag:yaml.org,2002:";
  return tag.starts_with(kPrefix) && tag.substr(kPrefix.size()) == type;
}

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c); });
}

// A whole number in this base; beyond 64 bits it becomes a double, as in JSON.
std::optional<Scalar> whole_number(std::string_view digits, bool negative, int base) {
  const char* end = digits.data() + digits.size();
  std::uint64_t magnitude = 0;
  const auto [stop, error] = std::from_chars(digits.data(), end, magnitude, base);
  if (stop != end || digits.empty()) return std::nullopt;
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (error == std::errc{} && magnitude <= kMax) {
    const auto value = static_cast<std::int64_t>(magnitude);
    return Scalar(negative ? -value : value);
  }
  if (error == std::errc{} && !negative) return Scalar(magnitude);
  double value = 0;
  if (base != 10 || std::from_chars(digits.data(), end, value).ec != std::errc{}) {
    return std::nullopt;
  }
  return Scalar(negative ? -value : value);
}

// [0-9]*(\.[0-9]*)?([eE][-+]?[0-9]+)? with at least one digit before the exponent.
bool looks_like_decimal(std::string_view text) {
  std::size_t i = 0;
  const auto skip_digits = [&] {
    const std::size_t from = i;
    while (i < text.size() && std::isdigit(static_cast<unsigned char>(text[i]))) ++i;
    return i - from;
  };
  std::size_t count = skip_digits();
  if (i < text.size() && text[i] == '.') {
    ++i;
    count += skip_digits();
  }
  if (count == 0) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (skip_digits() == 0) return false;
  }
  return i == text.size();
}

// Events of one document into a TreeBuilder. A refusal leaves the parser by an exception, which
// ends in parse_yaml.
class Handler : public YAML::EventHandler {
 public:
  Handler(const Limits& limits, const ReadPlain& read_plain, std::vector<nlohmann::json>& documents)
      : limits_(limits), read_plain_(read_plain), documents_(documents) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    builder_ = std::make_unique<TreeBuilder>(limits_);
    start_ = static_cast<std::size_t>(std::max(mark.pos, 0));
  }
  void OnDocumentEnd() override { documents_.push_back(builder_->take()); }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check_value_place(mark);
    check(mark, builder_->value(nullptr, anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check_value_place(mark);
    check(mark, builder_->alias(anchor));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    if (builder_->expects_key()) {
      const bool merge = tag == "?" && text == "<<";
      return check(mark, merge ? builder_->merge_key() : builder_->key(text));
    }
    check(mark, builder_->value(typed(mark, tag, text), anchor));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check_value_place(mark);
    check_tag(mark, tag, "seq");
    check(mark, builder_->begin_array(anchor));
  }
  void OnSequenceEnd() override { check(YAML::Mark::null_mark(), builder_->end()); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check_value_place(mark);
    check_tag(mark, tag, "map");
    check(mark, builder_->begin_object(anchor));
  }
  void OnMapEnd() override { check(YAML::Mark::null_mark(), builder_->end()); }

 private:
  void check(const YAML::Mark& mark, bool good) const {
    if (!good) throw YAML::ParserException(mark, builder_->error());
    if (!mark.is_null() && static_cast<std::size_t>(mark.pos) > start_ + limits_.bytes) {
      throw YAML::ParserException(
          mark, "the document has more than " + std::to_string(limits_.bytes) + " bytes");
    }
  }
  void check_value_place(const YAML::Mark& mark) const {
    if (builder_->expects_key()) check(mark, builder_->fails("a key must be a text"));
  }
  void check_tag(const YAML::Mark& mark, const std::string& tag, const char* allowed) const {
    const bool good = tag.empty() || tag == "?" || tag == "!" || is_standard_tag(tag, allowed);
    if (!good) check(mark, builder_->fails("the tag '" + tag + "' is not supported"));
  }
  Scalar typed(const YAML::Mark& mark, const std::string& tag, const std::string& text) const {
    if (tag == "!" || is_standard_tag(tag, "str")) return text;  // quoted
    if (tag == "?" || tag.empty()) {
      return read_plain_ ? read_plain_(text, builder_->path()) : plain_scalar(text);
    }
    for (const char* type : {"int", "float", "bool", "null"}) {
      if (is_standard_tag(tag, type)) return plain_scalar(text);
    }
    check(mark, builder_->fails("the tag '" + tag + "' is not supported"));
    return nullptr;
  }

  const Limits& limits_;
  const ReadPlain& read_plain_;
  std::vector<nlohmann::json>& documents_;
  std::unique_ptr<TreeBuilder> builder_;
  std::size_t start_ = 0;
};

}  // namespace

Scalar plain_scalar(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    return nullptr;
  }
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  const bool negative = text[0] == '-';
  std::string_view digits = text;
  if (negative || text[0] == '+') digits.remove_prefix(1);
  std::optional<Scalar> number;
  if (digits.starts_with("0o")) {
    number = whole_number(digits.substr(2), negative, 8);
  } else if (digits.starts_with("0x")) {
    number = whole_number(digits.substr(2), negative, 16);
  } else if (all_digits(digits)) {
    if (digits.size() > 1 && digits[0] == '0') number = whole_number(digits, negative, 8);
    if (!number) number = whole_number(digits, negative, 10);
  }
  if (number) return *number;
  if (!looks_like_decimal(digits)) return text;
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  // Beyond a double's range there is no JSON number; then it stays the text it is.
  if (error != std::errc{} || end != digits.data() + digits.size()) return text;
  return negative ? -value : value;
}

Result<std::vector<nlohmann::json>> parse_yaml(std::string_view text, const Limits& limits,
                                               const ReadPlain& read_plain) {
  std::vector<nlohmann::json> documents;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Handler handler(limits, read_plain, documents);
    while (parser.HandleNextDocument(handler)) {
      if (documents.size() > limits.documents) {
        return fail(Code::too_large,
                    "more than " + std::to_string(limits.documents) + " documents in one text");
      }
    }
  } catch (const YAML::Exception& error) {
    if (error.mark.is_null()) return fail(Code::bad_request, error.msg);
    return fail(Code::bad_request, "line " + std::to_string(error.mark.line + 1) + ", column " +
                                       std::to_string(error.mark.column + 1) + ": " + error.msg);
  } catch (const std::exception& error) {
    return fail(Code::bad_request, "not YAML: " + std::string(error.what()));
  }
  return documents;
}

}  // namespace weir
