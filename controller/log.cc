#include "controller/log.h"

#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "reconcilers/object_text.h"

namespace weir {

namespace {

std::string_view text(Level level) {
  switch (level) {
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
  }
  return "info";
}

}  // namespace

void log(Level level, std::string_view message,
         std::initializer_list<std::pair<std::string_view, std::string_view>> values) {
  nlohmann::ordered_json line;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  line["ts"] = time_text(now);
  line["level"] = text(level);
  line["msg"] = message;
  for (const auto& [name, value] : values) line[std::string(name)] = value;
  const std::string bytes =
      line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  // One write a line: lines of several threads do not mix. A log that cannot be written has nobody
  // to tell it to.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, bytes.data(), bytes.size());
}

}  // namespace weir
