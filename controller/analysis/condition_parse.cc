// Operator precedence parsing: https://en.wikipedia.org/wiki/Operator-precedence_parser. Every
// level of a condition is one call of expression().

#include <array>
#include <charconv>
#include <utility>

#include "controller/analysis/condition_tokens.h"
#include "controller/analysis/condition_tree.h"

namespace weir::analysis {

namespace {

using Node = Condition::Node;
using Kind = Node::Kind;

constexpr std::size_t kTextMax = 4096;
constexpr int kDepthMax = 64;

struct Binary {
  std::string_view word;
  Operator op;
  int precedence;
};
constexpr std::array kBinary{
    Binary{"||", Operator::logical_or, 10},
    Binary{"or", Operator::logical_or, 10},
    Binary{"&&", Operator::logical_and, 15},
    Binary{"and", Operator::logical_and, 15},
    Binary{"==", Operator::equal, 20},
    Binary{"!=", Operator::not_equal, 20},
    Binary{"<", Operator::less, 20},
    Binary{">", Operator::greater, 20},
    Binary{"<=", Operator::at_most, 20},
    Binary{">=", Operator::at_least, 20},
    Binary{"in", Operator::in, 20},
    Binary{"contains", Operator::contains, 20},
    Binary{"startsWith", Operator::starts_with, 20},
    Binary{"endsWith", Operator::ends_with, 20},
    Binary{"+", Operator::plus, 30},
    Binary{"-", Operator::minus, 30},
    Binary{"*", Operator::times, 60},
    Binary{"/", Operator::divide, 60},
    Binary{"%", Operator::modulo, 60},
    Binary{"**", Operator::power, 100},
    Binary{"^", Operator::power, 100},
    Binary{"??", Operator::coalesce, 500},
};

struct Unary {
  std::string_view word;
  Operator op;
  int precedence;
};
constexpr std::array kUnary{
    Unary{"!", Operator::logical_not, 50},
    Unary{"not", Operator::logical_not, 50},
    Unary{"-", Operator::negate, 90},
    Unary{"+", Operator::identity, 90},
};

constexpr std::array kSignatures{
    Signature{"len", Function::len, 1, 1, false},
    Signature{"asInt", Function::as_int, 1, 1, false},
    Signature{"asFloat", Function::as_float, 1, 1, false},
    Signature{"isNaN", Function::is_nan, 1, 1, false},
    Signature{"isInf", Function::is_inf, 1, 1, false},
    Signature{"isNil", Function::is_nil, 1, 1, false},
    Signature{"default", Function::or_default, 2, 2, false},
    Signature{"all", Function::all, 2, 2, true},
    Signature{"any", Function::any, 2, 2, true},
    Signature{"none", Function::none, 2, 2, true},
    Signature{"one", Function::one, 2, 2, true},
    Signature{"filter", Function::filter, 2, 2, true},
    Signature{"map", Function::map, 2, 2, true},
    Signature{"count", Function::count, 1, 2, true},
};

bool is_word(std::string_view operator_word) {
  return operator_word[0] >= 'a' && operator_word[0] <= 'z';
}

template <class... Nodes>
Node node_of(Kind kind, Nodes... operands) {
  Node node{.kind = kind};
  (node.operands.push_back(std::move(operands)), ...);
  return node;
}

Node unary(Operator op, Node operand) {
  Node node = node_of(Kind::unary, std::move(operand));
  node.operators = {op};
  return node;
}

class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens)
      : text_(text), tokens_(std::move(tokens)) {}

  Result<Node> whole() {
    TRY(Node node, expression(0));
    if (here().kind != Token::Kind::end) return expected("an operator");
    return node;
  }

 private:
  const Token& here() const { return tokens_[at_]; }
  bool stands(std::string_view word, std::size_t ahead = 0) const {
    if (at_ + ahead >= tokens_.size()) return false;
    const Token& token = tokens_[at_ + ahead];
    return token.source == word &&
           (token.kind == Token::Kind::symbol || token.kind == Token::Kind::name);
  }
  bool take(std::string_view word) {
    const bool found = stands(word);
    if (found) ++at_;
    return found;
  }

