#include "controller/engine/resolve.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <system_error>
#include <thread>
#include <utility>

namespace weir::engine {

namespace {

Result<Reply> addresses_of(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (error != 0) {
    return fail(error == EAI_NONAME ? Code::not_found : Code::unavailable,
                "cannot resolve " + host + ": " + ::gai_strerror(error));
  }
  Addresses four, six;
  for (const addrinfo* one = list; one; one = one->ai_next) {
    char text[INET6_ADDRSTRLEN] = "";
    if (one->ai_family == AF_INET) {
      const auto* in = reinterpret_cast<const sockaddr_in*>(one->ai_addr);
      four.ips.emplace_back(::inet_ntop(AF_INET, &in->sin_addr, text, sizeof text));
    } else if (one->ai_family == AF_INET6) {
      const auto* in = reinterpret_cast<const sockaddr_in6*>(one->ai_addr);
      six.ips.emplace_back(::inet_ntop(AF_INET6, &in->sin6_addr, text, sizeof text));
    }
  }
  ::freeaddrinfo(list);
  // In one order whatever the servers shuffle: the route table changes only if they do.
  for (std::vector<std::string>* ips : {&four.ips, &six.ips}) {
    std::sort(ips->begin(), ips->end());
    ips->erase(std::unique(ips->begin(), ips->end()), ips->end());
  }
  return four.ips.empty() ? Reply(std::move(six)) : Reply(std::move(four));
}

}  // namespace

void resolve(const std::shared_ptr<HttpClient>& http, const Resolve& request, OnReply on_reply) {
  try {
    std::thread([engine = std::weak_ptr(http), host = request.host, on_reply] {
      const auto reply = std::make_shared<Result<Reply>>(addresses_of(host));
      // Where the engine has gone, nobody is left to hear it.
      if (const auto alive = engine.lock()) alive->post([on_reply, reply] { on_reply(*reply); });
    }).detach();
  } catch (const std::system_error&) {
    on_reply(fail(Code::exhausted, "cannot resolve " + request.host + ": no more threads"));
  }
}

}  // namespace weir::engine
