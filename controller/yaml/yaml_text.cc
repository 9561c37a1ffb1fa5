#include "controller/yaml/yaml_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "controller/yaml/yaml_scalar.h"

namespace weir {
namespace {

using nlohmann::json;

constexpr std::size_t kFoldBehind = 80;
constexpr std::size_t kIndent = 2;
constexpr std::size_t kLongestKey = 128;  // longer ones are written as `? key`

bool is_nested(const json& value) { return value.is_structured() && !value.empty(); }

std::string go_text(const json& number) {
  return number.is_number_float() ? float_text(number.get<double>()) : number.dump();
}

// What stands after the `|` of a literal.
std::string literal_hints(std::string_view text) {
  std::string out;
  if (text.front() == ' ' || is_break(text, 0)) out += std::to_string(kIndent);
  if (text.back() != '\n') return out + "-";
  const bool more = text.size() == 1 || text[text.size() - 2] == '\n';
  return more ? out + "+" : out;
}

class Writer {
 public:
  // Writes `value` from the current column on; `indent` is where its further lines begin.
  void write(const json& value, std::size_t indent) {
    if (value.is_object()) {
      write_map(value, indent);
    } else {
      write_list(value, indent);
    }
  }

  void write_scalar(const json& value, std::size_t indent) {
    if (value.is_string()) {
      write_text(value.get_ref<const std::string&>(), indent, false);
    } else if (value.is_structured()) {
      put(value.is_object() ? "{}" : "[]");
    } else {
      put(value.is_number() ? go_text(value) : value.dump());
    }
  }

  void end_line() {
    if (column_ > 0 || out_.empty()) put_break();
  }

  std::string take() { return std::move(out_); }

 private:
  void put(std::string_view text) {
    out_ += text;
    for (std::size_t i = 0; i < text.size(); i += utf8_width(text, i)) ++column_;
  }

  void put_break() {
    out_ += '\n';
    column_ = 0;
  }

  void put_indent(std::size_t indent) {
    if (column_ > 0) put_break();
    put(std::string(indent, ' '));
  }

  void write_map(const json& map, std::size_t indent) {
    std::vector<const std::string*> keys;
    for (auto field = map.begin(); field != map.end(); ++field) keys.push_back(&field.key());
    // The order is no order for some keys that mix digits and letters; a stable sort bears that.
    std::stable_sort(keys.begin(), keys.end(),
                     [](const std::string* a, const std::string* b) { return key_before(*a, *b); });
    bool first = true;
    for (const std::string* key : keys) {
      if (!first) put_indent(indent);
      first = false;
      write_key(*key, indent);
      const json& member = map.at(*key);
      if (!is_nested(member)) {
        put(" ");
        write_scalar(member, indent + kIndent);
        continue;
      }
      const std::size_t inner = member.is_array() ? indent : indent + kIndent;
      put_indent(inner);
      write(member, inner);
    }
  }

  void write_key(const std::string& key, std::size_t indent) {
    const bool simple = key.size() <= kLongestKey && key.find('\n') == std::string::npos;
    if (!simple) put("? ");
    write_text(key, indent + kIndent, simple);
    if (!simple) put_indent(indent);
    put(":");
  }

  void write_list(const json& list, std::size_t indent) {
    bool first = true;
    for (const json& item : list) {
      if (!first) put_indent(indent);
      first = false;
      put("- ");
      if (is_nested(item)) {
        write(item, indent + kIndent);
      } else {
        write_scalar(item, indent + kIndent);
      }
    }
  }

  void write_text(const std::string& text, std::size_t indent, bool is_key) {
    switch (style_of(text, is_key)) {
      case ScalarStyle::literal:
        return write_literal(text, indent);
      case ScalarStyle::double_quoted:
        return write_double_quoted(text, indent, is_key);
      case ScalarStyle::single_quoted:
        put("'");
        write_flow(text, indent, is_key, true);
        return put("'");
      case ScalarStyle::plain:
        return write_flow(text, indent, is_key, false);
    }
  }

  // Plain and single-quoted texts, folded at single blanks.
  void write_flow(const std::string& text, std::size_t indent, bool is_key, bool quoted) {
    bool after_space = false, after_break = false;
    for (std::size_t i = 0, width = 0; i < text.size(); i += width) {
      width = utf8_width(text, i);
      const bool inside = !quoted || (i > 0 && i + 1 < text.size());
      const bool folds = text[i] == ' ' && !is_key && !after_space && inside &&
                         column_ > kFoldBehind && (i + 1 >= text.size() || text[i + 1] != ' ');
      if (folds) {
        put_indent(indent);
      } else if (is_break(text, i)) {
        out_.append(text, i, width);  // a Unicode line end
        column_ = 0;
      } else {
        if (after_break) put(std::string(indent, ' '));
        put(quoted && text[i] == '\'' ? "''" : std::string_view(text).substr(i, width));
      }
      after_space = text[i] == ' ';
      after_break = is_break(text, i);
    }
  }

  void write_double_quoted(const std::string& text, std::size_t indent, bool is_key) {
    put("\"");
    // Go's emitter looks for a byte order mark at the text's start instead of at the character.
    const bool all = text.starts_with("\xEF\xBB\xBF");
    bool after_space = false;
    for (std::size_t i = 0, width = 0; i < text.size(); i += width) {
      width = utf8_width(text, i);
      const bool escapes =
          all || !is_printable(text, i) || is_break(text, i) || text[i] == '"' || text[i] == '\\';
      if (escapes) {
        put(escaped(text, i));
      } else if (text[i] == ' ' && !is_key && !after_space && column_ > kFoldBehind && i > 0 &&
                 i + 1 < text.size()) {
        put_indent(indent);
        if (text[i + 1] == ' ') put("\\");
      } else {
        put(std::string_view(text).substr(i, width));
      }
      after_space = text[i] == ' ' && !escapes;
    }
    put("\"");
  }

  void write_literal(const std::string& text, std::size_t indent) {
    put("|" + literal_hints(text));
    put_break();
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      if (end > begin) {
        put(std::string(indent, ' '));
        put(std::string_view(text).substr(begin, end - begin));
      }
      if (end < text.size()) put_break();
      begin = end + 1;
    }
  }

  std::string out_;
  std::size_t column_ = 0;  // in characters
};

}  // namespace

std::string to_yaml(const json& document) {
  Writer writer;
  if (is_nested(document)) {
    writer.write(document, 0);
  } else {
    writer.write_scalar(document, kIndent);
  }
  writer.end_line();
  return writer.take();
}

}  // namespace weir
