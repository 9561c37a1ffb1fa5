#include "tests/sim/sim_git_ops.h"

#include <nlohmann/json.hpp>

#include "controller/admission/codec.h"
#include "controller/admission/manifest.h"
#include "reconcilers/flux.h"
#include "reconcilers/inventory.h"

namespace weir::sim {

using nlohmann::json;

struct SimGitOps::Application {
  int life = 0;
  std::vector<Object> left = {};
  Applied applied = {};
  std::function<void(Applied)> on_applied = {};
};

void SimGitOps::begin_life(Store& store) {
  store_ = &store;
  ++life_;
}

void SimGitOps::push(const std::string& url, const std::string& commit,
                     std::vector<Object> objects) {
  heads_[url] = commit;
  commits_[commit] = std::move(objects);
}

void SimGitOps::fetch(const FetchSource& what, std::function<void(Source)> on_fetched) {
  const auto head = heads_.find(what.spec.url);
  if (failing_ || head == heads_.end()) {
    return on_fetched({.reason = "GitOperationFailed", .message = "no answer"});
  }
  Source source;
  if (!what.has_files || what.last_commit != head->second) {
    source.artifact = {
        .revision = "master@sha1:" + head->second,
        .commit = head->second,
        .digest = "sha256:" + head->second,
        .files = std::make_shared<const SourceFiles>(SourceFiles{{"commit", head->second}})};
  }
  on_fetched(std::move(source));
}

void SimGitOps::apply(const ApplySource& what, std::function<void(Applied)> on_applied) {
  auto application = std::make_shared<Application>();
  application->life = life_;
  application->on_applied = std::move(on_applied);
  const std::string& commit = what.files->at("commit");
  application->applied.digest = "sha256:" + commit;
  for (Object object : commits_.at(commit)) {
    meta(object).labels[flux::kNameLabel] = what.kustomization.name;
    meta(object).labels[flux::kNamespaceLabel] = what.kustomization.ns;
    application->left.push_back(std::move(object));
  }
  go_on(std::move(application));
}

// One object a write, the next when it is durable.
void SimGitOps::go_on(std::shared_ptr<Application> application) {
  if (application->life != life_) return;
  if (application->left.empty()) return application->on_applied(std::move(application->applied));
  Object object = std::move(application->left.front());
  application->left.erase(application->left.begin());
  const Key key = key_of(object);
  application->applied.inventory.push_back(entry_of(key));
  Write write{.type = Write::Type::create, .key = key};
  if (const StoredPtr stored = store_->get(key)) {
    json document = *parse_json(stored->json);
    const json wanted = encode(object);
    if (document.value("spec", json()) != wanted.value("spec", json())) {
      document["spec"] = wanted["spec"];
      document["metadata"]["generation"] = document["metadata"]["generation"].get<int>() + 1;
    }
    write.type = Write::Type::update;
    write.json = document.dump();
    write.expected_version = stored->version;
  } else {
    meta(object).generation = 1;
    write.json = encode_text(object);
  }
  store_->submit({.writes = {std::move(write)}},
                 [this, application](const Result<std::vector<StoredPtr>>& stored) {
                   if (!stored) {
                     application->left.clear();
                     application->applied.reason = "ReconciliationFailed";
                     application->applied.message = stored.error().message;
                   }
                   go_on(application);
                 });
}

}  // namespace weir::sim
