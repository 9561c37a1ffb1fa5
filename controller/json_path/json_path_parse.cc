#include "controller/json_path/json_path_parse.h"

#include <cctype>
#include <charconv>
#include <nlohmann/json.hpp>

namespace weir {
namespace {

using Node = JsonPath::Node;

// A template is typed by a person; these only keep a hostile one from exhausting the stack.
constexpr std::size_t kTemplateBytesMax = 64 * 1024;
constexpr int kNestingMax = 32;

// A cursor over the template. Every parse function starts at the first character of its construct
// and leaves the cursor behind its last one.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<std::vector<Node>> nodes(bool inside_range, int depth) {
    if (depth > kNestingMax) return error("too many nested ranges");
    std::vector<Node> out;
    while (!at_end()) {
      if (peek() != '{') {
        out.push_back({.kind = Node::Kind::text, .text = plain()});
        continue;
      }
      ++at_;
      skip_blanks();
      if (take_word("end")) {
        TRY_VOID(expect('}'));
        if (!inside_range) return error("{end} without {range}");
        return out;
      }
      if (take_word("range")) {
        Node range{.kind = Node::Kind::range};
        TRY(range.path, path(depth));
        TRY_VOID(expect('}'));
        TRY(range.body, nodes(true, depth + 1));
        out.push_back(std::move(range));
        continue;
      }
      if (peek() == '"' || peek() == '\'') {
        TRY(std::string literal, quoted());
        out.push_back({.kind = Node::Kind::text, .text = std::move(literal)});
      } else {
        TRY(Path steps, path(depth));
        out.push_back({.kind = Node::Kind::path, .path = std::move(steps)});
      }
      TRY_VOID(expect('}'));
    }
    if (inside_range) return error("{range} without {end}");
    return out;
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n') ++at_;
  }
  bool take(std::string_view what) {
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }
  bool take_word(std::string_view word) {
    const std::size_t end = at_ + word.size();
    const bool whole = end < text_.size() && (text_[end] == ' ' || text_[end] == '}');
    return whole && take(word);
  }
  Result<bool> expect(char c) {
    skip_blanks();
    if (peek() != c) return error(std::string("expected '") + c + "'");
    ++at_;
    return true;
  }
  tl::unexpected<Error> error(const std::string& what) const {
    return fail(Code::bad_request, "error parsing jsonpath " + std::string(text_) + ", " + what +
                                       " at character " + std::to_string(at_ + 1));
  }

  std::string plain() {
    const std::size_t begin = at_;
    at_ = std::min(text_.find('{', at_), text_.size());
    return std::string(text_.substr(begin, at_ - begin));
  }

  Result<std::string> quoted() {
    const char quote = text_[at_++];
    std::string out;
    while (!at_end() && peek() != quote) {
      char c = text_[at_++];
      if (c == '\\' && !at_end()) {
        c = text_[at_++];
        if (c == 'n') c = '\n';
        if (c == 't') c = '\t';
        if (c == 'r') c = '\r';
      }
      out += c;
    }
    if (at_end()) return error("unterminated quoted string");
    ++at_;
    return out;
  }

  // A member's name: up to the next step; a backslash keeps a dot inside the name.
  std::string name() {
    std::string out;
    while (!at_end() &&
           std::string_view(" \t\n.[]{}(),=!<>|&").find(peek()) == std::string_view::npos) {
      if (peek() == '\\' && at_ + 1 < text_.size()) ++at_;
      out += text_[at_++];
    }
    return out;
  }

  Result<Path> path(int depth) {
    skip_blanks();
    Path steps;
    if (peek() == '$' || peek() == '@') ++at_;
    if (std::isalnum(static_cast<unsigned char>(peek())) != 0 || peek() == '_') {
      steps.push_back({.kind = PathStep::Kind::member, .name = name()});
    }
    while (!at_end()) {
      if (take("..")) {
        steps.push_back({.kind = PathStep::Kind::recursive});
        if (peek() == '[') continue;
        TRY_VOID(member(steps));
      } else if (take(".")) {
        if (peek() == '[' || peek() == '}' || at_end()) continue;  // "." is the whole document
        TRY_VOID(member(steps));
      } else if (take("[")) {
        TRY(PathStep step, bracket(depth));
        steps.push_back(std::move(step));
      } else {
        break;
      }
    }
    return steps;
  }

