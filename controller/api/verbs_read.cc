#include <nlohmann/json.hpp>

#include "controller/api/selection.h"
#include "controller/api/status.h"
#include "controller/api/verbs.h"
#include "controller/api/watch.h"
#include "controller/api/words.h"

namespace weir::rest {
namespace {

Result<std::optional<std::uint64_t>> since(const Request& request) {
  TRY(const auto version, request.number("resourceVersion"));
  // 0 means: any version, and the present objects first. So does none.
  if (!version || *version == 0) return std::optional<std::uint64_t>();
  if (*version < 0) {
    return fail(Code::bad_request, "resourceVersion: want a positive number or none");
  }
  return std::optional(static_cast<std::uint64_t>(*version));
}

// Streaming lists are of the newest clients, which list and watch when they are refused.
Error no_initial_events() {
  const std::string message =
      "Forbidden: sendInitialEvents is forbidden for watch: weir does not stream lists";
  return {.code = Code::invalid,
          .message = "ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: " + message,
          .causes = {
              {.reason = "FieldValueForbidden", .field = "sendInitialEvents", .message = message}}};
}

Result<Response> start_watch(const Call& call, Selection selection, const View& view) {
  const Request& request = call.request;
  if (request.has("sendInitialEvents")) return tl::unexpected(no_initial_events());
  WatchOptions options = {
      .selection = std::move(selection), .form = view.form, .include_object = view.include_object};
  TRY(options.since, since(request));
  TRY(options.bookmarks, request.flag("allowWatchBookmarks"));
  TRY(const auto timeout, request.number("timeoutSeconds"));
  if (timeout && *timeout > 0) options.timeout = std::chrono::seconds(*timeout);
  return watch(call.store, call.now, std::move(options));
}

}  // namespace

View Call::view() const {
  View out = {.kind = route.kind, .form = form, .now = now()};
  if (request.has("includeObject")) out.include_object = request.parameter("includeObject");
  return out;
}

Result<Response> get(const Call& call) {
  const StoredPtr stored = call.store.get(call.key());
  if (!stored) return tl::unexpected(not_found(call.kind(), call.route.name));
  return render(call.view(), *stored);
}

Result<Response> list_or_watch(const Call& call) {
  const View view = call.view();
  TRY(Selection selection, Selection::of(call.route, call.request));
  TRY(const bool watching, call.request.flag("watch"));
  if (watching) return start_watch(call, std::move(selection), view);
  return render(view, selection.list(call.store));
}

}  // namespace weir::rest
