#include "controller/admission/manifest.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "controller/admission/manifest_yaml.h"
#include "controller/admission/tree_builder.h"

namespace weir {

using nlohmann::json;

namespace {

std::string place_text(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = std::ranges::count(before, '\n') + 1;
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0: the first line
  return "line " + std::to_string(line) + ", column " +
         std::to_string(before.size() - line_start + 1);
}

// How many bytes the UTF-8 sequence at the start of `text` has; 0: it is none (overlong forms,
// surrogates and what lies beyond Unicode included).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (first == 0xE0 && byte(1) < 0xA0) return 0;
    if (first == 0xED && byte(1) > 0x9F) return 0;
    return follows(1) && follows(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (first == 0xF0 && byte(1) < 0x90) return 0;
    if (first == 0xF4 && byte(1) > 0x8F) return 0;
    return follows(1) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

Result<void> check_size(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return {};
  return fail(Code::too_large, "the text has " + std::to_string(text.size()) +
                                   " bytes; the limit is " + std::to_string(bytes));
}

// nlohmann's SAX interface, in front of a TreeBuilder.
class JsonReader {
 public:
  JsonReader(std::string_view text, TreeBuilder& builder) : text_(text), builder_(builder) {}

  bool null() { return builder_.value(nullptr); }
  bool boolean(bool value) { return builder_.value(value); }
  bool number_integer(json::number_integer_t value) { return builder_.value(value); }
  bool number_unsigned(json::number_unsigned_t value) { return builder_.value(value); }
  bool number_float(json::number_float_t value, const std::string&) {
    return builder_.value(value);
  }
  bool string(std::string& value) { return builder_.value(std::move(value)); }
  bool binary(json::binary_t&) { return false; }
  bool start_object(std::size_t) { return builder_.begin_object(); }
  bool start_array(std::size_t) { return builder_.begin_array(); }
  bool key(std::string& name) { return builder_.key(std::move(name)); }
  bool end_object() { return builder_.end(); }
  bool end_array() { return builder_.end(); }
  // What stands there is not repeated: it may be a Secret's.
  bool parse_error(std::size_t position, const std::string&, const json::exception&) {
    syntax_error_ = place_text(text_, position == 0 ? 0 : position - 1) + ": not JSON";
    return false;
  }

  const std::string& syntax_error() const { return syntax_error_; }

 private:
  std::string_view text_;
  TreeBuilder& builder_;
  std::string syntax_error_;
};

// A checked text as JSON. `syntax` tells whether it is JSON at all.
Result<json> read_json(std::string_view text, const Limits& limits, bool& syntax) {
  TreeBuilder builder(limits);
  JsonReader reader(text, builder);
  syntax = true;
  if (json::sax_parse(text.begin(), text.end(), &reader)) return builder.take();
  syntax = reader.syntax_error().empty();
  return fail(Code::bad_request, syntax ? builder.error() : reader.syntax_error());
}

// `kind: List` holds documents; everything else is one.
void add_document(json document, std::vector<json>& documents) {
  const bool is_list = document.is_object() && document.contains("items") &&
                       document.at("items").is_array() && document.value("kind", json()) == "List";
  if (is_list) {
    for (json& item : document.at("items")) documents.push_back(std::move(item));
  } else if (!document.is_null()) {
    documents.push_back(std::move(document));
  }
}

}  // namespace

Result<void> check_text(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text.substr(i));
    if (length == 0) return fail(Code::bad_request, place_text(text, i) + ": not valid UTF-8");
    if (text[i] == '\0') return fail(Code::bad_request, place_text(text, i) + ": a NUL byte");
    i += length;
  }
  return {};
}

Result<json> parse_json(std::string_view text, const Limits& limits) {
  TRY_VOID(check_size(text, limits.bytes));
  TRY_VOID(check_text(text));
  bool syntax = false;
  return read_json(text, limits, syntax);
}

Result<std::vector<json>> parse_manifest(std::string_view text, const Limits& limits) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  TRY_VOID(check_size(text, limits.total));
  TRY_VOID(check_text(text));
  std::vector<json> documents;
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start != std::string_view::npos && text[start] == '{' && text.size() <= limits.bytes) {
    bool syntax = false;
    Result<json> document = read_json(text, limits, syntax);
    if (document) {
      add_document(*std::move(document), documents);
      return documents;
    }
    // YAML in flow style begins with a brace, too.
    if (syntax) return tl::unexpected(std::move(document).error());
  }
  TRY(std::vector<json> parsed, parse_yaml(text, limits));
  for (json& document : parsed) add_document(std::move(document), documents);
  if (documents.size() > limits.documents) {
    return fail(Code::too_large,
                "more than " + std::to_string(limits.documents) + " documents in one text");
  }
  return documents;
}

}  // namespace weir
