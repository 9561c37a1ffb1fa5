#include "controller/engine/docker_exec.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "controller/engine/docker_wire.h"
#include "controller/engine/streams.h"

namespace weir::engine {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kOutputMax = 10u << 10;

struct ExecRun {
  DockerApi& api;
  Exec request;
  OnReply on_reply;
  Clock::time_point end;
  std::string id = {};
  bool started = false;  // the engine has begun to answer: from here the command is what is slow
  FrameReader frames = {};
  ExecResult result = {};

  ApiCall call(std::string method, std::string path) const {
    const auto left = std::chrono::ceil<Duration>(end - Clock::now());
    return {.what = text(request),
            .method = std::move(method),
            .path = std::move(path),
            .deadline = std::max(left, Duration(1))};
  }
  void fail_with(Error error) const {
    if (started && error.code == Code::timed_out) {
      error.message = "command timed out: it did not end within " +
                      std::to_string(request.timeout.count()) + " ms";
    } else if (error.code == Code::timed_out) {
      error.code = Code::unavailable;
    }
    on_reply(tl::unexpected(std::move(error)));
  }
  // The body, or an error that has been told.
  bool take(const Result<HttpAnswer>& answer) const {
    if (!answer) {
      fail_with(answer.error());
    } else if (answer->status / 100 != 2) {
      fail_with(error_of(answer->status, parse_message(answer->body)));
    }
    return answer && answer->status / 100 == 2;
  }
};
using ExecRunPtr = std::shared_ptr<ExecRun>;

void read_exit_code(const ExecRunPtr& exec) {
  ApiCall call = exec->call("GET", "/exec/" + exec->id + "/json");
  call.deadline = exec->api.options().deadlines.inspect;
  exec->api.call(std::move(call), [exec](const Result<HttpAnswer>& answer) {
    if (!exec->take(answer)) return;
    const Result<ExecState> state = parse_exec(answer->body);
    if (!state) return exec->fail_with(state.error());
    exec->result.exit_code = state->exit_code;
    exec->on_reply(std::move(exec->result));
  });
}

void start(const ExecRunPtr& exec) {
  ApiCall call = exec->call("POST", "/exec/" + exec->id + "/start");
  call.body = R"({"Detach":false,"Tty":false})";
  call.on_open = [exec] { exec->started = true; };
  call.on_bytes = [exec](std::string_view piece) {
    // All of it is read, so that the command is not held up; some is kept.
    const auto keep = [&](std::string_view bytes) {
      std::string& output = exec->result.output;
      output.append(bytes.substr(0, kOutputMax - output.size()));
      return true;
    };
    return exec->frames.feed(piece, keep).has_value();
  };
  exec->api.call(std::move(call), [exec](const Result<HttpAnswer>& answer) {
    if (exec->take(answer)) read_exit_code(exec);
  });
}

}  // namespace

void run_exec(DockerApi& api, const Exec& request, OnReply on_reply) {
  const auto exec = std::make_shared<ExecRun>(ExecRun{.api = api,
                                                      .request = request,
                                                      .on_reply = std::move(on_reply),
                                                      .end = Clock::now() + request.timeout});
  ApiCall call = exec->call("POST", "/containers/" + escape(request.id) + "/exec");
  call.body = exec_body(request.command);
  api.call(std::move(call), [exec](const Result<HttpAnswer>& answer) {
    if (!exec->take(answer)) return;
    Result<std::string> id = parse_id(answer->body);
    if (!id) return exec->fail_with(std::move(id).error());
    exec->id = *std::move(id);
    start(exec);
  });
}

}  // namespace weir::engine
