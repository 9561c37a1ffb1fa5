#include "controller/engine/lane.h"

#include <utility>

namespace weir::engine {

Lane::Lane(std::size_t limit, bool gives_up, Run run)
    : limit_(limit), gives_up_(gives_up), run_(std::move(run)) {}

void Lane::add(Request request, OnReply on_reply) {
  const Place place{std::holds_alternative<CreateContainer>(request), ++newest_};
  waiting_.emplace(place, Job{std::move(request), std::move(on_reply)});
  advance();
}

void Lane::advance() {
  while (busy_ < limit_ && !waiting_.empty()) {
    const Job job = std::move(waiting_.extract(waiting_.begin()).mapped());
    ++busy_;
    run_(job.request, [this, waited = newest_, on_reply = job.on_reply](Result<Reply> reply) {
      --busy_;
      if (gives_up_ && !reply && reply.error().code == Code::timed_out) give_up(waited);
      advance();
      on_reply(std::move(reply));
    });
  }
}

void Lane::give_up(std::uint64_t newest) {
  std::vector<Job> unsent;
  std::erase_if(waiting_, [&](auto& one) {
    const bool waited = one.first.second <= newest;
    if (waited) unsent.push_back(std::move(one.second));
    return waited;
  });
  for (const Job& job : unsent) {
    job.on_reply(fail(Code::unavailable, text(job.request) +
                                             ": not sent, because the engine does not answer what "
                                             "was sent before it"));
  }
}

}  // namespace weir::engine
