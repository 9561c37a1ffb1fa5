// weir events: what happened, oldest first; with --watch also what happens.

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "controller/cli/client/follow.h"
#include "controller/cli/text/event_text.h"
#include "controller/cli/text/fields.h"
#include "controller/cli/text/output.h"
#include "controller/cli/text/tab_writer.h"
#include "controller/cli/verbs/targets.h"
#include "controller/cli/verbs/verbs.h"

namespace weir::cli {
namespace {

bool same_word(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

// A message is one line of the table.
std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

class EventLister {
 public:
  EventLister(Session& session, const EventsOptions& options, Output output)
      : session_(session), options_(options), output_(std::move(output)) {}

  Result<int> run() {
    path_ = options_.all_namespaces
                ? "/api/v1/events"
                : "/api/v1/namespaces/" + escape(session_.namespace_) + "/events";
    if (!options_.about.empty()) {
      TRY(const Target about, one_target(session_, {options_.about}));
      query_ = {{"fieldSelector", "involvedObject.kind=" + about.resource.kind +
                                      ",involvedObject.name=" + about.name}};
    }
    const auto list_once = [&] { return session_.client.get(path_, query_); };
    TRY(json list, list_once());
    std::vector<json> events = chosen(items(at(list, {"items"})));
    sort_events(events);
    if (!output_.is_table()) return print_as_documents(events);
    if (events.empty() && !options_.watch) {
      session_.io.err << "No events found"
                      << (options_.all_namespaces ? "."
                                                  : " in " + session_.namespace_ + " namespace.")
                      << std::endl;
      return 0;
    }
    show(events);
    while (options_.watch) {
      const auto end =
          session_.client.watch({.path = path_,
                                 .query = query_,
                                 .resource_version = text(list, {"metadata", "resourceVersion"})},
                                {.event = [&](const std::string& type, const json& object) {
                                  if (type != "DELETED") show(chosen({object}));
                                  return session_.io.out.good();
                                }});
      if (!end && end.error().code != Code::unavailable) return tl::unexpected(end.error());
      TRY(list, until_available(session_.client, list_once));
      show(chosen(items(at(list, {"items"}))));
    }
    return 0;
  }

 private:
  // Those of the wanted types that have not been shown in this state.
  std::vector<json> chosen(const std::vector<json>& events) {
    std::vector<json> out;
    for (const json& event : events) {
      const std::string type = text(event, {"type"});
      const bool wanted = options_.types.empty() ||
                          std::any_of(options_.types.begin(), options_.types.end(),
                                      [&](const std::string& one) { return same_word(one, type); });
      std::string& seen = seen_[text(event, {"metadata", "uid"})];
      const std::string version = text(event, {"metadata", "resourceVersion"});
      if (!wanted || (!version.empty() && seen == version)) continue;
      seen = version;
      out.push_back(event);
    }
    return out;
  }

  void show(const std::vector<json>& events) {
    std::vector<std::vector<std::string>> rows;
    if (!header_shown_ && !options_.no_headers) {
      rows.push_back({"LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"});
      if (options_.all_namespaces) rows.back().insert(rows.back().begin(), "NAMESPACE");
    }
    header_shown_ = true;
    for (const json& event : events) {
      rows.push_back(
          {event_age(event, session_.io.now()), text(event, {"type"}), text(event, {"reason"}),
           text(event, {"involvedObject", "kind"}) + "/" + text(event, {"involvedObject", "name"}),
           one_line(text(event, {"message"}))});
      if (options_.all_namespaces) rows.back().insert(rows.back().begin(), namespace_of(event));
    }
    session_.io.out << lines_.lines(rows) << std::flush;
  }

  Result<int> print_as_documents(std::vector<json>& events) {
    for (json& event : events) hide_managed_fields(event);
    session_.io.out << print_document(
        output_,
        {{"apiVersion", "v1"}, {"kind", "List"}, {"metadata", json::object()}, {"items", events}});
    return 0;
  }

  Session& session_;
  const EventsOptions& options_;
  const Output output_;
  std::string path_ = {};
  Query query_ = {};
  std::map<std::string, std::string> seen_ = {};  // uid → resourceVersion
  bool header_shown_ = false;
  GrowingTable lines_ = {};
};

}  // namespace

Result<int> events(Session& session, const EventsOptions& options) {
  TRY(Output output, parse_output(options.output));
  return EventLister(session, options, std::move(output)).run();
}

}  // namespace weir::cli
