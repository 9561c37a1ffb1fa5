#include "controller/api/connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <future>

#include "controller/api/status.h"

namespace weir::rest {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

// How long bytes are read and thrown away after a refusal, so that a client that is still sending
// reads our answer before its connection breaks.
constexpr std::chrono::seconds kDrain{2};

template <class Body>
void set_fields(http::response<Body>& out, const Response& response) {
  out.result(static_cast<unsigned>(response.status));
  out.set(http::field::content_type, response.content_type);
  out.set(http::field::cache_control, "no-cache, private");
  for (const auto& [name, value] : response.headers) {
    if (name == "Cache-Control") {
      out.set(http::field::cache_control, value);
    } else {
      out.insert(name, value);  // `Warning` may come several times
    }
  }
}

}  // namespace

// The sending end of a stream, on the handler's thread. Each write is carried out by the I/O thread
// and waited for, so a client that reads slowly slows its own handler and nobody else.
class Connection::Channel : public Stream, public std::enable_shared_from_this<Channel> {
 public:
  explicit Channel(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}

  bool begin(const Response& response, unsigned version) {
    chunked_ = version >= 11;
    http::response<http::empty_body> head;
    head.version(version);
    set_fields(head, response);
    head.chunked(chunked_);
    head.keep_alive(false);
    http::response_serializer<http::empty_body> serializer(head);
    return transfer([&](auto&& handler) {
      http::async_write_header(connection_->stream_, serializer, handler);
    });
  }

  bool write(std::string_view bytes) override {
    if (is_gone()) return false;
    if (bytes.empty()) return true;
    const asio::const_buffer buffer(bytes.data(), bytes.size());
    return transfer([&](auto&& handler) {
      if (chunked_) {
        asio::async_write(connection_->stream_, http::make_chunk(buffer), handler);
      } else {
        asio::async_write(connection_->stream_, buffer, handler);
      }
    });
  }

  // Also when the server stops: the client then knows that the stream is complete.
  bool end() {
    if (!chunked_) return true;
    return transfer([&](auto&& handler) {
      asio::async_write(connection_->stream_, http::make_chunk_last(), handler);
    });
  }

  void on_gone(std::function<void()> gone) override {
    {
      const std::lock_guard lock(mutex_);
      if (!gone_) {
        on_gone_ = std::move(gone);
        return;
      }
    }
    gone();
  }

  // I/O thread. Told under the lock, so that after forget() nothing is called any more.
  void set_gone() {
    const std::lock_guard lock(mutex_);
    gone_ = true;
    if (on_gone_) on_gone_();
    on_gone_ = nullptr;
  }

  // The handler returned.
  void forget() {
    const std::lock_guard lock(mutex_);
    on_gone_ = nullptr;
  }

 private:
  bool is_gone() {
    const std::lock_guard lock(mutex_);
    return gone_;
  }

  template <class Start>
  bool transfer(Start start) {
    std::promise<ErrorCode> done;
    asio::post(connection_->stream_.get_executor(), [&] {
      if (connection_->closed_) {
        done.set_value(asio::error::operation_aborted);
        return;
      }
      beast::get_lowest_layer(connection_->stream_)
          .expires_after(connection_->owner_.limits().write);
      start([&](ErrorCode error, std::size_t) { done.set_value(error); });
    });
    return !done.get_future().get();
  }

  std::shared_ptr<Connection> connection_;
  bool chunked_ = true;
  std::mutex mutex_;
  bool gone_ = false;
  std::function<void()> on_gone_;
};

Connection::Connection(Owner& owner, asio::ip::tcp::socket socket, TlsContext tls)
    : owner_(owner),
      tls_(std::move(tls)),
      stream_(std::move(socket), *tls_),
      buffer_(owner.limits().header_bytes + 4096) {}

Connection::~Connection() = default;

void Connection::start() {
  beast::get_lowest_layer(stream_).expires_after(owner_.limits().handshake);
  stream_.async_handshake(asio::ssl::stream_base::server,
                          [self = shared_from_this()](ErrorCode error) {
                            if (error || self->closed_) return self->close();
                            self->user_ = client_of(self->stream_.native_handle());
                            self->read_request(self->owner_.limits().header);
                          });
}

// --- Reading a request ---------------------------------------------------------------------------

