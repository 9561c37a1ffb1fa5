#pragma once

// PodConnection: the pod's side of one forwarded connection. It connects, tries the next address
// when one refuses, holds what the pod has not yet taken, and ends each direction by itself, as TCP
// does. It never blocks: the session polls its socket and tells it what is possible.
//
// What waits() here is the session's to bound: it reads no more from its client meanwhile.

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "controller/api/descriptor.h"
#include "controller/api/pod_network.h"

struct pollfd;

namespace weir::rest {

class PodConnection {
 public:
  void connect(std::shared_ptr<const PodNetwork> network, int port);

  void send(std::string_view bytes);  // also before it is connected
  void send_end();                    // no more will be sent

  // What to poll for; fd -1: nothing now. `room`: whether received bytes can be passed on.
  pollfd wants(bool room) const;
  // After the poll: sends what it can, and gives the number of bytes that the pod has taken.
  std::size_t flush(short events);
  // Reads some bytes into the buffer; 0: none now, or the end (then `received_all`).
  std::size_t receive(short events, char* buffer, std::size_t size);

  std::size_t waits() const { return waiting_.size(); }
  bool failed() const { return !error_.empty(); }
  const std::string& error() const { return error_; }  // of all addresses, in the kubelet's words
  bool received_all() const { return received_all_; }
  bool sent_all() const { return sent_all_; }  // or the pod wants no more

 private:
  void try_next();
  void note(const std::string& error);
  void on_connected();
  void stop_sending();

  std::shared_ptr<const PodNetwork> network_;
  int port_ = 0;
  std::deque<std::string> addresses_;  // not yet tried
  std::string address_;                // being tried
  std::string errors_;                 // of those tried
  std::string error_;
  Descriptor socket_;
  bool connected_ = false;
  std::string waiting_;
  bool end_wanted_ = false;
  bool sent_all_ = false;
  bool received_all_ = false;
};

}  // namespace weir::rest
