#include "controller/api/server.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <set>
#include <thread>

#include "controller/api/connection.h"
#include "controller/api/status.h"

namespace weir::rest {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr std::chrono::hours kCredentialsCheck{24};
constexpr std::chrono::milliseconds kAcceptPause{100};  // after EMFILE and its like

// A defect in a handler ends its request, not the server.
Response guarded(const Handler& handler, const Request& request) {
  try {
    return handler(request);
  } catch (const std::exception& error) {
    return failure(Error{.code = Code::internal,
                         .message = std::string("Internal error occurred: ") + error.what()});
  }
}

Result<tcp::endpoint> resolve(asio::io_context& io, const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string::npos) {
    return fail(Code::bad_request, "API address \"" + listen + "\": want ADDR:PORT");
  }
  std::string host = listen.substr(0, colon);
  if (host.size() > 1 && host.front() == '[') host = host.substr(1, host.size() - 2);
  ErrorCode error;
  tcp::resolver resolver(io);
  const auto found = resolver.resolve(host.empty() ? "0.0.0.0" : host, listen.substr(colon + 1),
                                      tcp::resolver::passive, error);
  if (error || found.empty()) {
    return fail(Code::bad_request, "API address \"" + listen + "\": " + error.message());
  }
  return found.begin()->endpoint();
}

}  // namespace

struct Server::Impl : Connection::Owner {
  explicit Impl(ServerOptions given) : options(std::move(given)) {}

  Result<void> open();
  void serve();
  void accept();
  void accepted(ErrorCode error, tcp::socket socket);
  void check_credentials_later();
  void warn(const std::string& message) const {
    if (options.warn) options.warn(message);
  }
  // Whether no handler runs any more, waiting for at most so long.
  bool wait_for_handlers(std::chrono::milliseconds patience);

  bool run(std::shared_ptr<Connection> connection, Request request) override;
  void closed(Connection& connection) override { connections.erase(connection.shared_from_this()); }
  bool stopping() const override { return stopped; }
  const ServerLimits& limits() const override { return options.limits; }

  ServerOptions options;
  asio::io_context io{1};
  // Until the last handler has ended: it may still have bytes to send.
  asio::executor_work_guard<asio::io_context::executor_type> io_needed{io.get_executor()};
  tcp::acceptor acceptor{io};
  asio::steady_timer accept_timer{io};
  asio::steady_timer credentials_timer{io};
  TlsContext tls;
  std::uint16_t port = 0;
  std::set<std::shared_ptr<Connection>> connections;  // I/O thread
  std::atomic<bool> stopped = false;
  std::thread thread;

  std::mutex mutex;
  std::condition_variable handler_ended;
  std::size_t handlers = 0;
};

Result<void> Server::Impl::open() {
  TRY(const Credentials credentials, options.credentials());
  TRY(tls, make_tls_context(credentials));
  TRY(const tcp::endpoint endpoint, resolve(io, options.listen));
  ErrorCode error;
  const auto step = [&](auto call) {
    if (!error) call();
  };
  acceptor.open(endpoint.protocol(), error);
  step([&] { acceptor.set_option(tcp::acceptor::reuse_address(true), error); });
  step([&] { acceptor.bind(endpoint, error); });
  step([&] { acceptor.listen(asio::socket_base::max_listen_connections, error); });
  if (error) {
    return fail(Code::unavailable, "cannot listen on " + options.listen + ": " + error.message() +
                                       "; is another weir running? (see --api-listen)");
  }
  port = acceptor.local_endpoint().port();
  return {};
}

void Server::Impl::serve() {
  accept();
  check_credentials_later();
  thread = std::thread([this] { io.run(); });
}

void Server::Impl::accept() {
  acceptor.async_accept([this](ErrorCode error, tcp::socket socket) {
    if (!stopped) accepted(error, std::move(socket));
  });
}

void Server::Impl::accepted(ErrorCode error, tcp::socket socket) {
  if (error) {
    warn("cannot accept an API connection: " + error.message());
    accept_timer.expires_after(kAcceptPause);
    accept_timer.async_wait([this](ErrorCode cancelled) {
      if (!cancelled && !stopped) accept();
    });
    return;
  }
  if (connections.size() >= options.limits.connections) {
    warn("API connection refused: " + std::to_string(connections.size()) + " are open");
  } else {
    socket.set_option(tcp::no_delay(true), error);
    socket.set_option(asio::socket_base::keep_alive(true), error);  // ends watches of dead hosts
    const auto connection = std::make_shared<Connection>(*this, std::move(socket), tls);
    connections.insert(connection);
    connection->start();
  }
  accept();
}

void Server::Impl::check_credentials_later() {
  credentials_timer.expires_after(kCredentialsCheck);
  credentials_timer.async_wait([this](ErrorCode cancelled) {
    if (cancelled || stopped) return;
    const auto credentials = options.credentials();
    auto next = credentials ? make_tls_context(*credentials) : tl::unexpected(credentials.error());
    if (next) {
      tls = *std::move(next);
    } else {
      warn("the API keeps its certificate: " + next.error().message);
    }
    check_credentials_later();
  });
}

bool Server::Impl::run(std::shared_ptr<Connection> connection, Request request) {
  {
    const std::lock_guard lock(mutex);
    if (handlers >= options.limits.requests) return false;
    ++handlers;
  }
  try {
    std::thread([this, connection = std::move(connection), request = std::move(request)]() mutable {
      connection->reply(guarded(options.handler, request));
      connection.reset();
      // Notified under the lock: the server may be gone right after it is released.
      const std::lock_guard lock(mutex);
      --handlers;
      handler_ended.notify_all();
    }).detach();
    return true;
  } catch (const std::system_error&) {  // no more threads
    const std::lock_guard lock(mutex);
    --handlers;
    return false;
  }
}

bool Server::Impl::wait_for_handlers(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex);
  return handler_ended.wait_for(lock, patience, [this] { return handlers == 0; });
}

Result<std::unique_ptr<Server>> Server::start(ServerOptions options) {
  auto impl = std::make_unique<Impl>(std::move(options));
  TRY_VOID(impl->open());
  impl->serve();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() { stop(); }

std::uint16_t Server::port() const { return impl_->port; }

void Server::stop() {
  if (impl_->stopped.exchange(true)) return;
  asio::post(impl_->io, [this] {
    ErrorCode ignored;  // it is closed either way
    impl_->acceptor.close(ignored);
    impl_->accept_timer.cancel();
    impl_->credentials_timer.cancel();
    for (const auto& connection : std::set(impl_->connections)) connection->stop();
  });
  impl_->wait_for_handlers(impl_->limits().stop);
  asio::post(impl_->io, [this] {
    for (const auto& connection : std::set(impl_->connections)) connection->close();
  });
  while (!impl_->wait_for_handlers(std::chrono::hours(1))) {
  }
  impl_->io_needed.reset();  // nothing is left to do: the io_context runs dry
  impl_->thread.join();
}

}  // namespace weir::rest