void Connection::read_request(std::chrono::milliseconds patience) {
  if (owner_.stopping()) return shutdown();
  idle_ = true;
  if (buffer_.size() > 0) return read_header();
  beast::get_lowest_layer(stream_).expires_after(patience);
  stream_.async_read_some(buffer_.prepare(4096),
                          [self = shared_from_this()](ErrorCode error, std::size_t size) {
                            self->buffer_.commit(size);
                            if (error || self->closed_) return self->shutdown();
                            self->read_header();
                          });
}

void Connection::read_header() {
  idle_ = false;
  parser_.emplace();
  parser_->header_limit(owner_.limits().header_bytes);
  parser_->body_limit(user_.authenticated ? owner_.limits().body_bytes : kHookBodyMax);
  beast::get_lowest_layer(stream_).expires_after(owner_.limits().header);
  http::async_read_header(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](ErrorCode error, std::size_t) { self->on_header(error); });
}

void Connection::on_header(ErrorCode error) {
  if (error) return refuse(error);
  // Anonymous clients may ask for health and version; nothing of that has a body.
  const bool has_body = parser_->chunked() || parser_->content_length().value_or(0) > 0;
  if (has_body && !may_send_a_body()) return refuse(http::error::body_limit);
  if (!beast::iequals(parser_->get()[http::field::expect], "100-continue")) return read_body();
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(stream_, asio::buffer(kContinue),
                    [self = shared_from_this()](ErrorCode failed, std::size_t) {
                      if (failed) return self->close();
                      self->read_body();
                    });
}

void Connection::read_body() {
  beast::get_lowest_layer(stream_).expires_after(owner_.limits().body);
  http::async_read(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](ErrorCode error, std::size_t) { self->on_request(error); });
}

void Connection::on_request(ErrorCode error) {
  if (error) return refuse(error);
  auto message = parser_->release();
  keep_alive_ = message.keep_alive();
  version_ = message.version();
  const auto text = [](auto view) { return std::string(view.data(), view.size()); };
  Result<Request> request = parse_target(text(message.target()));
  if (!request) return send(failure(request.error()), keep_alive_);
  request->method = text(message.method_string());
  request->accept = text(message[http::field::accept]);
  request->content_type = text(message[http::field::content_type]);
  request->user_agent = text(message[http::field::user_agent]);
  request->body = std::move(message.body());
  request->user = user_;
  if (is_hook(text(message.target()))) {
    for (const auto& field : message) {
      request->headers[lower(text(field.name_string()))] = text(field.value());
    }
  }
  read_upgrade(message.base(), *request);
  if (!request->upgrade.empty()) head_ = std::move(message.base());
  if (!owner_.run(shared_from_this(), *std::move(request))) {
    Response busy = refusal(429, "TooManyRequests", "too many requests at once; try again");
    busy.headers.emplace_back("Retry-After", "1");
    send(std::move(busy), keep_alive_);
  }
}

bool Connection::may_send_a_body() const {
  const auto target = parser_->get().target();
  return user_.authenticated || is_hook({target.data(), target.size()});
}

// The request could not be read. What can still be told to the client is told.
void Connection::refuse(ErrorCode error) {
  keep_alive_ = false;
  if (closed_) return;
  if (error == http::error::body_limit && may_send_a_body()) {
    const std::size_t limit = user_.authenticated ? owner_.limits().body_bytes : kHookBodyMax;
    return send(refusal(413, "RequestEntityTooLarge",
                        "Request entity too large: limit is " + std::to_string(limit)),
                false);
  }
  if (error == http::error::body_limit) {
    return send(refusal(401, "Unauthorized", "Unauthorized"), false);
  }
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return send(refusal(431, "RequestEntityTooLarge", "Request header fields too large"), false);
  }
  const bool framing =
      error.category() == http::make_error_code(http::error::bad_method).category();
  if (framing && error != http::error::end_of_stream && error != http::error::partial_message) {
    return send(refusal(400, "BadRequest", "the request is not HTTP/1.1: " + error.message()),
                false);
  }
  close();  // the client has gone, or was too slow
}

// --- Answering -----------------------------------------------------------------------------------

void Connection::reply(Response response) {
  if (response.stream) return send_stream(std::move(response));
  if (response.upgrade) return send_upgrade(std::move(response));
  asio::post(stream_.get_executor(),
             [self = shared_from_this(), response = std::move(response)]() mutable {
               self->send(std::move(response), self->keep_alive_ && !self->owner_.stopping());
             });
}

