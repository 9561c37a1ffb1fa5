#pragma once

// One `kubectl port-forward`: a SPDY session in which every connection that the user's programs
// open is two streams, one for errors and one for data, that belong together by their requestid.
// Each becomes a connection to a port of the pod; what goes wrong is told on its error stream, in
// the kubelet's words, and the others go on.
//
// It runs on the thread that calls it and never blocks on one peer: it polls the client's socket
// and the pod's. Memory is bounded: it reads nothing from the client while kToPodMax bytes wait for
// the pod, nor from the pod while kToClientMax wait for the client. Clients of old have no flow
// control (see spdy.h): one connection whose program does not read can hold up the others of its
// session, as with the kubelet, but nobody else.
//
// By pkg/kubelet/cri/streaming/portforward/httpstream.go of Kubernetes, but for half-closed
// connections: those go on until both sides have ended.

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "controller/api/pod_connection.h"
#include "controller/api/spdy.h"

namespace weir::rest {

struct ForwardedPod {
  std::string name;  // "web-0_default": for messages
  // Asked for each connection: meanwhile the pod may have gone, or have a new container.
  std::function<Result<std::shared_ptr<const PodNetwork>>()> network;
};

class PortForwardSession {
 public:
  static constexpr std::size_t kConnectionsMax = 128;
  static constexpr std::size_t kToPodMax = 1u << 20;       // of all connections
  static constexpr std::size_t kToClientMax = 256u << 10;  // replies to the client come on top

  // `client`: the socket of Upgrade::run.
  PortForwardSession(int client, ForwardedPod pod);
  // Until the client leaves, says what is not SPDY, or says nothing for hours.
  void run();

 private:
  struct Forward {
    int port = 0;
    std::uint32_t error_stream = 0;  // 0: it has not come yet
    std::uint32_t data_stream = 0;
    PodConnection pod = {};
    std::uint32_t consumed = 0;  // bytes that the pod has taken, not yet said in a WINDOW_UPDATE
    bool client_ended = false;
    bool ended = false;   // both streams, by us
    bool failed = false;  // to connect
  };
  using Forwards = std::map<std::string, Forward>;  // by requestid

  bool wait();  // for any socket; false: nothing came for hours
  void read_client();
  void write_client();
  void on_frame(const spdy::Frame& frame);
  void on_stream(const spdy::SynStream& frame);
  void on_data(const spdy::Data& frame);
  void on_reset(std::uint32_t stream);
  void connect(Forward& forward);
  void turn(Forward& forward, short events);
  void end(Forward& forward, const std::string& error = {});
  Forward* of_data_stream(std::uint32_t stream);
  bool has_room() const { return out_.size() < kToClientMax; }

  int client_;
  ForwardedPod pod_;
  spdy::Reader reader_;
  spdy::HeaderWriter headers_;
  Forwards forwards_;
  std::string out_;  // for the client
  std::uint32_t last_stream_ = 0;
  bool leaving_ = false;  // the client has said so: it opens no more streams
  bool over_ = false;
};

}  // namespace weir::rest
