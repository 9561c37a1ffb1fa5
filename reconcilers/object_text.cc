#include "reconcilers/object_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <type_traits>

#include "gen/fields.h"

namespace weir {
namespace {

std::string quoted(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += {'\\', 'x', kHex[(c >> 4) & 15], kHex[c & 15]};
    } else {
      out += c;
    }
  }
  return out + '"';
}

// Keys that could be taken for something else are quoted, as in YAML's flow style.
std::string key_text(std::string_view key) {
  const bool plain = !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '/';
  });
  return plain ? std::string(key) : quoted(key);
}

// How many bytes a base64 text stands for; what a Secret shows instead of its value.
std::size_t decoded_size(std::string_view base64) {
  const std::size_t padding = base64.ends_with("==") ? 2 : base64.ends_with("=") ? 1 : 0;
  return base64.size() / 4 * 3 - std::min(padding, base64.size());
}

// How the values of one field are shown.
enum class Look { plain, secret_text, secret_base64 };

Look look_of(std::string_view field, Presence presence) {
  if (!presence.secret) return Look::plain;
  return field == "data" ? Look::secret_base64 : Look::secret_text;
}

// kubectl keeps a copy of what was applied in an annotation, a Secret's values included.
Look look_of_entry(std::string_view key, Look look) {
  return key == "kubectl.kubernetes.io/last-applied-configuration" ? Look::secret_text : look;
}

std::string text(const std::string& value, Look look) {
  if (look == Look::plain) return quoted(value);
  const std::size_t size = look == Look::secret_base64 ? decoded_size(value) : value.size();
  return "<" + std::to_string(size) + " bytes>";
}
std::string text(std::int64_t value, Look) { return std::to_string(value); }
std::string text(double value, Look) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}
std::string text(bool value, Look) { return value ? "true" : "false"; }
std::string text(std::chrono::sys_seconds value, Look) { return time_text(value); }
std::string text(const api::Json& value, Look) { return value.text; }
std::string text(const api::IntOrString& value, Look) {
  return value.is_string ? quoted(value.text) : std::to_string(value.number);
}
template <class T>
std::string text(const std::optional<T>& value, Look look);
template <class T>
std::string text(const std::vector<T>& values, Look look);
template <class T>
std::string text(const std::map<std::string, T>& values, Look look);
template <Reflected T>
std::string text(const T& value, Look look);

// Adds the fields of a struct that differ from their defaults. A class and not a lambda: compiled
// once a field type, not once a struct and field type.
struct FieldPrinter {
  std::string& out;
  template <class F>
  void operator()(std::string_view name, Presence presence, const F& field, const F& otherwise) {
    if (field == otherwise) return;
    if (out.size() > 1) out += ", ";
    out.append(name).append(": ").append(text(field, look_of(name, presence)));
  }
};

template <class T>
std::string text(const std::optional<T>& value, Look look) {
  return value ? text(*value, look) : "(none)";
}
template <class T>
std::string text(const std::vector<T>& values, Look look) {
  std::string out = "[";
  for (const T& value : values) out += (out.size() > 1 ? ", " : "") + text(value, look);
  return out + "]";
}
template <class T>
std::string text(const std::map<std::string, T>& values, Look look) {
  std::string out = "{";
  for (const auto& [key, value] : values) {
    out +=
        (out.size() > 1 ? ", " : "") + key_text(key) + ": " + text(value, look_of_entry(key, look));
  }
  return out + "}";
}
template <Reflected T>
std::string text(const T& value, Look) {
  static const T kDefault{};
  std::string out = "{";
  visit_fields(FieldPrinter{out}, value, kDefault);
  return out + "}";
}

// Walks two values in step and writes a line where they differ, as deep as both have the place.
// `path` ends at the struct that is being walked.
struct Differ {
  std::vector<std::string>& lines;
  std::string path = {};

  template <class F>
  void operator()(std::string_view name, Presence presence, const F& before, const F& after) {
    if (before == after) return;
    const std::string place = path.empty() ? std::string(name) : path + "." + std::string(name);
    compare(place, look_of(name, presence), before, after);
  }

 private:
  void line(const std::string& place, const std::string& before, const std::string& after) {
    lines.push_back(place + ": " + before + " -> " + after);
  }
  // One element of a list or map, or an optional: absent on one side, or compared deeper.
  template <class T>
  void element(const std::string& place, Look look, const T* before, const T* after) {
    if (before && after) {
      if (*before != *after) compare(place, look, *before, *after);
    } else {
      line(place, before ? text(*before, look) : "(none)", after ? text(*after, look) : "(none)");
    }
  }

