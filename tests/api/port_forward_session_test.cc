// Sessions of a client that speaks SPDY as kubectl does, with real connections to this host.

#include "controller/api/port_forward_session.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <map>
#include <set>
#include <thread>

namespace weir::rest {
namespace {

// A port of this host, as a pod's program has it.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size);
    ::listen(socket_.get(), 1000);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  int port() const { return port_; }
  Descriptor accept() const { return Descriptor(::accept(socket_.get(), nullptr, nullptr)); }

 private:
  Descriptor socket_;
  int port_ = 0;
};

std::string receive_all(const Descriptor& socket) {
  std::string out;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) return out;
    out.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

void send_all(const Descriptor& socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// Sends until the socket takes no more for a while, or everything. How much it was.
std::size_t send_until_full(const Descriptor& socket, std::string_view bytes) {
  std::size_t sent = 0;
  pollfd poll = {.fd = socket.get(), .events = POLLOUT, .revents = 0};
  while (sent < bytes.size() && ::poll(&poll, 1, 300) > 0) {
    const ssize_t now =
        ::send(socket.get(), bytes.data() + sent, bytes.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (now > 0) sent += static_cast<std::size_t>(now);
  }
  return sent;
}

std::string many_bytes(std::size_t size) {
  std::string out;
  while (out.size() < size) out += std::to_string(out.size()) + ",";
  return out;
}

class PortForwardSessionTest : public ::testing::Test {
 protected:
  PortForwardSessionTest() {
    int ends[2];
    ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    client_ = Descriptor(ends[0]);
    server_ = Descriptor(ends[1]);
    network_ = std::make_shared<const PodNetwork>(Container{.id = "4f1c", .ip = "127.0.0.1"});
  }
  ~PortForwardSessionTest() override {
    client_.reset();
    if (session_.joinable()) session_.join();
  }

  void start() {
    session_ = std::thread([this] {
      const ForwardedPod pod = {
          .name = "web_default",
          .network = [this]() -> Result<std::shared_ptr<const PodNetwork>> { return network_; }};
      PortForwardSession(server_.get(), pod).run();
      server_.reset();
    });
  }

  void write(const std::string& bytes) const { send_all(client_, bytes); }
  void open_stream(std::uint32_t stream, const Pairs& headers) {
    std::string own;
    spdy::put32(own, stream);
    spdy::put32(own, 0);
    own += std::string(2, '\0') + headers_.write(headers);
    std::string frame("\x80\x03\x00\x01", 4);
    spdy::put32(frame, static_cast<std::uint32_t>(own.size()));
    write(frame + own);
  }
  // As kubectl: the error stream first, which it ends at once, then the data stream. Its id.
  std::uint32_t open(int port) {
    const std::string id = std::to_string(next_stream_);
    const std::uint32_t stream = std::exchange(next_stream_, next_stream_ + 4);
    const Pairs common = {{"port", std::to_string(port)}, {"requestid", id}};
    for (const bool error : {true, false}) {
      Pairs headers = common;
      headers.emplace_back("streamtype", error ? "error" : "data");
      open_stream(error ? stream : stream + 2, headers);
    }
    data(stream, "", true);
    return stream + 2;
  }
  void data(std::uint32_t stream, std::string_view bytes, bool fin = false) const {
    std::string frame;
    spdy::write_data(frame, stream, bytes, fin);
    write(frame);
  }

  // Reads frames until something holds; false: the session ended first.
  template <class Condition>
  bool read_until(Condition condition) {
    std::array<char, 65536> buffer;
    while (!condition()) {
      const ssize_t got = ::recv(client_.get(), buffer.data(), buffer.size(), 0);
      if (got <= 0) return false;
      const auto fed = reader_.feed({buffer.data(), static_cast<std::size_t>(got)},
                                    [this](const spdy::Frame& frame) { note(frame); });
      EXPECT_TRUE(fed) << fed.error().message;
    }
    return true;
  }
  bool read_to_end_of(std::uint32_t stream) {
    return read_until([&] { return ended_.contains(stream); });
  }
  bool session_ends() {
    return !read_until([] { return false; });
  }
  std::string error_of(std::uint32_t data_stream) { return received_[data_stream - 2]; }

  Descriptor client_, server_;
  std::shared_ptr<const PodNetwork> network_;
  std::map<std::uint32_t, std::string> received_;  // by stream
  std::set<std::uint32_t> ended_, reset_;
  std::vector<std::uint32_t> pings_;
  int go_aways_ = 0;

 private:
  void note(const spdy::Frame& frame) {
    if (const auto* data = std::get_if<spdy::Data>(&frame)) {
      received_[data->stream] += data->bytes;
      if (data->fin) ended_.insert(data->stream);
    }
    if (const auto* reset = std::get_if<spdy::RstStream>(&frame)) reset_.insert(reset->stream);
    if (const auto* ping = std::get_if<spdy::Ping>(&frame)) pings_.push_back(ping->id);
    if (std::holds_alternative<spdy::GoAway>(frame)) ++go_aways_;
  }

  std::thread session_;
  spdy::HeaderWriter headers_;
  spdy::Reader reader_;
  std::uint32_t next_stream_ = 1;
};

// The program reads everything before it answers: each direction ends by itself.
TEST_F(PortForwardSessionTest, BytesBothWays) {
  Listener pod;
  start();
  const std::string sent = many_bytes(5u << 20);
  std::thread program([&] {
    const Descriptor connection = pod.accept();
    send_all(connection, receive_all(connection));
  });
  const std::uint32_t stream = open(pod.port());
  data(stream, sent, true);
  EXPECT_TRUE(read_to_end_of(stream));
  EXPECT_TRUE(received_[stream] == sent);
  EXPECT_TRUE(ended_.contains(stream - 2)) << "kubectl waits for the error stream's end";
  EXPECT_EQ(error_of(stream), "");
  program.join();
}

// The program's end reaches the client although it has not ended its own side.
TEST_F(PortForwardSessionTest, TheProgramEndsFirst) {
  Listener pod;
  start();
  const std::uint32_t stream = open(pod.port());
  send_all(pod.accept(), "good bye");
  EXPECT_TRUE(read_to_end_of(stream));
  EXPECT_EQ(received_[stream], "good bye");
  EXPECT_TRUE(ended_.contains(stream - 2));
}

TEST_F(PortForwardSessionTest, ARefusedConnectionIsToldAndOthersGoOn) {
  int closed = 0;
  {
    const Listener gone;
    closed = gone.port();
  }
  Listener pod;
  start();
  const std::uint32_t before = open(pod.port());
  const std::uint32_t refused = open(closed);
  EXPECT_TRUE(read_to_end_of(refused));
  const std::string port = std::to_string(closed);
  EXPECT_EQ(error_of(refused),
            "error forwarding port " + port +
                " to pod web_default, uid : failed to connect to localhost:" + port +
                " inside namespace \"4f1c\", IPv4: dial tcp4 127.0.0.1:" + port +
                ": connect: connection refused");
  EXPECT_EQ(received_[refused], "");
  send_all(pod.accept(), "still here");
  EXPECT_TRUE(read_to_end_of(before));
  EXPECT_EQ(received_[before], "still here");
}

TEST_F(PortForwardSessionTest, APodThatHasGoneIsTold) {
  network_ = std::make_shared<const PodNetwork>(Container{.id = "4f1c"});
  start();
  const std::uint32_t stream = open(80);
  EXPECT_TRUE(read_to_end_of(stream));
  EXPECT_EQ(error_of(stream),
            "error forwarding port 80 to pod web_default, uid : the pod has no address that weir "
            "can reach");
}

TEST_F(PortForwardSessionTest, ManyAtATimeButNotTooMany) {
  Listener pod;
  start();
  std::vector<std::uint32_t> streams;
  std::vector<Descriptor> connections;
  for (std::size_t i = 0; i < PortForwardSession::kConnectionsMax; ++i) {
    streams.push_back(open(pod.port()));
    connections.push_back(pod.accept());
  }
  const std::uint32_t one_more = open(pod.port());
  EXPECT_TRUE(read_until([&] { return reset_.contains(one_more); }));
  for (std::size_t i = 0; i < streams.size(); ++i) {
    send_all(connections[i], "for " + std::to_string(i));
    connections[i].reset();
  }
  for (std::size_t i = 0; i < streams.size(); ++i) {
    EXPECT_TRUE(read_to_end_of(streams[i]));
    EXPECT_EQ(received_[streams[i]], "for " + std::to_string(i));
    data(streams[i], "", true);
  }
  const std::uint32_t again = open(pod.port());
  send_all(pod.accept(), "room");
  EXPECT_TRUE(read_to_end_of(again));
  EXPECT_EQ(received_[again], "room");
}

// Neither side's bytes pile up while the other does not read. The kernel's own buffers are some
// megabytes; without a bound everything would be taken.
TEST_F(PortForwardSessionTest, AClientThatDoesNotReadStopsTheProgram) {
  Listener pod;
  start();
  const std::string all = many_bytes(32u << 20);
  const std::uint32_t stream = open(pod.port());
  Descriptor connection = pod.accept();
  const std::size_t sent = send_until_full(connection, all);
  EXPECT_LT(sent, all.size() / 2);
  connection.reset();
  EXPECT_TRUE(read_to_end_of(stream));
  EXPECT_TRUE(received_[stream] == all.substr(0, sent));
}

TEST_F(PortForwardSessionTest, AProgramThatDoesNotReadStopsTheClient) {
  Listener pod;
  start();
  const std::string all = many_bytes(32u << 20);
  const std::uint32_t stream = open(pod.port());
  const Descriptor connection = pod.accept();
  std::string frames;
  for (std::size_t at = 0; at < all.size(); at += 32'768) {
    spdy::write_data(frames, stream, std::string_view(all).substr(at, 32'768), false);
  }
  const std::size_t sent = send_until_full(client_, frames);
  EXPECT_LT(sent, frames.size() / 2);
  std::thread rest([&] {
    write(frames.substr(sent));
    data(stream, "", true);
  });
  EXPECT_TRUE(receive_all(connection) == all);
  rest.join();
}

TEST_F(PortForwardSessionTest, AResetEndsTheConnection) {
  Listener pod;
  start();
  const std::uint32_t stream = open(pod.port());
  const Descriptor connection = pod.accept();
  std::string frame;
  spdy::write_rst_stream(frame, stream, spdy::Reset::refused_stream);
  write(frame);
  EXPECT_EQ(receive_all(connection), "");
  EXPECT_TRUE(read_to_end_of(stream - 2));
}

TEST_F(PortForwardSessionTest, TheClientsEndEndsItsConnections) {
  Listener pod;
  start();
  open(pod.port());
  const Descriptor connection = pod.accept();
  client_.reset();
  EXPECT_EQ(receive_all(connection), "");
}

TEST_F(PortForwardSessionTest, GoAwayLetsConnectionsEnd) {
  Listener pod;
  start();
  const std::uint32_t stream = open(pod.port());
  const Descriptor connection = pod.accept();
  std::string frame;
  spdy::write_go_away(frame, 0, spdy::Leave::ok);
  write(frame);
  const std::uint32_t late = open(pod.port());
  EXPECT_TRUE(read_until([&] { return reset_.contains(late); }));
  data(stream, "last words", true);
  EXPECT_EQ(receive_all(connection), "last words");
  ::shutdown(connection.get(), SHUT_WR);
  EXPECT_TRUE(session_ends());
  EXPECT_TRUE(ended_.contains(stream));
}

TEST_F(PortForwardSessionTest, PingsAreAnswered) {
  start();
  std::string frames;
  for (const std::uint32_t id : {1u, 2u, 3u}) spdy::write_ping(frames, id);  // 2 would be ours
  write(frames);
  EXPECT_TRUE(read_until([&] { return pings_.size() == 2; }));
  EXPECT_EQ(pings_, (std::vector<std::uint32_t>{1, 3}));
}

TEST_F(PortForwardSessionTest, StreamsThatSayTooLittleAreReset) {
  start();
  const Pairs rows[] = {
      {},
      {{"streamtype", "data"}, {"requestid", "1"}},
      {{"streamtype", "data"}, {"requestid", "1"}, {"port", "0"}},
      {{"streamtype", "data"}, {"requestid", "1"}, {"port", "65536"}},
      {{"streamtype", "data"}, {"requestid", "1"}, {"port", "80x"}},
      {{"streamtype", "data"}, {"port", "80"}},
      {{"streamtype", "stdin"}, {"requestid", "1"}, {"port", "80"}},
  };
  std::uint32_t stream = 1;
  for (const Pairs& row : rows) {
    open_stream(stream, row);
    EXPECT_TRUE(read_until([&] { return reset_.contains(stream); }));
    stream += 2;
  }
  const Pairs twice = {{"streamtype", "data"}, {"requestid", "1"}, {"port", "80"}};
  open_stream(stream, twice);
  open_stream(stream + 2, twice);
  EXPECT_TRUE(read_until([&] { return reset_.contains(stream + 2); }));
  EXPECT_FALSE(reset_.contains(stream));
}

TEST_F(PortForwardSessionTest, WhatIsNotSpdyEndsTheSession) {
  Listener pod;
  start();
  open(pod.port());
  const Descriptor connection = pod.accept();
  write(std::string("\x80\x02\x00\x06\x00\x00\x00\x04", 8));
  EXPECT_TRUE(session_ends());
  EXPECT_EQ(go_aways_, 1);
  EXPECT_EQ(receive_all(connection), "");
}

TEST_F(PortForwardSessionTest, AStreamIdIsUsedOnce) {
  start();
  for (int i = 0; i < 2; ++i) open_stream(3, {});
  EXPECT_TRUE(session_ends());
  EXPECT_EQ(go_aways_, 1);
}

}  // namespace
}  // namespace weir::rest