  tl::unexpected<Error> error(const std::string& why) const {
    return fail_at(text_, here().offset, why);
  }
  tl::unexpected<Error> expected(const std::string& what) const {
    const bool end = here().kind == Token::Kind::end;
    return error("expected " + what + ", not " +
                 (end ? "the end" : "\"" + std::string(here().source) + "\""));
  }

  // What binds at least as tightly as `precedence`.
  Result<Node> expression(int precedence) {
    if (depth_ == kDepthMax) return error("more than 64 levels deep");
    ++depth_;
    Result<Node> node = operations(precedence);
    --depth_;
    return node;
  }

  Result<Node> operations(int precedence) {
    TRY(Node left, operand());
    int joined = -1;  // the precedence of the operators that `left` holds already
    while (true) {
      const bool negated = stands("not");
      const std::size_t ahead = negated ? 1 : 0;
      if (stands("matches", ahead)) return no_matches();
      const Binary* found = nullptr;
      for (const Binary& one : kBinary) {
        if (stands(one.word, ahead)) found = &one;
      }
      if (negated && (!found || found->precedence != 20 || !is_word(found->word))) {
        return expected("an operator");
      }
      if (!found || found->precedence < precedence) break;
      at_ += ahead + 1;
      const bool from_right = found->op == Operator::power;
      TRY(Node right, expression(found->precedence + (from_right ? 0 : 1)));
      if (joined != found->precedence) left = node_of(Kind::operations, std::move(left));
      left.operators.push_back(found->op);
      left.operands.push_back(std::move(right));
      joined = found->precedence;
      if (!negated) continue;
      left = unary(Operator::logical_not, std::move(left));
      joined = -1;
    }
    if (precedence > 0 || !take("?")) return left;
    return choice(std::move(left));
  }

  tl::unexpected<Error> no_matches() const {
    return error("\"matches\" is not supported: use contains, startsWith or endsWith");
  }

  Result<Node> choice(Node condition) {
    TRY(Node yes, expression(0));
    if (!take(":")) return expected("\":\"");
    TRY(Node no, expression(0));
    return node_of(Kind::choice, std::move(condition), std::move(yes), std::move(no));
  }

  Result<Node> operand() {
    for (const Unary& one : kUnary) {
      if (!take(one.word)) continue;
      TRY(Node node, expression(one.precedence));
      return unary(one.op, std::move(node));
    }
    TRY(Node node, primary());
    return members(std::move(node));
  }

  Result<Node> primary() {
    const Token& token = here();
    switch (token.kind) {
      case Token::Kind::number:
        return number();
      case Token::Kind::string:
        ++at_;
        return Node{.kind = Kind::text, .text = token.text};
      case Token::Kind::name:
        return name();
      case Token::Kind::symbol:
      case Token::Kind::end:
        break;
    }
    if (take("(")) {
      TRY(Node node, expression(0));
      if (!take(")")) return expected("\")\"");
      return node;
    }
    if (take("[")) {
      TRY(std::vector<Node> elements, list("]"));
      return Node{.kind = Kind::array, .operands = std::move(elements)};
    }
    if (!stands("#") && !stands(".")) return expected("a value");
    if (predicates_ == 0) {
      return error("\"" + std::string(token.source) + "\" stands in a predicate only: {# > 0}");
    }
    take("#");  // before a "." it may be left out
    return Node{.kind = Kind::element};
  }

  Result<Node> number() {
    const Token& token = here();
    const char* begin = token.source.data();
    const char* end = begin + token.source.size();
    Node node;
    std::errc problem = {};
    if (token.source.find_first_of(".eE") == token.source.npos) {
      std::int64_t value = 0;
      problem = std::from_chars(begin, end, value).ec;
      node.constant.is = value;
    } else {
      double value = 0;
      problem = std::from_chars(begin, end, value).ec;
      node.constant.is = value;
    }
    if (problem != std::errc{}) return error("this number is out of range");
    ++at_;
    return node;
  }

