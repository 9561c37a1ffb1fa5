#include "controller/cli/text/duration.h"

#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace weir::cli {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;

std::optional<double> unit_ms(std::string_view unit) {
  if (unit == "ms") return 1.0;
  if (unit == "s") return 1000.0;
  if (unit == "m") return 60'000.0;
  if (unit == "h") return 3'600'000.0;
  return std::nullopt;
}

constexpr double kLongestMs = 1e15;  // 30,000 years: far from where the arithmetic ends

std::string two_units(long long major, const char* major_unit, long long minor,
                      const char* minor_unit) {
  std::string text = std::to_string(major) + major_unit;
  if (minor != 0) text += std::to_string(minor) + minor_unit;
  return text;
}

// The digits at `at`, exactly `count` of them.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return std::nullopt;
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (std::isdigit(static_cast<unsigned char>(text[i])) == 0) return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

// "Z", "+02:00": minutes to take away.
std::optional<int> offset_minutes(std::string_view zone) {
  if (zone == "Z" || zone == "z") return 0;
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return std::nullopt;
  const auto hours = digits(zone, 1, 2);
  const auto minutes = digits(zone, 4, 2);
  if (!hours || !minutes) return std::nullopt;
  return (*hours * 60 + *minutes) * (zone[0] == '-' ? -1 : 1);
}

struct Civil {
  std::chrono::year_month_day date;
  long long hour, minute, second;
};

Civil civil(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const long long rest = duration_cast<seconds>(time - day).count();
  return {.date = day, .hour = rest / 3600, .minute = rest / 60 % 60, .second = rest % 60};
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  const auto refuse = [&] {
    return fail(Code::bad_request,
                "invalid duration \"" + std::string(text) + "\": write it like 30s, 5m, 1h30m");
  };
  std::string rest(text);
  const bool negative = !rest.empty() && rest[0] == '-';
  if (negative) rest.erase(0, 1);
  if (rest == "0") return Duration{0};
  if (rest.empty()) return refuse();
  double total_ms = 0;
  while (!rest.empty()) {
    if (std::isdigit(static_cast<unsigned char>(rest[0])) == 0 && rest[0] != '.') return refuse();
    std::size_t number_end = rest.find_first_not_of("0123456789.");
    if (number_end == std::string::npos) return refuse();
    const double number = std::strtod(rest.substr(0, number_end).c_str(), nullptr);
    const std::size_t unit_end =
        std::min(rest.find_first_of("0123456789.", number_end), rest.size());
    const auto scale = unit_ms(std::string_view(rest).substr(number_end, unit_end - number_end));
    if (!scale) return refuse();
    total_ms += number * *scale;
    if (!(total_ms < kLongestMs)) return refuse();
    rest.erase(0, unit_end);
  }
  const auto ms = static_cast<long long>(std::llround(total_ms));
  return Duration{negative ? -ms : ms};
}

std::string human_duration(Duration duration) {
  const long long s = duration_cast<seconds>(duration).count();
  if (s < -1) return "<invalid>";
  if (s < 0) return "0s";
  if (s < 2 * 60) return std::to_string(s) + "s";
  const long long minutes = s / 60;
  if (minutes < 10) return two_units(minutes, "m", s % 60, "s");
  if (minutes < 3 * 60) return std::to_string(minutes) + "m";
  const long long hours = minutes / 60;
  if (hours < 8) return two_units(hours, "h", minutes % 60, "m");
  if (hours < 48) return std::to_string(hours) + "h";
  const long long days = hours / 24;
  if (hours < 8 * 24) return two_units(days, "d", hours % 24, "h");
  if (days < 2 * 365) return std::to_string(days) + "d";
  if (days < 8 * 365) return two_units(days / 365, "y", days % 365, "d");
  return std::to_string(days / 365) + "y";
}

std::optional<Time> parse_time(std::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' ||
      (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  std::size_t at = 19;
  long long ms = 0;
  if (text[at] == '.') {
    long long scale = 100;
    for (++at; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0; ++at) {
      ms += (text[at] - '0') * scale;
      scale /= 10;
    }
  }
  const auto offset = offset_minutes(text.substr(at));
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!offset || !date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{*hour} +
         std::chrono::minutes{*minute - *offset} + seconds{*second} + Duration{ms};
}

std::string age(std::string_view rfc3339, Time now) {
  const auto then = parse_time(rfc3339);
  return then ? human_duration(now - *then) : "<unknown>";
}

std::string rfc3339(Time time) {
  const Civil c = civil(time);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02lld:%02lld:%02lldZ",
                static_cast<int>(c.date.year()), static_cast<unsigned>(c.date.month()),
                static_cast<unsigned>(c.date.day()), c.hour, c.minute, c.second);
  return text.data();
}

std::string rfc1123(std::string_view rfc3339) {
  static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto time = parse_time(rfc3339);
  if (!time) return std::string(rfc3339);
  const Civil c = civil(*time);
  const std::chrono::weekday day{std::chrono::floor<std::chrono::days>(*time)};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02lld:%02lld:%02lld +0000",
                kDays[day.c_encoding()], static_cast<unsigned>(c.date.day()),
                kMonths[static_cast<unsigned>(c.date.month()) - 1], static_cast<int>(c.date.year()),
                c.hour, c.minute, c.second);
  return text.data();
}

}  // namespace weir::cli
