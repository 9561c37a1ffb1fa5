// weir get: objects as a table that the server makes, or as documents.

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "controller/cli/client/follow.h"
#include "controller/cli/text/fields.h"
#include "controller/cli/text/output.h"
#include "controller/cli/text/table.h"
#include "controller/cli/verbs/targets.h"
#include "controller/cli/verbs/verbs.h"

namespace weir::cli {
namespace {

// Numbers by value, everything else as text.
bool sorts_before(const std::string& left, const std::string& right) {
  double a = 0, b = 0;
  const auto whole = [](const std::string& text, double& value) {
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    return !text.empty() && result.ec == std::errc{} && result.ptr == text.data() + text.size();
  };
  return whole(left, a) && whole(right, b) ? a < b : left < right;
}

void sort_by(json& list, const JsonPath& path, Names object_in_element) {
  if (!list.is_array()) return;
  std::stable_sort(list.begin(), list.end(), [&](const json& a, const json& b) {
    return sorts_before(path.text(at(a, object_in_element)), path.text(at(b, object_in_element)));
  });
}

class Getter {
 public:
  Getter(Session& session, const GetOptions& options, Output output)
      : session_(session),
        options_(options),
        output_(std::move(output)),
        outcome_(session.io.err) {}

  Result<int> run() {
    std::vector<Target> targets;
    if (!options_.manifests.empty()) {
      targets = targets_of(session_, options_.manifests, outcome_);
    } else {
      TRY(targets, targets_of(session_, {options_.what, options_.all_namespaces}));
    }
    const bool selects = !options_.selector.empty() || !options_.field_selector.empty();
    if (selects && std::any_of(targets.begin(), targets.end(),
                               [](const Target& target) { return !target.name.empty(); })) {
      return fail(Code::bad_request, "selectors and names cannot be given together");
    }
    if (!options_.sort_by.empty()) {
      TRY(sort_path_, JsonPath::parse_relaxed(options_.sort_by));
    }
    if (options_.watch || options_.watch_only) return watch(targets);
    if (output_.is_table()) {
      print_tables(targets);
    } else {
      print_documents(targets);
    }
    for (const Error& error : missing_) outcome_.fail(error);
    return outcome_.exit_code();
  }

 private:
  Query query() const {
    Query query;
    if (!options_.selector.empty()) query.emplace_back("labelSelector", options_.selector);
    if (!options_.field_selector.empty()) {
      query.emplace_back("fieldSelector", options_.field_selector);
    }
    return query;
  }

  // A failure is kept for the end, after what was found.
  std::optional<json> fetch(const Target& target) {
    Query query = this->query();
    if (output_.is_table() && sort_path_) query.emplace_back("includeObject", "Object");
    auto answer =
        session_.client.call({.path = target.path(),
                              .query = std::move(query),
                              .accept = output_.is_table() ? kAcceptTable : "application/json"});
    if (answer) return *std::move(answer);
    const bool ignored = options_.ignore_not_found && answer.error().code == Code::not_found;
    if (!ignored) missing_.push_back(answer.error());
    return std::nullopt;
  }

  TableOptions table_options(const Target& target, bool several_kinds) const {
    return {.wide = output_.format == Output::Format::wide,
            .headers = !options_.no_headers,
            .namespaces = options_.all_namespaces && target.resource.namespaced,
            .labels = options_.show_labels,
            .kind = several_kinds || options_.show_kind ? target.resource.singular_name() : ""};
  }

  // Neighbours of one kind share a table.
  void print_tables(const std::vector<Target>& targets) {
    const bool several_kinds =
        std::any_of(targets.begin(), targets.end(), [&](const Target& target) {
          return target.resource.name() != targets.front().resource.name();
        });
    bool printed = false;
    for (std::size_t begin = 0, end = 0; begin < targets.size(); begin = end) {
      TablePrinter printer(table_options(targets[begin], several_kinds));
      std::string text;
      for (; end < targets.size() && targets[end].resource.name() == targets[begin].resource.name();
           ++end) {
        auto table = fetch(targets[end]);
        if (!table || items(at(*table, {"rows"})).empty()) continue;
        if (sort_path_) sort_by((*table)["rows"], *sort_path_, {"object"});
        text += printer.print(*table);
      }
      if (text.empty()) continue;
      session_.io.out << (printed ? "\n" : "") << text;
      printed = true;
    }
    if (!printed && missing_.empty() && !options_.ignore_not_found) say_nothing_found(targets);
  }

  void say_nothing_found(const std::vector<Target>& targets) {
    session_.io.err << "No resources found";
    const bool in_namespace =
        !options_.all_namespaces && !targets.empty() && targets.front().resource.namespaced;
    if (in_namespace) session_.io.err << " in " << session_.namespace_ << " namespace.";
    session_.io.err << std::endl;
  }

