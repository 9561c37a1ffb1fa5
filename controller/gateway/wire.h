#pragma once

// What weir serve, the gateway's holder and its worker say to each other, one JSON object a line.
//
// To the holder, from weir serve:
//   {"publish": 7, "listeners": […]}
//   {"upgrade": PATH}                 a new worker, of this program (also: weir gateway upgrade)
//   {"stop": true}                    (also: weir gateway stop)
//
// To the worker, from the holder: what serve published, as it is, and
//   {"listen": NAME}                  with the socket
//   {"unlisten": NAME}
//   {"drain": true}
//
// To serve, from the holder:
//   {"epoch": 7, "routed": [ID…], "draining": {ID: 2}, "program": "…"}   each worker's, as one
//   {"published": 7}                  the newest that it was told, as a greeting: another weir's
//                                     tables may not be in force yet, and are not to be taken for
//                                     one's own
//   {"closed": {NAME: "…"}}           the listeners that cannot be opened, and why
//   {"traffic": […], "listeners": […], "io": "…", "log_lines_dropped": 0}
//                                     what was seen of each, by all workers

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "controller/gateway/worker.h"
#include "controller/result.h"
#include "reconcilers/route_table.h"

namespace weir::gateway {

struct Message {
  std::uint64_t publish = 0;    // the epoch; 0: it is not that
  std::uint64_t published = 0;  // likewise
  RouteTable table = {};
  std::string upgrade = {};
  bool stop = false;
  bool drain = false;
  std::string listen = {};
  std::string unlisten = {};
  std::optional<Progress> progress = {};
  std::string program = {};  // with progress: which one the worker runs
  std::optional<std::map<std::string, std::string>> closed = {};
  std::optional<TrafficReport> traffic = {};
};

Result<Message> read_message(std::string_view line);

std::string publish_line(std::uint64_t epoch, const RouteTable& table);
std::string published_line(std::uint64_t epoch);
std::string listen_line(const std::string& listener);
std::string unlisten_line(const std::string& listener);
std::string progress_line(const Progress& progress, const std::string& program);
std::string traffic_line(const TrafficReport& traffic);
std::string closed_line(const std::map<std::string, std::string>& closed);
std::string upgrade_line(const std::string& program);
inline constexpr char kDrainLine[] = R"({"drain":true})";
inline constexpr char kStopLine[] = R"({"stop":true})";

// The program that this process runs: where it is (empty: it is no longer there), and which file it
// is, so that two of one path and different content differ.
struct Program {
  std::string path = {};
  std::string identity = {};
};
Program this_program();

}  // namespace weir::gateway