void Connection::send(Response response, bool keep_alive) {
  if (closed_) return;
  auto out = std::make_shared<Reply>();
  out->version(11);
  set_fields(*out, response);
  out->keep_alive(keep_alive);
  out->body() = std::move(response.body);
  out->prepare_payload();
  beast::get_lowest_layer(stream_).expires_after(owner_.limits().write);
  http::async_write(stream_, *out,
                    [self = shared_from_this(), out, keep_alive](ErrorCode error, std::size_t) {
                      if (error || self->closed_) return self->close();
                      if (!keep_alive) return self->drain_and_close();
                      self->parser_.reset();
                      self->read_request(self->owner_.limits().idle);
                    });
}

// Handler thread. Anything that the client sends now is a mistake or its end: both end the stream.
void Connection::send_stream(Response response) {
  const auto channel = std::make_shared<Channel>(shared_from_this());
  asio::post(stream_.get_executor(), [self = shared_from_this(), channel] {
    if (self->closed_ || self->owner_.stopping()) return channel->set_gone();
    self->channel_ = channel;
    beast::get_lowest_layer(self->stream_).expires_never();
    self->stream_.async_read_some(asio::buffer(self->discarded_),
                                  [self, channel](ErrorCode, std::size_t) {
                                    if (self->channel_ == channel) channel->set_gone();
                                  });
  });
  if (channel->begin(response, version_)) {
    response.stream(*channel);
    channel->end();
  }
  channel->forget();
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    self->channel_.reset();
    self->close();
  });
}

// Handler thread. It has one end of a pair of sockets; the other is the I/O thread's, which carries
// bytes between it and the client.
void Connection::send_upgrade(Response response) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return reply(failure(Error{.code = Code::exhausted, .message = "no more sockets"}));
  }
  asio::post(stream_.get_executor(),
             [self = shared_from_this(), end = ends[1], protocol = response.upgrade->protocol] {
               self->begin_upgrade(protocol, end);
             });
  try {
    response.upgrade->run(ends[0]);
  } catch (const std::exception&) {  // a defect ends this session, not the server
  }
  ::close(ends[0]);
}

void Connection::begin_upgrade(const std::string& protocol, int handler) {
  Upgraded::Socket socket(stream_.get_executor(), asio::local::stream_protocol(), handler);
  if (closed_ || owner_.stopping()) return close();  // and the socket: the handler sees the end
  beast::get_lowest_layer(stream_).expires_never();
  const auto upgraded = Upgraded::make({.client = stream_,
                                        .request = std::move(head_),
                                        .early = beast::buffers_to_string(buffer_.data()),
                                        .protocol = protocol,
                                        .handler = std::move(socket),
                                        .on_end = [self = shared_from_this()] {
                                          self->upgraded_.reset();
                                          self->close();
                                        }});
  upgraded_ = upgraded;
  upgraded->start();
}

// --- The end -------------------------------------------------------------------------------------

void Connection::drain_and_close() {
  if (closed_) return;
  auto& socket = beast::get_lowest_layer(stream_);
  ErrorCode ignored;  // the peer may have closed already
  socket.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  socket.expires_after(kDrain);
  const auto read = [self = shared_from_this()](const auto& again) -> void {
    self->stream_.next_layer().async_read_some(asio::buffer(self->discarded_),
                                               [self, again](ErrorCode error, std::size_t) {
                                                 if (error || self->closed_) return self->close();
                                                 again(again);
                                               });
  };
  read(read);
}

void Connection::shutdown() {
  if (closed_) return;
  beast::get_lowest_layer(stream_).expires_after(kDrain);
  stream_.async_shutdown([self = shared_from_this()](ErrorCode) { self->close(); });
}

void Connection::stop() {
  if (channel_) return channel_->set_gone();
  if (upgraded_) return upgraded_->stop();
  if (idle_) close();
}

void Connection::close() {
  if (closed_) return;
  closed_ = true;
  beast::get_lowest_layer(stream_).close();
  if (channel_) channel_->set_gone();
  if (upgraded_) upgraded_->stop();
  owner_.closed(*this);
}

}  // namespace weir::rest
