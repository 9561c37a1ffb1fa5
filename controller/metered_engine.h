#pragma once

// The engine, with every call counted and timed for the metrics.

#include <functional>

#include "controller/engine/engine.h"

namespace weir {

class MeteredEngine : public engine::Engine {
 public:
  using OnCall = std::function<void(const engine::Request& request, bool ok, double seconds)>;
  MeteredEngine(engine::Engine& engine, OnCall on_call)
      : engine_(engine), on_call_(std::move(on_call)) {}

  void follow(engine::OnHint on_hint) override { engine_.follow(std::move(on_hint)); }

  void submit(engine::Request request, engine::OnReply on_reply) override {
    const auto began = std::chrono::steady_clock::now();
    const engine::Request copy = request;
    engine_.submit(std::move(request), [this, began, copy, on_reply = std::move(on_reply)](
                                           Result<engine::Reply> reply) {
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
      on_call_(copy, reply.has_value(), took.count());
      on_reply(std::move(reply));
    });
  }

  std::shared_ptr<void> logs(engine::LogOptions options,
                             std::function<bool(std::string_view)> on_bytes,
                             std::function<void(Result<void>)> on_end) override {
    return engine_.logs(std::move(options), std::move(on_bytes), std::move(on_end));
  }

 private:
  engine::Engine& engine_;
  const OnCall on_call_;
};

}  // namespace weir
