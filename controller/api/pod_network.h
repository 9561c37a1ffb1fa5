#pragma once

// PodNetwork: connections to what listens inside a pod, on its localhost as with the kubelet: a
// program that serves 127.0.0.1 only is reached, too. The pod's network namespace is entered for
// that; where weir may not (it is not root), or the namespace is not on this host, the pod's own
// address is used instead.
//
// It holds the namespace open, so that its path may go away, or come to mean another, meanwhile.
// Any thread may use it.

#include <string>
#include <vector>

#include "controller/api/descriptor.h"
#include "controller/result.h"
#include "reconcilers/world.h"

namespace weir::rest {

class PodNetwork {
 public:
  explicit PodNetwork(const Container& container);

  // Where to try, in this order: {"127.0.0.1", "::1"}, or the pod's address; empty: nowhere.
  std::vector<std::string> addresses() const;
  // A socket that is connecting or connected; it does not block. unavailable: in Go's words, which
  // are those that users know from the kubelet.
  Result<Descriptor> connect(const std::string& address, int port) const;
  const std::string& container() const { return container_; }

 private:
  std::string container_;
  std::string ip_;
  Descriptor namespace_;
};

bool is_ipv6(const std::string& address);

// "dial tcp4 127.0.0.1:80: connect: connection refused"
std::string dial_error(const std::string& address, int port, int error);

}  // namespace weir::rest
