#pragma once

// Choice: where one request or connection goes, and where to if that fails. Each try is by the
// newest epoch: what a later one has left out gets nothing from an earlier one's request.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "controller/gateway/affinity.h"
#include "controller/gateway/outliers.h"
#include "controller/gateway/snapshot.h"

namespace weir::gateway {

// Whose turn it is, of one thread. Weights come out exact, with no more than one request of error
// at any time (smooth weighted round robin, as nginx has it).
class Turns {
 public:
  explicit Turns(std::size_t backends) : turns_(backends) {}
  // Null: none has a weight.
  const Backend* backend(const Rule& rule);
  // None that is in `tried` while there is another, and then none that is ejected. Null: it has
  // none.
  EndpointPtr endpoint(const Backend& backend, const std::vector<EndpointPtr>& tried,
                       Clock::time_point now);
  // Whether this request is one of those: of which it gets a copy, that wait, that are refused.
  bool mirrors(const Mirror& mirror) {
    return one_of(turns_[mirror.to.index].credit, mirror.basis_points);
  }
  bool delays(const Backend& backend) {
    return one_of(turns_[backend.index].delay, backend.from.policy.fault.delay_basis_points);
  }
  bool aborts(const Backend& backend) {
    return one_of(turns_[backend.index].abort, backend.from.policy.fault.abort_basis_points);
  }

 private:
  struct Turn {
    std::int64_t credit = 0;
    std::int64_t delay = 0;
    std::int64_t abort = 0;
    std::size_t next = 0;
    std::vector<double> credits;  // of each endpoint, while there are new ones
  };
  static bool one_of(std::int64_t& credit, int basis_points);
  EndpointPtr warm(const Backend& backend, const std::vector<EndpointPtr>& tried,
                   Clock::time_point now);
  std::vector<Turn> turns_;  // by Backend::index
};

// A snapshot and a gate's turns in it.
struct View {
  explicit View(SnapshotPtr of) : snapshot(std::move(of)), turns(snapshot->backends) {}
  const SnapshotPtr snapshot;
  Turns turns;
};
using ViewPtr = std::shared_ptr<View>;

class Choice {
 public:
  // Both are the view's, `backend` one of the rule's.
  Choice(ViewPtr view, const Rule& rule, const Backend& backend)
      : chosen_in_(view),
        rule_(&rule),
        chosen_(&backend),
        view_(std::move(view)),
        backend_(&backend) {}

  // By the newest table from now on. False: the Service is in it no more.
  bool renew(const ViewPtr& newest);
  // Null: there is none.
  EndpointPtr next(const ViewPtr& newest, Clock::time_point now);
  // This user's requests go to one endpoint.
  void stick_to(User user) { user_ = std::move(user); }
  const User& user() const { return user_; }
  void failed(const EndpointPtr& endpoint) { tried_.push_back(endpoint); }
  std::size_t tried() const { return tried_.size(); }
  const std::string& service() const { return backend_->from.service; }
  const EndpointPtr& nobody() const { return chosen_->nobody; }
  const ViewPtr& view() const { return chosen_in_; }
  // As they were when it was chosen.
  const Rule& rule() const { return *rule_; }
  const RouteBackend& backend() const { return chosen_->from; }
  // Of the newest table that it knows.
  const Backend& present() const { return *backend_; }
  const RoutePolicy& policy() const { return backend_->from.policy; }

 private:
  ViewPtr chosen_in_;
  const Rule* rule_;
  const Backend* chosen_;
  ViewPtr view_;
  const Backend* backend_;
  User user_;
  std::vector<EndpointPtr> tried_;
};

}  // namespace weir::gateway
