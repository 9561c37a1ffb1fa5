#include "controller/api/http.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace weir::rest {
namespace {

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// `plus` is a space in a query and a plus in a path.
std::optional<std::string> decode(std::string_view text, bool query) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && query) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex(text[i + 1]);
      const int low = hex(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

tl::unexpected<Error> bad_escape(std::string_view part) {
  return fail(Code::bad_request, "invalid URL escape in \"" + std::string(part) + "\"");
}

}  // namespace

bool User::in_group(std::string_view group) const {
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

std::string_view Request::parameter(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return {};
}

bool Request::has(std::string_view name) const {
  return std::any_of(query.begin(), query.end(), [&](const auto& p) { return p.first == name; });
}

Result<bool> Request::flag(std::string_view name) const {
  if (!has(name)) return false;
  const std::string_view value = parameter(name);
  if (value.empty() || value == "true" || value == "1") return true;
  if (value == "false" || value == "0") return false;
  return fail(Code::bad_request, "query parameter \"" + std::string(name) +
                                     "\": want true or false, got \"" + std::string(value) + "\"");
}

Result<std::optional<std::int64_t>> Request::number(std::string_view name) const {
  const std::string_view value = parameter(name);
  if (value.empty()) return std::optional<std::int64_t>();
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
  if (error != std::errc() || end != value.data() + value.size()) {
    return fail(Code::bad_request, "query parameter \"" + std::string(name) +
                                       "\": want a number, got \"" + std::string(value) + "\"");
  }
  return std::optional(out);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

Result<Request> parse_target(std::string_view target) {
  Request request;
  const std::size_t mark = target.find('?');
  std::string_view path = target.substr(0, mark);
  std::string_view query = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    path = slash == std::string_view::npos ? "" : path.substr(slash + 1);
    if (segment.empty()) continue;
    auto text = decode(segment, false);
    if (!text) return bad_escape(segment);
    request.path.push_back(*std::move(text));
  }
  while (!query.empty()) {
    const std::size_t amp = query.find('&');
    const std::string_view pair = query.substr(0, amp);
    query = amp == std::string_view::npos ? "" : query.substr(amp + 1);
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    auto name = decode(pair.substr(0, equals), true);
    auto value = decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), true);
    if (!name || !value) return bad_escape(pair);
    request.query.emplace_back(*std::move(name), *std::move(value));
  }
  return request;
}

}  // namespace weir::rest
