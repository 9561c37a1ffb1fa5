#include "controller/api/port_forward.h"

#include <algorithm>
#include <future>
#include <memory>

#include "controller/api/port_forward_session.h"
#include "controller/api/words.h"

namespace weir::rest {
namespace {

constexpr char kWebSocket[] = "websocket";
constexpr char kSpdy[] = "spdy/3.1";
constexpr char kProtocol[] = "portforward.k8s.io";
constexpr char kTunnelled[] = "SPDY/3.1+portforward.k8s.io";  // in a WebSocket

Result<std::string> negotiate_protocol(const Request& request) {
  const std::string& upgrade = request.upgrade;
  if (upgrade != kWebSocket && upgrade != kSpdy) {
    return fail(Code::bad_request, "Upgrade request required");
  }
  const std::string ours = upgrade == kWebSocket ? kTunnelled : kProtocol;
  const auto& theirs = request.protocols;
  if (std::find(theirs.begin(), theirs.end(), ours) != theirs.end()) return ours;
  std::string offered;
  for (const std::string& protocol : theirs) offered += (offered.empty() ? "" : " ") + protocol;
  return fail(Code::denied, "unable to negotiate protocol: client supports [" + offered +
                                "], server supports [" + ours + "]");
}

// The container that runs: a pod has one.
Result<std::string> running_container(const Store& store, const Key& key) {
  const StoredPtr stored = store.get(key);
  if (!stored) return tl::unexpected(not_found(info(key.kind), key.name));
  const api::PodStatus& status = std::get<api::Pod>(*stored->typed).status;
  for (const api::ContainerStatus& container : status.containerStatuses) {
    if (container.state.running && !container.containerID.empty()) {
      return bare_id(container.containerID);
    }
  }
  return fail(Code::bad_request,
              "unable to forward port because pod is not running. Current status=" + status.phase);
}

Result<std::shared_ptr<const PodNetwork>> network_of(engine::Engine& engine,
                                                     const std::string& container) {
  const auto reply = std::make_shared<std::promise<Result<engine::Reply>>>();
  auto replied = reply->get_future();
  engine.submit(engine::InspectContainer{.id = container},
                [reply](Result<engine::Reply> result) { reply->set_value(std::move(result)); });
  TRY(const engine::Reply found, replied.get());
  return std::make_shared<const PodNetwork>(std::get<Container>(found));
}

}  // namespace

Result<Response> port_forward(const Call& call, engine::Engine& engine) {
  const Key key = call.key();
  TRY(const std::string container, running_container(call.store, key));
  TRY(const std::string protocol, negotiate_protocol(call.request));
  TRY(auto network, network_of(engine, container));
  // For each connection: the engine is asked again only when the pod has another container.
  const auto current =
      [&store = call.store, &engine, key,
       network = std::move(network)]() mutable -> Result<std::shared_ptr<const PodNetwork>> {
    TRY(const std::string now, running_container(store, key));
    if (now != network->container()) {
      TRY(network, network_of(engine, now));
    }
    return network;
  };
  const ForwardedPod pod = {.name = key.name + "_" + key.ns, .network = current};
  return Response{.status = 101, .upgrade = Upgrade{.protocol = protocol, .run = [pod](int client) {
                                                      PortForwardSession(client, pod).run();
                                                    }}};
}

}  // namespace weir::rest
