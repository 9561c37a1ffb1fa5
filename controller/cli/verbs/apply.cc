// weir apply: each document of a manifest is sent as server-side apply, and what became of it is
// said; with --wait, until the server has made it true.

#include <nlohmann/json.hpp>

#include "controller/cli/text/fields.h"
#include "controller/cli/text/output.h"
#include "controller/cli/verbs/rollout_watch.h"
#include "controller/cli/verbs/server_apply.h"
#include "controller/cli/verbs/targets.h"
#include "controller/cli/verbs/verbs.h"

namespace weir::cli {
namespace {

class Applier {
 public:
  Applier(Session& session, const ApplyOptions& options, Output output)
      : session_(session),
        options_(options),
        output_(std::move(output)),
        outcome_(session.io.err) {}

  Result<int> run() {
    const Manifests manifests = read_manifests(options_.manifests, session_.io.in, session_.io.err);
    for (const Error& error : manifests.errors) outcome_.fail(error);
    if (manifests.documents.empty() && manifests.errors.empty()) {
      return fail(Code::invalid, "no objects passed to apply");
    }
    for (const Manifest& manifest : manifests.documents) {
      const auto applied = apply_one(manifest);
      if (!applied && applied.error().message == kInterrupted)
        return tl::unexpected(applied.error());
      outcome_.ok(applied);
    }
    print_collected();
    if (options_.wait && options_.dry_run == "none") {
      for (const Target& target : applied_) {
        const auto settled = wait_until_settled(session_, target, {.timeout = options_.timeout});
        if (!settled && settled.error().message == kInterrupted) {
          return tl::unexpected(settled.error());
        }
        outcome_.ok(settled);
      }
    }
    return outcome_.exit_code();
  }

 private:
  Result<bool> apply_one(const Manifest& manifest) {
    TRY(const Target target, target_of(session_, manifest));
    // What it was before tells `configured` from `unchanged`.
    const auto before = session_.client.get(target.path());
    if (!before && before.error().code != Code::not_found) return tl::unexpected(before.error());
    json after = *manifest.document;
    std::string verb = before ? "configured" : "created";
    if (options_.dry_run != "client") {
      TRY(after, server_apply(session_, target, manifest,
                              {.dry_run = options_.dry_run == "server",
                               .force = options_.force_conflicts,
                               .field_manager = options_.field_manager}));
      if (before && same_version(*before, after)) verb = "unchanged";
    }
    report(target, verb, std::move(after));
    applied_.push_back(target);
    return true;
  }

  bool same_version(const json& before, const json& after) const {
    if (options_.dry_run == "none") {
      return text(before, {"metadata", "resourceVersion"}) ==
             text(after, {"metadata", "resourceVersion"});
    }
    return comparable(before) == comparable(after);
  }

  void report(const Target& target, const std::string& verb, json object) {
    if (options_.output.empty()) {
      const std::string suffix = options_.dry_run == "server"   ? " (server dry run)"
                                 : options_.dry_run == "client" ? " (dry run)"
                                                                : "";
      session_.io.out << target.resource.singular_name() << "/" << target.name << " " << verb
                      << suffix << std::endl;
    } else if (output_.format == Output::Format::name) {
      session_.io.out << target.resource.singular_name() << "/" << target.name << std::endl;
    } else {
      hide_managed_fields(object);
      collected_.push_back(std::move(object));
    }
  }

  void print_collected() {
    if (collected_.empty()) return;
    if (collected_.size() == 1) {
      session_.io.out << print_document(output_, collected_.front());
      return;
    }
    session_.io.out << print_document(output_, {{"apiVersion", "v1"},
                                                {"kind", "List"},
                                                {"metadata", json::object()},
                                                {"items", collected_}});
  }

  Session& session_;
  const ApplyOptions& options_;
  const Output output_;
  Outcome outcome_;
  std::vector<Target> applied_ = {};
  std::vector<json> collected_ = {};
};

}  // namespace

Result<int> apply(Session& session, const ApplyOptions& options) {
  TRY(Output output, parse_output(options.output));
  return Applier(session, options, std::move(output)).run();
}

}  // namespace weir::cli
