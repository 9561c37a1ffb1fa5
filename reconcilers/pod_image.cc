#include <algorithm>

#include "reconcilers/pod_steps.h"
#include "reconcilers/retry.h"

namespace weir {

namespace {

constexpr std::chrono::seconds kLookAgain{10};  // for an image that may be loaded but not pulled

// host:port/path/name:tag@digest. The host may have capitals, nothing after it may.
bool is_reference(std::string_view image) {
  const std::size_t digest = image.find('@');
  std::string_view rest = image.substr(0, digest);
  const std::size_t slash = rest.rfind('/');
  const std::size_t colon = rest.find(':', slash == std::string_view::npos ? 0 : slash);
  const auto all = [](std::string_view text, std::string_view more, bool capitals) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
             (capitals && c >= 'A' && c <= 'Z') || more.find(c) != std::string_view::npos;
    });
  };
  if (digest != std::string_view::npos && !all(image.substr(digest + 1), ":+._-", true)) {
    return false;
  }
  if (colon != std::string_view::npos && !all(rest.substr(colon + 1), "._-", true)) return false;
  const std::string_view path = rest.substr(0, colon);
  const std::size_t first = path.find('/');
  if (first == std::string_view::npos) return all(path, "._-", false);
  return all(path.substr(0, first), ".:_-[]", true) && all(path.substr(first + 1), "._-/", false) &&
         path.back() != '/';
}

std::string policy_of(const api::Container& container) {
  if (!container.imagePullPolicy.empty()) return container.imagePullPolicy;
  const std::string& image = container.image;
  if (image.find('@') != std::string::npos) return "IfNotPresent";
  const std::size_t colon = image.rfind(':');
  const bool tagged = colon != std::string::npos && image.find('/', colon) == std::string::npos;
  return !tagged || image.substr(colon) == ":latest" ? "Always" : "IfNotPresent";
}

// With policy Always, a pull counts if it came after the need for this container arose: after the
// end of its predecessor, or after weir first saw the pod. All by weir's clock, which is the one
// that a pull is dated by.
bool is_fresh(const PodView& view, const Image& image) {
  const Container* last = view.containers.current;
  std::optional<Time> needed = last ? state_began(*last, view.now) : std::nullopt;
  if (!needed) needed = view.pod->status.startTime;
  return image.present && image.pulled_at && needed && *image.pulled_at >= *needed;
}

void wait(PodDraft& draft, std::string reason, std::string message) {
  draft.waiting = {.message = std::move(message), .reason = std::move(reason)};
}

Verdict pull(const PodView& view, PodDraft& draft) {
  const std::string& image = view.container->image;
  PullImage pull{.pod = view.key, .image = image};
  for (const api::LocalObjectReference& secret : view.pod->spec.imagePullSecrets) {
    pull.secrets.push_back(secret.name);
  }
  const Attempt* failed = attempt_of(view.world, identity(pull));
  act(view.world, view.now, std::move(pull), draft.plan, kPullBackoff);
  if (!failed) return stop("pulling image " + image);
  if (failed->reason == "InvalidImageName") {
    wait(draft, "InvalidImageName", failed->message);
  } else if (failed->count == 1) {
    wait(draft, "ErrImagePull", failed->message);
  } else {
    wait(draft, "ImagePullBackOff", "Back-off pulling image \"" + image + "\": " + failed->message);
  }
  return stop("the pull of image " + image + " failed: " + failed->message);
}

Verdict never_pulled(const PodView& view, const Image& known, PodDraft& draft) {
  const std::string& image = view.container->image;
  // Somebody may load it: it is looked for again, but not without a pause.
  if (known.inspected_at) {
    const Time again = *known.inspected_at + kLookAgain;
    if (again <= view.now) {
      act(view.world, view.now, InspectImage{.image = image}, draft.plan);
    } else {
      draft.plan.wake(again);
    }
  }
  wait(draft, "ErrImageNeverPull",
       "Container image \"" + image + "\" is not present with pull policy of Never");
  return stop("image " + image + " is not present and must not be pulled");
}

}  // namespace

Verdict pod_step::image(const PodView& view, PodDraft& draft) {
  const std::string& image = view.container->image;
  const Container* current = view.containers.current;
  if (current && !is_ended(*current)) return next();  // made already
  if (!is_reference(image)) {
    const std::string why =
        "couldn't parse image reference \"" + image + "\": invalid reference format";
    wait(draft, "InvalidImageName", "Failed to apply default image tag \"" + image + "\": " + why);
    return stop(why);
  }
  const auto known = view.world.images.find(image);
  const std::string policy = policy_of(*view.container);
  if (policy == "Always") {
    const bool fresh = known != view.world.images.end() && is_fresh(view, known->second);
    return fresh ? next("image " + image + " is pulled") : pull(view, draft);
  }
  if (known == view.world.images.end()) {
    act(view.world, view.now, InspectImage{.image = image}, draft.plan);
    return stop("looking for image " + image);
  }
  if (known->second.present) return next("image " + image + " is present");
  return policy == "Never" ? never_pulled(view, known->second, draft) : pull(view, draft);
}

Verdict pod_step::mounts(const PodView&, PodDraft& draft) {
  if (draft.volumes_ready) return next();
  draft.waiting = {.message = draft.volume_trouble, .reason = "ContainerCreating"};
  return stop(draft.volume_trouble.empty() ? "waiting for the volumes" : draft.volume_trouble);
}

}  // namespace weir