  Result<Node> name() {
    const std::string_view word = here().source;
    if (stands("(", 1)) return call();
    Node node;
    if (word == "true" || word == "false") {
      node.constant.is = word == "true";
    } else if (word == "result") {
      node.kind = Kind::result;
    } else if (word != "nil") {
      for (const Binary& one : kBinary) {
        if (one.word == word) return expected("a value");
      }
      return error("unknown name \"" + std::string(word) + "\": what was measured is \"result\"");
    }
    ++at_;
    return node;
  }

  Result<Node> call() {
    const std::string word(here().source);
    const Signature* signature = find_signature(word);
    if (!signature) return error("unknown function \"" + word + "\"");
    const std::size_t offset = here().offset;
    at_ += 2;
    Node node{.kind = Kind::call, .function = signature->function};
    if (signature->has_predicate) {
      TRY(Node array, expression(0));
      node.operands.push_back(std::move(array));
      if (take(",") && !stands(")")) {
        TRY(Node what, predicate());
        node.operands.push_back(std::move(what));
      }
      if (!take(")")) return expected("\")\"");
    } else {
      TRY(node.operands, list(")"));
    }
    const std::size_t count = node.operands.size();
    if (count >= signature->least && count <= signature->most) return node;
    const std::size_t want = signature->least;
    return fail_at(text_, offset,
                   word + " takes " + std::to_string(want) +
                       (want == 1 ? " argument, not " : " arguments, not ") +
                       std::to_string(count));
  }

  // {# > 0}, or the same without braces.
  Result<Node> predicate() {
    const bool braces = take("{");
    ++predicates_;
    TRY(Node node, expression(0));
    --predicates_;
    if (braces && !take("}")) return expected("\"}\"");
    return node;
  }

  // a, b, c and `close`; a comma may stand before it.
  Result<std::vector<Node>> list(std::string_view close) {
    std::vector<Node> nodes;
    while (!take(close)) {
      TRY(Node node, expression(0));
      nodes.push_back(std::move(node));
      if (!take(",") && !stands(close)) return expected("\",\" or \"" + std::string(close) + "\"");
    }
    return nodes;
  }

  // .a, ?.a, [0], ?.[0]
  Result<Node> members(Node node) {
    bool joined = false;
    while (true) {
      Operator op = Operator::member;
      const bool dot = take(".");
      const bool optional = !dot && take("?.");
      if (optional) op = Operator::optional_member;
      Node key;
      if (!dot && stands("[")) {
        ++at_;
        TRY(key, expression(0));
        if (!take("]")) return expected("\"]\"");
      } else if (dot || optional) {
        if (here().kind != Token::Kind::name) return expected("a name");
        key = Node{.kind = Kind::text, .text = std::string(here().source)};
        ++at_;
      } else {
        return node;
      }
      if (!joined) node = node_of(Kind::operations, std::move(node));
      joined = true;
      node.operators.push_back(op);
      node.operands.push_back(std::move(key));
    }
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int predicates_ = 0;  // around this place
};

}  // namespace

std::string_view word_of(Operator op) {
  for (const Binary& one : kBinary) {
    if (one.op == op) return one.word;
  }
  for (const Unary& one : kUnary) {
    if (one.op == op) return one.word;
  }
  return op == Operator::member ? "." : "?.";
}

const Signature* find_signature(std::string_view name) {
  for (const Signature& one : kSignatures) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

std::string_view name_of(Function function) {
  for (const Signature& one : kSignatures) {
    if (one.function == function) return one.name;
  }
  return {};
}

Result<Condition> parse_condition(std::string_view text) {
  if (text.size() > kTextMax) {
    return fail(Code::invalid,
                "a condition is at most 4096 bytes long, not " + std::to_string(text.size()));
  }
  TRY(std::vector<Token> tokens, tokens_of(text));
  TRY(Node root, Parser(text, std::move(tokens)).whole());
  return Condition(std::make_shared<const Node>(std::move(root)));
}

}  // namespace weir::analysis