  // An empty text is an absent field.
  void compare(const std::string& place, Look look, const std::string& before,
               const std::string& after) {
    const auto shown = [&](const std::string& x) { return x.empty() ? "(none)" : text(x, look); };
    line(place, shown(before), shown(after));
  }
  void compare(const std::string& place, Look, const api::Json& before, const api::Json& after) {
    const auto shown = [](const api::Json& x) { return x.text.empty() ? "(none)" : x.text; };
    line(place, shown(before), shown(after));
  }
  template <class T>
  void compare(const std::string& place, Look look, const T& before, const T& after) {
    if constexpr (Reflected<T>) {
      visit_fields(Differ{lines, place}, before, after);
    } else {
      line(place, text(before, look), text(after, look));
    }
  }
  template <class T>
  void compare(const std::string& place, Look look, const std::optional<T>& before,
               const std::optional<T>& after) {
    element(place, look, before ? &*before : nullptr, after ? &*after : nullptr);
  }
  template <class T>
  void compare(const std::string& place, Look look, const std::vector<T>& before,
               const std::vector<T>& after) {
    for (std::size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
      element(place + "[" + std::to_string(i) + "]", look, i < before.size() ? &before[i] : nullptr,
              i < after.size() ? &after[i] : nullptr);
    }
  }
  template <class T>
  void compare(const std::string& place, Look look, const std::map<std::string, T>& before,
               const std::map<std::string, T>& after) {
    std::map<std::string_view, std::pair<const T*, const T*>> both;
    for (const auto& [key, value] : before) both[key].first = &value;
    for (const auto& [key, value] : after) both[key].second = &value;
    for (const auto& [key, values] : both) {
      element(place + "." + key_text(key), look_of_entry(key, look), values.first, values.second);
    }
  }
};

std::optional<int> digits(std::string_view& text, std::size_t count) {
  int value = 0;
  if (text.size() < count) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + count, value);
  if (error != std::errc{} || end != text.data() + count || value < 0) return std::nullopt;
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string to_text(const Object& object) {
  const auto one = [&](const auto& x) { return text(x, Look::plain); };
  return std::string(info(kind_of(object)).name) + std::visit(one, object);
}

std::string template_text(const api::PodTemplateSpec& pod_template) {
  return text(pod_template, Look::plain);
}

std::vector<std::string> diff(const Object& before, const Object& after) {
  std::vector<std::string> lines;
  if (before.index() != after.index())
    return {"kind: " + to_text(before) + " -> " + to_text(after)};
  std::visit(
      [&](const auto& x) {
        const auto& y = std::get<std::remove_cvref_t<decltype(x)>>(after);
        visit_fields(Differ{lines}, x, y);
      },
      before);
  return lines;
}

std::string time_text(std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  const auto padded = [](int value, std::size_t width) {
    std::string text = std::to_string(value);
    return std::string(width - std::min(width, text.size()), '0') + text;
  };
  const auto part = [&](auto value) { return padded(static_cast<int>(value), 2); };
  return padded(static_cast<int>(date.year()), 4) + "-" + part(unsigned(date.month())) + "-" +
         part(unsigned(date.day())) + "T" + part(clock.hours().count()) + ":" +
         part(clock.minutes().count()) + ":" + part(clock.seconds().count()) + "Z";
}

std::optional<std::chrono::sys_seconds> parse_time(std::string_view text) {
  // The separators of 2024-02-29T23:59:59, each after its number.
  static constexpr std::array<std::pair<std::size_t, char>, 6> kParts{
      {{4, '-'}, {2, '-'}, {2, 'T'}, {2, ':'}, {2, ':'}, {2, '\0'}}};
  std::array<int, 6> n{};
  for (std::size_t i = 0; i < kParts.size(); ++i) {
    const auto number = digits(text, kParts[i].first);
    if (!number) return std::nullopt;
    n[i] = *number;
    if (kParts[i].second != '\0' && !take(text, kParts[i].second)) return std::nullopt;
  }
  if (take(text, '.')) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    if (end == 0) return std::nullopt;
    text.remove_prefix(end);
  }
  std::chrono::minutes offset{0};
  if (!take(text, 'Z')) {
    const bool west = text.starts_with('-');
    if (!take(text, '+') && !take(text, '-')) return std::nullopt;
    const auto hours = digits(text, 2);
    if (!hours || !take(text, ':')) return std::nullopt;
    const auto minutes = digits(text, 2);
    if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    if (west) offset = -offset;
  }
  using std::chrono::day, std::chrono::month, std::chrono::year;
  const std::chrono::year_month_day date{year{n[0]}, month{static_cast<unsigned>(n[1])},
                                         day{static_cast<unsigned>(n[2])}};
  if (!text.empty() || !date.ok() || n[3] > 23 || n[4] > 59 || n[5] > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(n[3]) + std::chrono::minutes(n[4]) +
         std::chrono::seconds(n[5]) - offset;
}

}  // namespace weir
