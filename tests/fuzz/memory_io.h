#pragma once

// MemoryIo: connections that are two strings, on one thread and without a kernel: the gateway's
// data path a hundred thousand times a minute, and the same each time.

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "controller/gateway/io.h"

namespace weir::gateway {

// The gateway's end. What is `out` has gone to the peer; the peer's words come by say() and end().
class MemoryStream final : public Stream {
 public:
  explicit MemoryStream(StreamUser* user) : user_(user) {}

  void use(StreamUser& user) override { user_ = &user; }
  void send(std::string_view bytes) override {
    if (!finished_) going_.append(bytes);
  }
  std::size_t unsent() const override { return going_.size(); }
  void pause() override { paused_ = true; }
  void resume() override { paused_ = false; }
  void finish() override { finished_ = true; }
  void close() override {
    out.append(std::exchange(going_, {}));
    user_ = nullptr;
  }
  void reset() override { broken_ = true; }

  void say(std::string_view bytes) { coming_.emplace_back(bytes); }
  void end(int error) { ending_ = error; }
  bool closed() const { return !user_; }
  // Nothing more can be said on it.
  bool over() const { return closed() || broken_ || finished_; }

  std::string out;

 private:
  friend class MemoryIo;
  // Makes the calls that are due; false: there were none.
  bool run() {
    if (closed() || broken_) return false;
    if (connecting_) {
      connecting_ = false;
      user_->on_connected();
      return true;
    }
    if (!going_.empty()) {
      out.append(std::exchange(going_, {}));
      user_->on_sent();
      return true;
    }
    if (paused_) return false;
    if (!coming_.empty()) {
      const std::string bytes = std::move(coming_.front());
      coming_.pop_front();
      user_->on_bytes(bytes);
      return true;
    }
    if (ending_ < 0) return false;
    const int error = std::exchange(ending_, -1);
    broken_ = error != 0;
    user_->on_end(error);
    return true;
  }

  StreamUser* user_;
  std::list<std::string> coming_;
  std::string going_;
  int ending_ = -1;
  bool connecting_ = false;
  bool paused_ = false;
  bool finished_ = false;
  bool broken_ = false;
};

class MemoryIo final : public Io {
 public:
  void listen(int, OnAccept on_accept) override { on_accept_ = std::move(on_accept); }
  void stop_listening(int, std::function<void()> stopped) override { stopped(); }
  StreamPtr adopt(int) override { return StreamPtr(streams_.back().get()); }
  StreamPtr connect(const Address&, StreamUser& user) override {
    streams_.push_back(std::make_unique<MemoryStream>(&user));
    streams_.back()->connecting_ = true;
    upstream.push_back(streams_.back().get());
    return StreamPtr(streams_.back().get());
  }
  void turn(std::chrono::milliseconds) override {
    moved = false;
    for (const auto& stream : streams_) moved = stream->run() || moved;
    moved = moved || !tasks_.empty();
    tasks_.run();
  }
  void wake() override {}
  const char* name() const override { return "memory"; }

  // A client connects. The stream lives as long as the Io.
  MemoryStream& accept() {
    streams_.push_back(std::make_unique<MemoryStream>(nullptr));
    MemoryStream& stream = *streams_.back();
    on_accept_(-1, Address::of("192.0.2.1", 1));
    return stream;
  }

  std::list<MemoryStream*> upstream;  // in the order in which they were made
  bool moved = false;                 // in the last turn: something happened

 private:
  OnAccept on_accept_;
  std::list<std::unique_ptr<MemoryStream>> streams_;
};

}  // namespace weir::gateway
