#pragma once

// Which addresses weir may connect to because a user's object says so. weir runs on the host, as
// root, and reaches what the user may not: the Docker Engine on a port of the host, a cloud's
// metadata service, containers of other networks. Asked for every connection with the address that
// it really goes to, so that neither redirects nor names that change get around it.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "reconcilers/cidr.h"

struct sockaddr;

namespace weir::analysis {

struct HostInterface {
  std::string name = {};
  IpAddress address = {};
  Cidr network = {};
  bool is_bridge = false;  // as every bridge network of Docker has one
};
// One entry for each address of each interface, as they are now. Nullopt: they cannot be read.
std::optional<std::vector<HostInterface>> read_interfaces();

// "127.0.0.1 is a loopback address"; nullopt: it may be reached. Denied are loopback, unspecified,
// link-local, multicast and broadcast addresses, those of metadata services, the host's own, and
// the networks of its bridges, also where an IPv6 address carries such a one of IPv4. `allowed`
// goes before all of that. Pure.
std::optional<std::string> why_denied(const IpAddress& address,
                                      const std::vector<HostInterface>& interfaces,
                                      const std::vector<Cidr>& allowed);

// "10.1.2.3", "2001:db8::1"
std::string text(const IpAddress& address);
std::optional<IpAddress> ip_of(const sockaddr* address);  // nullopt: of another family, or null

// The same with the interfaces that the host has at that moment: Docker makes networks as it runs.
// If they cannot be read, nothing but `allowed` may be reached. From any thread.
class AddressPolicy {
 public:
  using ReadInterfaces = std::function<std::optional<std::vector<HostInterface>>()>;

  // `allowed`: by the operator.
  explicit AddressPolicy(std::vector<Cidr> allowed, ReadInterfaces read = read_interfaces)
      : allowed_(std::move(allowed)), read_(std::move(read)) {}

  // `also_allowed`: by weir itself, for this connection.
  std::optional<std::string> why_denied(const IpAddress& address,
                                        const std::vector<IpAddress>& also_allowed) const;

 private:
  std::vector<Cidr> allowed_;
  ReadInterfaces read_;
};

}  // namespace weir::analysis