  void print_documents(const std::vector<Target>& targets) {
    std::vector<json> objects;
    bool is_list = targets.size() != 1;
    std::vector<std::string> names;
    for (const Target& target : targets) {
      auto document = fetch(target);
      if (!document) continue;
      if (!options_.show_managed_fields) hide_managed_fields(*document);
      is_list = is_list || target.name.empty();
      if (target.name.empty()) {
        for (const json& item : items(at(*document, {"items"}))) {
          json object = item;
          // The items of a list say their kind once they stand alone.
          object.emplace("apiVersion", target.resource.api_version());
          object.emplace("kind", target.resource.kind);
          names.push_back(target.resource.singular_name() + "/" + name_of(item));
          objects.push_back(std::move(object));
        }
      } else {
        names.push_back(target.resource.singular_name() + "/" + name_of(*document));
        objects.push_back(*std::move(document));
      }
    }
    if (objects.empty() && !is_list) return;
    print(objects, names, is_list);
  }

  void print(std::vector<json>& objects, const std::vector<std::string>& names, bool is_list) {
    if (output_.format == Output::Format::name) {
      for (const std::string& name : names) session_.io.out << name << "\n";
      return;
    }
    if (sort_path_) {
      json sorted = std::move(objects);
      sort_by(sorted, *sort_path_, {});
      objects = sorted.get<std::vector<json>>();
    }
    if (output_.format == Output::Format::custom_columns) {
      session_.io.out << print_columns(output_, objects, !options_.no_headers);
    } else if (!is_list) {
      session_.io.out << print_document(output_, objects.front());
    } else {
      const json list{{"apiVersion", "v1"},
                      {"kind", "List"},
                      {"metadata", {{"resourceVersion", ""}}},
                      {"items", objects}};
      session_.io.out << print_document(output_, list);
    }
  }

  // --- get -w ---

  Result<int> watch(const std::vector<Target>& targets) {
    if (targets.size() != 1) {
      return fail(Code::bad_request, "you may only specify a single resource type with --watch");
    }
    const Target& target = targets.front();
    watched_ = target.resource.singular_name();
    Query query = this->query();
    if (!target.name.empty()) query = {{"fieldSelector", "metadata.name=" + target.name}};
    const std::string path = target.resource.path(target.namespace_name, "");
    const char* accept = output_.is_table() ? kAcceptTable : "application/json";
    TablePrinter printer(table_options(target, false));
    if (!target.name.empty()) {
      // So that a name that does not exist is an error, as without --watch.
      TRY_VOID(session_.client.get(target.path()));
    }
    const auto list_once = [&]() -> Result<json> {
      return session_.client.call({.path = path, .query = query, .accept = accept});
    };
    Result<json> list = list_once();
    bool quiet = options_.watch_only;
    while (true) {
      if (!list) return tl::unexpected(list.error());
      show_list(*list, printer, quiet);
      quiet = false;
      const auto end =
          session_.client.watch({.path = path,
                                 .query = query,
                                 .resource_version = text(*list, {"metadata", "resourceVersion"}),
                                 .accept = accept},
                                {.event = [&](const std::string&, const json& object) {
                                  show(object, printer);
                                  return session_.io.out.good();
                                }});
      if (!end && end.error().code != Code::unavailable) return tl::unexpected(end.error());
      list = until_available(session_.client, list_once);
    }
  }

  // The part of a list that has not been shown yet: everything, or what changed while the watch
  // was away.
  void show_list(json list, TablePrinter& printer, bool quiet) {
    const bool is_table = output_.is_table();
    json& all = list[is_table ? "rows" : "items"];
    if (!all.is_array()) all = json::array();
    std::vector<json> news;
    for (const json& one : all) {
      if (!is_news(is_table ? at(one, {"object"}) : one) || quiet) continue;
      news.push_back(one);
    }
    if (is_table) {
      all = std::move(news);
      session_.io.out << printer.print(list) << std::flush;
      return;
    }
    for (const json& one : news) show(one, printer);
  }

  bool is_news(const json& object) {
    std::string& seen = seen_[namespace_of(object) + "/" + name_of(object)];
    const std::string version = text(object, {"metadata", "resourceVersion"});
    if (!version.empty() && seen == version) return false;
    seen = version;
    return true;
  }

  void show(json object, TablePrinter& printer) {
    if (output_.is_table()) {
      for (const json& row : items(at(object, {"rows"}))) is_news(at(row, {"object"}));
      session_.io.out << printer.print(object) << std::flush;
      return;
    }
    is_news(object);
    if (!options_.show_managed_fields) hide_managed_fields(object);
    switch (output_.format) {
      case Output::Format::name:
        session_.io.out << watched_ << "/" << name_of(object) << "\n";
        break;
      case Output::Format::custom_columns:
        session_.io.out << print_columns(output_, {object}, false);
        break;
      default:
        if (output_.format == Output::Format::yaml) session_.io.out << "---\n";
        session_.io.out << print_document(output_, object);
    }
    session_.io.out << std::flush;
  }

  Session& session_;
  const GetOptions& options_;
  const Output output_;
  Outcome outcome_;
  std::optional<JsonPath> sort_path_ = {};
  std::vector<Error> missing_ = {};
  std::string watched_ = {};                      // deployment.apps
  std::map<std::string, std::string> seen_ = {};  // namespace/name → resourceVersion
};

}  // namespace

Result<int> get(Session& session, const GetOptions& options) {
  TRY(Output output, parse_output(options.output));
  return Getter(session, options, std::move(output)).run();
}

}  // namespace weir::cli
