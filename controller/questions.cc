#include "controller/questions.h"

#include <future>
#include <memory>
#include <nlohmann/json.hpp>

#include "controller/kustomization/render.h"
#include "controller/loop/plan_preview.h"
#include "reconcilers/kustomization.h"
#include "reconcilers/object_text.h"

namespace weir {

namespace {

using nlohmann::json;

constexpr std::chrono::seconds kPatience{10};

json reasons_json(const std::vector<Reason>& reasons) {
  json list = json::array();
  for (const Reason& reason : reasons) {
    list.push_back({{"step", reason.step}, {"verdict", reason.verdict}});
  }
  return list;
}

std::string reasons_text(const std::vector<Reason>& reasons) {
  std::string out;
  for (const Reason& reason : reasons) {
    out += "    " + reason.step + (reason.verdict.empty() ? "" : ": " + reason.verdict) + "\n";
  }
  return out;
}

// "scale: scaled up replica set web-1 to 3; status: …": what led to a plan, in one line.
std::string why_text(const std::vector<Reason>& reasons) {
  std::string out;
  for (const Reason& reason : reasons) {
    if (reason.verdict.empty()) continue;
    out += (out.empty() ? "" : "; ") + reason.step + ": " + reason.verdict;
  }
  return out;
}

std::string indented(const std::string& lines) {
  std::string out;
  std::size_t begin = 0;
  while (begin < lines.size()) {
    const std::size_t end = lines.find('\n', begin);
    out += "  " + lines.substr(begin, end - begin) + "\n";
    begin = end == std::string::npos ? lines.size() : end + 1;
  }
  return out;
}

}  // namespace

Result<void> Questions::on_loop(std::function<void()> ask) const {
  // Shared: the loop may come to it after the patience has ended.
  auto done = std::make_shared<std::promise<void>>();
  auto waits = std::make_shared<std::atomic<bool>>(true);
  std::future<void> answer = done->get_future();
  mailbox_.post([done, waits, ask = std::move(ask)] {
    if (waits->exchange(false)) ask();
    done->set_value();
  });
  if (answer.wait_for(kPatience) == std::future_status::ready) return {};
  if (!waits->exchange(false)) {
    answer.wait();  // it is being answered just now
    return {};
  }
  return fail(Code::timed_out, "the controller did not answer; see its log");
}

Result<json> Questions::why(const Key& key) const {
  if (!store_.get(key)) {
    const KindInfo& kind = info(key.kind);
    const std::string group = kind.group.empty() ? "" : "." + std::string(kind.group);
    return fail(Code::not_found,
                std::string(kind.plural) + group + " \"" + key.name + "\" not found");
  }
  json answer;
  TRY_VOID(on_loop([&] {
    const LastPlan* last = loop_.last_plan(key);
    if (!last) {
      answer = {{"plan", json::array()}, {"text", "not planned yet\n"}};
      return;
    }
    const std::string effects = text(last->plan, loop_.world());
    const std::vector<Reason>& reasons = last->plan.reasons;
    answer["plannedAt"] = time_text(to_seconds(last->at));
    answer["plan"] = reasons_json(reasons);
    answer["stoppedBy"] = reasons.empty() ? "" : reasons.back().step;
    answer["effects"] = effects;
    answer["text"] = text(key) + ", planned at " + time_text(to_seconds(last->at)) + "\n" +
                     reasons_text(reasons) +
                     (effects.empty() ? "  nothing to do\n" : indented(effects));
  }));
  return answer;
}

// As the store would hold it. A new object passes the door alone; one that exists is patched as
// `weir apply` would.
Result<Object> Questions::admitted(const json& document, std::vector<std::string>& warnings) const {
  TRY(const Kind kind, admission::kind_of_document(document));
  const json metadata = document.value("metadata", json::object());
  Key key{.kind = kind, .name = metadata.value("name", "")};
  if (info(kind).namespaced) key.ns = metadata.value("namespace", "default");
  if (!store_.get(key)) {
    TRY(admission::Admitted made, admission::create(document, {.ns = key.ns}));
    warnings.insert(warnings.end(), made.warnings.begin(), made.warnings.end());
    return std::move(made.object);
  }
  TRY(Written written,
      writer_.patch(key, PatchType::apply, document, true, {.manager = "weir", .dry_run = true}));
  warnings.insert(warnings.end(), written.warnings.begin(), written.warnings.end());
  return *written.object;
}

Result<json> Questions::manifests(const Key& key) const {
  ToApply asked;
  TRY_VOID(on_loop([&] { asked = what_to_apply(loop_.world(), key, clock_.now()); }));
  if (!asked.problem.empty()) return fail(Code::unavailable, asked.problem);
  TRY(json documents, kustomization::render(asked.action));
  return json{{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(documents)}};
}

Result<json> Questions::plan(const std::vector<json>& documents) const {
  std::vector<Object> desired;
  std::vector<std::string> warnings;
  for (const json& document : documents) {
    TRY(Object object, admitted(document, warnings));
    desired.push_back(std::move(object));
  }
  World world;
  TRY_VOID(on_loop([&] { world = loop_.world(); }));
  std::vector<Object> changed;
  for (const Object& object : desired) {
    const Object* before = world.find(key_of(object));
    if (!before || !(*before == object)) changed.push_back(object);
  }
  json answer{{"steps", json::array()}, {"warnings", warnings}};
  std::string lines;
  for (const Object& object : changed) {
    const Object* before = world.find(key_of(object));
    lines += (before ? "change " : "create ") + text(key_of(object)) + "\n";
    if (!before) continue;
    for (const std::string& line : diff(*before, object)) lines += "    " + line + "\n";
  }
  for (const PreviewStep& step : preview(std::move(world), changed, clock_.now())) {
    answer["steps"].push_back({{"object", text(step.key)},
                               {"effects", step.text},
                               {"reasons", reasons_json(step.reasons)}});
    lines += text(step.key) + ": " + why_text(step.reasons) + "\n" + indented(step.text);
  }
  answer["text"] =
      lines.empty() ? "nothing would be done: everything is as it is asked for\n" : lines;
  return answer;
}

}  // namespace weir
