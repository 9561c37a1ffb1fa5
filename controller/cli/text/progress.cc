#include "controller/cli/text/progress.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/cli/text/duration.h"
#include "controller/cli/text/event_text.h"
#include "controller/cli/text/fields.h"
#include "controller/cli/text/rollout_status.h"
#include "controller/cli/text/tab_writer.h"

namespace weir::cli {
namespace {

constexpr int kBarWidth = 20;
// A rollout over many revisions shows the newest of the old ones.
constexpr std::size_t kRevisionsShown = 6;

// Cuts at characters, not bytes.
std::string shorten(const std::string& line, int width) {
  const std::size_t limit = static_cast<std::size_t>(std::max(width, 10));
  if (display_width(line) <= limit) return line;
  std::string out;
  for (const char c : line) {
    const bool starts = (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    if (starts && display_width(out) + 1 > limit - 3) break;
    out += c;
  }
  return out + "...";
}

// The newest Event of the Deployment, one of its ReplicaSets or their Pods.
std::string newest_event(const std::string& deployment, const std::vector<json>& events) {
  std::string newest_at, newest;
  for (const json& event : events) {
    const std::string about = text(event, {"involvedObject", "name"});
    if (about != deployment && !about.starts_with(deployment + "-")) continue;
    const std::string seen = last_seen(event);
    if (seen < newest_at) continue;
    newest_at = seen;
    newest = text(event, {"reason"}) + ": " + text(event, {"message"});
  }
  return newest;
}

}  // namespace

RolloutView rollout_view(const json& deployment, const std::vector<json>& replica_sets,
                         const std::vector<json>& events) {
  RolloutView view{.desired = number(deployment, {"spec", "replicas"}, 1),
                   .last_event = newest_event(name_of(deployment), events)};
  const std::int64_t newest = revision_of(deployment);
  for (const json& replica_set : replica_sets) {
    RevisionView one{.name = name_of(replica_set),
                     .revision = revision_of(replica_set),
                     .created = number(replica_set, {"status", "replicas"}),
                     .ready = number(replica_set, {"status", "readyReplicas"}),
                     .available = number(replica_set, {"status", "availableReplicas"})};
    one.is_new = one.revision == newest;
    if (one.is_new || one.created > 0) view.revisions.push_back(std::move(one));
  }
  std::sort(view.revisions.begin(), view.revisions.end(),
            [](const RevisionView& a, const RevisionView& b) { return a.revision > b.revision; });
  if (view.revisions.size() > kRevisionsShown) view.revisions.resize(kRevisionsShown);
  return view;
}

std::string progress_bar(long done, long total, int width) {
  const long full =
      total <= 0 ? width : std::clamp(done * width / total, 0L, static_cast<long>(width));
  std::string bar(static_cast<std::size_t>(full), '=');
  if (full > 0 && full < width) bar.back() = '>';
  return "[" + bar + std::string(static_cast<std::size_t>(width - full), ' ') + "]";
}

std::string rollout_frame(const RolloutView& view, int width) {
  std::string rows;
  for (const RevisionView& one : view.revisions) {
    rows += std::string(one.is_new ? "  new" : "  old") + "\trevision " +
            std::to_string(one.revision) + "\t" +
            progress_bar(one.available, view.desired, kBarWidth) + "\t" +
            std::to_string(one.available) + "/" + std::to_string(view.desired) + " available\t" +
            std::to_string(one.ready) + " ready\t" + std::to_string(one.created) + " created\n";
  }
  std::string frame = view.title + "  " + human_duration(view.elapsed) + "\n" + align_tabs(rows);
  if (!view.last_event.empty())
    frame += "  " + align_tabs(view.last_event.substr(0, view.last_event.find('\n'))) + "\n";
  frame += "  " + view.message + "\n";
  std::string out;
  for (std::size_t begin = 0; begin < frame.size();) {
    const std::size_t end = frame.find('\n', begin);
    out += shorten(frame.substr(begin, end - begin), width - 1) + "\n";
    begin = end + 1;
  }
  return out;
}

std::string redraw(std::size_t lines_before, const std::string& frame) {
  if (lines_before == 0) return frame;
  // Up to the first line of the old frame, and away with everything below.
  return "\x1b[" + std::to_string(lines_before) + "A\r\x1b[J" + frame;
}

}  // namespace weir::cli
