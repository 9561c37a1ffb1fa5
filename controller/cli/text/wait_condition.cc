#include "controller/cli/text/wait_condition.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "controller/cli/text/fields.h"

namespace weir::cli {
namespace {

bool same_word(const std::string& a, const std::string& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return std::tolower(static_cast<unsigned char>(x)) ==
                  std::tolower(static_cast<unsigned char>(y));
         });
}

// {.status.phase}=Running: the '=' behind the braces, not one inside a filter.
Result<WaitCondition> parse_path_condition(const std::string& text) {
  std::size_t end = text.find('=');
  if (text.starts_with("{")) {
    const std::size_t brace = text.rfind('}');
    if (brace == std::string::npos) {
      return fail(Code::bad_request, "jsonpath wait condition: missing '}' in " + text);
    }
    end = text.find('=', brace);
  }
  WaitCondition condition{.kind = WaitCondition::Kind::json_path};
  if (end != std::string::npos) {
    condition.value = text.substr(end + 1);
    if (condition.value.size() >= 2 && condition.value.front() == condition.value.back() &&
        (condition.value.front() == '\'' || condition.value.front() == '"')) {
      condition.value = condition.value.substr(1, condition.value.size() - 2);
    }
    if (condition.value.empty()) {
      return fail(Code::bad_request, "jsonpath wait has to have a value after equal sign");
    }
  }
  TRY(JsonPath path, JsonPath::parse_relaxed(text.substr(0, end)));
  condition.path.push_back(std::move(path));
  return condition;
}

bool condition_holds(const WaitCondition& wanted, const json& object) {
  const json& status = at(object, {"status"});
  const long generation = number(object, {"metadata", "generation"});
  // A status of an older spec says nothing yet.
  if (number(status, {"observedGeneration"}, generation) < generation) return false;
  for (const json& condition : items(at(status, {"conditions"}))) {
    if (!same_word(text(condition, {"type"}), wanted.name)) continue;
    if (number(condition, {"observedGeneration"}, generation) < generation) return false;
    return same_word(text(condition, {"status"}), wanted.value);
  }
  return false;
}

bool path_holds(const WaitCondition& wanted, const json& object) {
  const std::vector<std::string> values = wanted.path.front().values(object);
  if (wanted.value.empty()) return !values.empty();
  return values.size() == 1 && values.front() == wanted.value;
}

}  // namespace

Result<WaitCondition> parse_wait_condition(const std::string& text) {
  constexpr std::string_view kCondition = "condition=", kJsonPath = "jsonpath=";
  if (same_word(text, "delete")) return WaitCondition{.kind = WaitCondition::Kind::deleted};
  if (same_word(text, "create")) return WaitCondition{.kind = WaitCondition::Kind::created};
  if (text.starts_with(kCondition)) {
    const std::string rest = text.substr(kCondition.size());
    const std::size_t equals = rest.find('=');
    return WaitCondition{.name = rest.substr(0, equals),
                         .value = equals == std::string::npos ? "true" : rest.substr(equals + 1)};
  }
  if (text.starts_with(kJsonPath)) return parse_path_condition(text.substr(kJsonPath.size()));
  return fail(Code::bad_request,
              text.empty()
                  ? "--for is required: condition=NAME, jsonpath={PATH}=VALUE, delete, create"
                  : "unrecognized condition: \"" + text + "\"");
}

bool condition_met(const WaitCondition& condition, const json& object, const std::string& uid) {
  switch (condition.kind) {
    case WaitCondition::Kind::deleted:
      return object.is_null() || text(object, {"metadata", "uid"}) != uid;
    case WaitCondition::Kind::created:
      return !object.is_null();
    case WaitCondition::Kind::json_path:
      return path_holds(condition, object);
    case WaitCondition::Kind::condition:
      break;
  }
  return condition_holds(condition, object);
}

}  // namespace weir::cli
