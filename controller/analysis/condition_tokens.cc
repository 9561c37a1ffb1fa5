#include "controller/analysis/condition_tokens.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace weir::analysis {

namespace {

// Longer ones before those that they begin with.
constexpr std::array<std::string_view, 31> kSymbols{
    "?.", "??", "**", "==", "!=", "<=", ">=", "&&", "||", "(", ")", "[", "]", "{", "}", ",",
    ".",  "?",  ":",  "#",  "+",  "-",  "*",  "/",  "%",  "^", "!", "<", ">", "|", ";"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

void append_utf8(std::string& text, unsigned point) {
  const auto add = [&](unsigned byte) { text += static_cast<char>(byte); };
  if (point < 0x80) return add(point);
  if (point < 0x800) {
    add(0xc0 | point >> 6);
  } else {
    add(0xe0 | point >> 12);
    add(0x80 | (point >> 6 & 0x3f));
  }
  add(0x80 | (point & 0x3f));
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> all() {
    std::vector<Token> tokens;
    while (true) {
      at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
      TRY(Token token, next());
      tokens.push_back(std::move(token));
      if (tokens.back().kind == Token::Kind::end) return tokens;
    }
  }

 private:
  Result<Token> next() {
    if (at_ == text_.size()) return Token{.offset = at_};
    const char c = text_[at_];
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return take(Token::Kind::number, number());
    if (begins_name(c)) {
      std::size_t size = 1;
      while (begins_name(peek(size)) || is_digit(peek(size))) ++size;
      return take(Token::Kind::name, size);
    }
    if (c == '\'' || c == '"' || c == '`') return string(c);
    // `a ?.5 : b` chooses a number; `a?.b` is a member.
    if (c == '?' && peek(1) == '.' && is_digit(peek(2))) return take(Token::Kind::symbol, 1);
    for (const std::string_view symbol : kSymbols) {
      if (text_.substr(at_).starts_with(symbol)) return take(Token::Kind::symbol, symbol.size());
    }
    if (c == '=') return fail_at(text_, at_, "expected \"==\", not \"=\"");
    return fail_at(text_, at_, "this character means nothing here");
  }

  char peek(std::size_t ahead) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  Token take(Token::Kind kind, std::size_t size) {
    Token token{.kind = kind, .source = text_.substr(at_, size), .offset = at_};
    at_ += size;
    return token;
  }

  // How long the number is that begins here: 12, 1.5, .5, 1e-3.
  std::size_t number() const {
    std::size_t size = 0;
    const auto digits = [&] {
      while (is_digit(peek(size))) ++size;
    };
    digits();
    if (peek(size) == '.' && is_digit(peek(size + 1))) {
      ++size;
      digits();
    }
    if (peek(size) == 'e' || peek(size) == 'E') {
      const std::size_t sign = peek(size + 1) == '-' || peek(size + 1) == '+' ? 1 : 0;
      if (is_digit(peek(size + 1 + sign))) {
        size += 1 + sign;
        digits();
      }
    }
    return size;
  }

  Result<Token> string(char quote) {
    const std::size_t begin = at_++;
    std::string said;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] != '\\' || quote == '`') {
        said += text_[at_++];
      } else if (!escape(said)) {
        return fail_at(text_, at_, "unknown escape in a string");
      }
    }
    if (at_ == text_.size()) return fail_at(text_, begin, "this string does not end");
    ++at_;
    return Token{.kind = Token::Kind::string,
                 .source = text_.substr(begin, at_ - begin),
                 .text = std::move(said),
                 .offset = begin};
  }

  bool escape(std::string& said) {
    constexpr std::string_view kNames = "abfnrtv\\'\"";
    constexpr std::string_view kBytes = "\a\b\f\n\r\t\v\\'\"";
    if (const std::size_t found = kNames.find(peek(1)); found != kNames.npos) {
      said += kBytes[found];
      at_ += 2;
      return true;
    }
    if (peek(1) != 'x' && peek(1) != 'u') return false;
    const std::string_view digits = text_.substr(at_ + 2, peek(1) == 'x' ? 2 : 4);
    unsigned point = 0;
    const char* end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, point, 16);
    const bool surrogate = point >= 0xd800 && point < 0xe000;
    if (digits.size() < 2 || digits.size() == 3 || read.ptr != end || surrogate) return false;
    append_utf8(said, point);
    at_ += 2 + digits.size();
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::vector<Token>> tokens_of(std::string_view text) { return Lexer(text).all(); }

tl::unexpected<Error> fail_at(std::string_view text, std::size_t offset, const std::string& why) {
  const std::string_view before = text.substr(0, offset);
  const auto begins_character = [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; };
  const auto column = 1 + std::count_if(before.begin(), before.end(), begins_character);
  return fail(Code::invalid, "at column " + std::to_string(column) + ": " + why);
}

}  // namespace weir::analysis
