#pragma once

// One client's connection. Included by server files only.
//
// Everything here runs on the server's I/O thread but Channel, which handler threads use: its calls
// are carried to the I/O thread and waited for.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <memory>
#include <mutex>
#include <optional>

#include "controller/api/server.h"
#include "controller/api/tls.h"
#include "controller/api/upgraded.h"

namespace weir::rest {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // What the server does for its connections.
  struct Owner {
    virtual ~Owner() = default;
    // Runs the handler on a thread of its own, then `done` on that thread. False: too busy.
    virtual bool run(std::shared_ptr<Connection> connection, Request request) = 0;
    virtual void closed(Connection& connection) = 0;
    virtual bool stopping() const = 0;
    virtual const ServerLimits& limits() const = 0;
  };

  Connection(Owner& owner, boost::asio::ip::tcp::socket socket, TlsContext tls);
  ~Connection();

  void start();
  // Handler thread: sends the reply, which may take as long as its stream or its upgrade.
  void reply(Response response);
  // The server stops: idle connections close now, streams are told, replies go out first.
  void stop();
  void close();  // now

 private:
  class Channel;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using Reply = boost::beast::http::response<boost::beast::http::string_body>;
  using ErrorCode = boost::beast::error_code;

  void read_request(std::chrono::milliseconds patience);
  void read_header();
  void on_header(ErrorCode error);
  void read_body();
  void on_request(ErrorCode error);
  bool may_send_a_body() const;  // its header is read
  void refuse(ErrorCode error);
  void send(Response response, bool keep_alive);
  void send_stream(Response response);
  void send_upgrade(Response response);
  void begin_upgrade(const std::string& protocol, int handler);
  void drain_and_close();
  void shutdown();

  Owner& owner_;
  TlsContext tls_;
  boost::beast::ssl_stream<boost::beast::tcp_stream> stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::shared_ptr<Channel> channel_;
  boost::beast::http::request_header<> head_;  // of the request, for an upgrade
  std::shared_ptr<Upgraded> upgraded_;
  User user_;
  unsigned version_ = 11;  // of the request's HTTP
  bool keep_alive_ = false;
  bool idle_ = true;  // between two requests
  bool closed_ = false;
  std::array<char, 4096> discarded_;
};

}  // namespace weir::rest
