#include "controller/cli/text/why_text.h"

#include <cctype>

#include "controller/cli/text/duration.h"
#include "controller/cli/text/fields.h"
#include "controller/cli/text/json_path.h"
#include "controller/cli/text/tab_writer.h"

namespace weir::cli {
namespace {

std::string section(const std::string& name, const json& lines) {
  std::string title = name;
  title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
  std::string out = title + ":\n";
  for (const json& line : items(lines)) out += "  " + align_tabs(plain_text(line)) + "\n";
  return out;
}

}  // namespace

std::string why_text(const json& answer, const std::string& title, Time now) {
  std::string out = title;
  if (const std::string at = text(answer, {"planned_at"}); !at.empty()) {
    out += ", planned " + age(at, now) + " ago";
  }
  std::string rows = "\n  STEP\tVERDICT\n";
  for (const json& step : items(at(answer, {"plan"}))) {
    rows += "  " + text(step, {"step"}) + "\t" + text(step, {"verdict"}) + "\n";
  }
  out += align_tabs(rows);
  if (const std::string step = text(answer, {"stopped_by"}); !step.empty()) {
    out += "Stopped by: " + step + "\n";
  }
  for (const auto& [key, value] : members(answer)) {
    if (key == "plan" || key.empty()) continue;
    if (value.is_array() && !value.empty()) out += section(key, value);
  }
  if (const std::string at = text(answer, {"wake_at"}); !at.empty()) {
    const auto time = parse_time(at);
    out += "Looks again at " + at +
           (time && *time > now ? " (in " + human_duration(*time - now) + ")" : "") + "\n";
  }
  return out;
}

}  // namespace weir::cli
