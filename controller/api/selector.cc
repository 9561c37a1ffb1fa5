#include "controller/api/selector.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace weir::rest {
namespace {

using Term = LabelSelector::Term;
using Operator = Term::Operator;

// Words are label keys and values; everything else is an operator or punctuation.
struct Token {
  enum class Type { word, symbol, end } type = Type::end;
  std::string text = {};
};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '/';
}

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) { advance(); }

  Result<std::vector<Term>> parse() {
    std::vector<Term> terms;
    if (token_.type == Token::Type::end) return terms;
    while (true) {
      TRY(Term term, requirement());
      terms.push_back(std::move(term));
      if (token_.type == Token::Type::end) return terms;
      if (!take(",")) return unexpected("',' or the end");
    }
  }

 private:
  Result<Term> requirement() {
    Term term;
    const bool negated = take("!");
    if (token_.type != Token::Type::word) return unexpected("a label key");
    term.key = word();
    if (negated) {
      term.op = Operator::absent;
      return term;
    }
    if (token_.type == Token::Type::end || token_.text == ",") return term;
    if (take("=") || take("==")) return single(std::move(term), Operator::in);
    if (take("!=")) return single(std::move(term), Operator::not_in);
    if (take(">")) return number(std::move(term), Operator::greater);
    if (take("<")) return number(std::move(term), Operator::less);
    if (take("in")) return set(std::move(term), Operator::in);
    if (take("notin")) return set(std::move(term), Operator::not_in);
    return unexpected("one of =, ==, !=, in, notin, <, >");
  }

  Result<Term> single(Term term, Operator op) {
    term.op = op;
    term.values = {token_.type == Token::Type::word ? word() : ""};
    return term;
  }

  Result<Term> number(Term term, Operator op) {
    term.op = op;
    long long ignored = 0;
    const std::string& text = token_.text;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ignored);
    if (error != std::errc() || end != text.data() + text.size()) return unexpected("a number");
    term.values = {word()};
    return term;
  }

  Result<Term> set(Term term, Operator op) {
    term.op = op;
    if (!take("(")) return unexpected("'('");
    while (true) {
      term.values.push_back(token_.type == Token::Type::word ? word() : "");
      if (take(")")) return term;
      if (!take(",")) return unexpected("',' or ')'");
    }
  }

  tl::unexpected<Error> unexpected(const char* wanted) const {
    const std::string found = token_.type == Token::Type::end ? "the end" : "'" + token_.text + "'";
    return fail(Code::bad_request,
                "unable to parse requirement: found " + found + ", expected: " + wanted);
  }

  bool take(std::string_view text) {
    if (token_.type == Token::Type::end || token_.text != text) return false;
    advance();
    return true;
  }

  std::string word() {
    std::string out = std::move(token_.text);
    advance();
    return out;
  }

  void advance() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t')) rest_.remove_prefix(1);
    if (rest_.empty()) {
      token_ = {};
      return;
    }
    std::size_t length = 0;
    while (length < rest_.size() && is_word(rest_[length])) ++length;
    const bool is_symbol = length == 0;
    if (is_symbol) length = rest_.starts_with("!=") || rest_.starts_with("==") ? 2 : 1;
    token_ = {.type = is_symbol ? Token::Type::symbol : Token::Type::word,
              .text = std::string(rest_.substr(0, length))};
    rest_.remove_prefix(length);
  }

  std::string_view rest_;
  Token token_;
};

std::optional<long long> integer(const std::string& text) {
  long long out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

bool contains(const std::vector<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// A label that is absent satisfies != and notin, as in Kubernetes.
bool holds(const Term& term, const std::string* value) {
  switch (term.op) {
    case Operator::exists:
      return value;
    case Operator::absent:
      return !value;
    case Operator::in:
      return value && contains(term.values, *value);
    case Operator::not_in:
      return !value || !contains(term.values, *value);
    case Operator::greater:
    case Operator::less:
      break;
  }
  const auto have = value ? integer(*value) : std::nullopt;
  if (!have) return false;
  return term.op == Operator::greater ? *have > *integer(term.values[0])
                                      : *have < *integer(term.values[0]);
}

// Splits at commas that no backslash escapes; escapes stay for unescape().
std::vector<std::string> split_terms(std::string_view text) {
  std::vector<std::string> out(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      out.back() += text[i];
      out.back() += text[++i];
    } else if (text[i] == ',') {
      out.emplace_back();
    } else {
      out.back() += text[i];
    }
  }
  return out;
}

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

}  // namespace

Result<LabelSelector> LabelSelector::parse(std::string_view text) {
  LabelSelector out;
  TRY(out.terms_, Parser(text).parse());
  return out;
}

bool LabelSelector::matches(const std::map<std::string, std::string>& labels) const {
  return std::all_of(terms_.begin(), terms_.end(), [&](const Term& term) {
    const auto found = labels.find(term.key);
    return holds(term, found == labels.end() ? nullptr : &found->second);
  });
}

Result<FieldSelector> FieldSelector::parse(std::string_view text) {
  FieldSelector out;
  for (const std::string& part : split_terms(text)) {
    if (part.empty()) continue;
    const std::size_t at = part.find('=');
    if (at == std::string::npos || at == 0) {
      return fail(Code::bad_request,
                  "invalid selector: '" + std::string(text) + "'; can't understand '" + part + "'");
    }
    const bool negated = part[at - 1] == '!';
    const bool doubled = at + 1 < part.size() && part[at + 1] == '=';
    out.terms_.push_back(
        {.path = part.substr(0, negated ? at - 1 : at),
         .value = unescape(std::string_view(part).substr(doubled ? at + 2 : at + 1)),
         .equal = !negated});
  }
  return out;
}

bool FieldSelector::matches(
    const std::function<std::string(const std::string& path)>& value) const {
  return std::all_of(terms_.begin(), terms_.end(),
                     [&](const Term& t) { return (value(t.path) == t.value) == t.equal; });
}

std::vector<std::string> FieldSelector::paths() const {
  std::vector<std::string> out;
  for (const Term& term : terms_) out.push_back(term.path);
  return out;
}

}  // namespace weir::rest