  Result<bool> member(Path& steps) {
    if (take("*")) {
      steps.push_back({.kind = PathStep::Kind::every});
      return true;
    }
    std::string key = name();
    if (key.empty()) return error("expected a name after '.'");
    steps.push_back({.kind = PathStep::Kind::member, .name = std::move(key)});
    return true;
  }

  // Behind '[': one choice or several, up to and with ']'.
  Result<PathStep> bracket(int depth) {
    std::vector<PathStep> choices;
    do {
      skip_blanks();
      TRY(PathStep one, choice(depth));
      choices.push_back(std::move(one));
      skip_blanks();
    } while (take(","));
    TRY_VOID(expect(']'));
    if (choices.size() == 1) return std::move(choices.front());
    return PathStep{.kind = PathStep::Kind::any_of, .choices = std::move(choices)};
  }

  Result<PathStep> choice(int depth) {
    if (take("*")) return PathStep{.kind = PathStep::Kind::every};
    if (peek() == '\'' || peek() == '"') {
      TRY(std::string key, quoted());
      return PathStep{.kind = PathStep::Kind::member, .name = std::move(key)};
    }
    if (take("?(")) {
      if (depth >= kNestingMax) return error("too many nested filters");
      TRY(Filter filter, this->filter(depth + 1));
      TRY_VOID(expect(')'));
      return PathStep{.kind = PathStep::Kind::filter,
                      .filter = std::make_shared<Filter>(std::move(filter))};
    }
    return index_or_slice();
  }

  std::optional<long> number() {
    long value = 0;
    const auto [end, failure] =
        std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (failure != std::errc{}) return std::nullopt;
    at_ = static_cast<std::size_t>(end - text_.data());
    return value;
  }

  Result<PathStep> index_or_slice() {
    PathStep step{.kind = PathStep::Kind::index, .from = number()};
    if (take(":")) {
      step.kind = PathStep::Kind::slice;
      step.to = number();
      if (take(":")) step.stride = number().value_or(1);
      if (step.stride < 1) return error("a step must be at least 1");
    } else if (!step.from) {
      return error("expected an index, a quoted name, * or ?( )");
    }
    return step;
  }

  Result<Filter> filter(int depth) {
    Filter out;
    TRY(out.left, operand(depth));
    skip_blanks();
    for (const std::string_view comparison : {"==", "!=", "<=", ">=", "<", ">"}) {
      if (!take(comparison)) continue;
      out.comparison = comparison;
      TRY(out.right, operand(depth));
      break;
    }
    return out;
  }

  Result<Operand> operand(int depth) {
    skip_blanks();
    if (peek() == '@' || peek() == '$') {
      TRY(Path steps, path(depth));
      return Operand{.is_path = true, .path = std::move(steps)};
    }
    if (peek() == '\'' || peek() == '"') {
      TRY(std::string text, quoted());
      return Operand{.constant = std::make_shared<nlohmann::json>(std::move(text))};
    }
    const std::size_t begin = at_;
    while (!at_end() && std::string_view(" )=!<>").find(peek()) == std::string_view::npos) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    nlohmann::json constant = nlohmann::json::parse(word, nullptr, false);
    if (!constant.is_primitive() || constant.is_discarded()) {
      return error("expected @, a quoted text, a number, true or false");
    }
    return Operand{.constant = std::make_shared<nlohmann::json>(std::move(constant))};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::vector<Node>> parse_json_path(std::string_view text) {
  if (text.size() > kTemplateBytesMax) {
    return fail(Code::bad_request, "the jsonpath template is longer than 64 KiB");
  }
  return Parser(text).nodes(false, 0);
}

}  // namespace weir
