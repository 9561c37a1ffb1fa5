// One client: makes requests in turn, form after form, and enters in the ledger what becomes of
// each.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/conserve/connection.h"
#include "bench/conserve/form.h"
#include "bench/conserve/ledger.h"
#include "bench/conserve/request.h"
#include "bench/conserve/schedule.h"

namespace weir::conserve {

// What all clients share. It outlives them.
struct Run {
  const std::string name;  // how ids begin: no two runs have the same
  const std::vector<Address> targets;
  const std::vector<const Form*> forms;
  const Wording wording;
  const Clock::duration timeout;
  Schedule schedule;
  Ledger ledger;
  std::atomic<std::uint64_t> next_request{0};
  std::atomic<std::uint64_t> next_connection{0};
};

class Client {
 public:
  // Clients with different numbers begin with different forms.
  Client(Run& run, unsigned number) : run_(run), next_form_(number) {}
  // Until the schedule is over.
  void run();

 private:
  using Ids = std::span<const std::string>;
  using ConnectionPtr = std::unique_ptr<Connection>;

  void make_requests(const Form& form, const Turn& turn);
  // How many of the requests, the first ones, are settled: answered or lost.
  std::size_t attempt(const Form& form, Ids ids, const Turn& turn);
  void prepare(ConnectionPtr& connection, const Form& form, const std::string& id);
  // True: the connection serves no further request.
  bool exchange(Connection& connection, const Form& form, Ids ids, const Turn& turn,
                std::size_t& settled);
  void settle(const Form& form, const std::string& id, const Response& response, const Turn& turn);
  void enter_answer(const Form& form, const std::string& id, const Answer& answer,
                    const Turn& turn);
  void lose(const Form& form, Ids ids, const Failure& failure);

  Run& run_;
  std::size_t next_form_;
  ConnectionPtr kept_;      // between requests
  Deadline deadline_;       // of the exchange under way
  std::size_t newest_ = 0;  // revision, as the exchange began
};

}  // namespace weir::conserve
