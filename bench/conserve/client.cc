#include "bench/conserve/client.h"

#include <thread>

#include "bench/conserve/websocket.h"

namespace weir::conserve {

namespace {

// An idle connection's end and a request that cross on the way are this close together: what ends
// later was a request under way.
constexpr std::chrono::milliseconds kCrossing{250};
// Nobody hammers a port that refuses.
constexpr std::chrono::milliseconds kPauseAfterRefusal{50};

// The server ended the idle connection as the request was sent, which a client has to expect
// (RFC 9112, 9.3.1) and may answer by repeating the request, if it is idempotent.
bool was_idle_close(const Connection* connection, const Form& form, const Failure& failure) {
  return connection && connection->exchanges() > 1 && connection->answer_bytes() == 0 &&
         connection->since_begin() < kCrossing && is_idempotent(form) &&
         (failure.reason == Reason::kUnanswered || failure.reason == Reason::kReset);
}

}  // namespace

void Client::run() {
  for (;;) {
    const Form& form = *run_.forms[next_form_++ % run_.forms.size()];
    const std::optional<Turn> turn = run_.schedule.take(form.batch);
    if (!turn) return;
    run_.ledger.asked(turn->requests, turn->late);
    make_requests(form, *turn);
  }
}

void Client::make_requests(const Form& form, const Turn& turn) {
  std::vector<std::string> ids;
  for (unsigned i = 0; i < turn.requests; ++i) {
    ids.push_back(run_.name + "-" + std::string(form.name) + "-" +
                  std::to_string(++run_.next_request));
  }
  Ids open = ids;
  open = open.subspan(attempt(form, open, turn));
  // What may be repeated, one by one: a new connection must not begin with a pipeline that has
  // failed before (RFC 9112, 9.3.2).
  while (!open.empty()) open = open.subspan(attempt(form, open.first(1), turn));
}

std::size_t Client::attempt(const Form& form, Ids ids, const Turn& turn) {
  ConnectionPtr single_use;
  ConnectionPtr& connection = form.own_connection ? single_use : kept_;
  std::size_t settled = 0;
  deadline_ = Clock::now() + run_.timeout;
  try {
    prepare(connection, form, ids.front());
    if (exchange(*connection, form, ids, turn, settled)) connection.reset();
  } catch (const Failure& failure) {
    const bool idle_close = was_idle_close(connection.get(), form, failure);
    connection.reset();
    if (idle_close) {
      run_.ledger.closed_idle();
    } else {
      lose(form, ids.subspan(settled), failure);
      settled = ids.size();
    }
  }
  return settled;
}

// Connects, unless the connection kept from the last exchange is still of use.
void Client::prepare(ConnectionPtr& connection, const Form& form, const std::string& id) {
  if (connection) {
    const Connection::Pending pending = connection->pending();
    if (pending == Connection::Pending::kBytes) {
      run_.ledger.broke(Reason::kSurplus, form.name, id, "bytes came before this request was sent");
    } else if (pending == Connection::Pending::kEnd) {
      run_.ledger.closed_idle();
    }
    if (pending != Connection::Pending::kNothing) connection.reset();
  }
  if (!connection) {
    const Address& target = run_.targets[run_.next_connection++ % run_.targets.size()];
    connection = std::make_unique<Connection>(target, deadline_);
  }
}

bool Client::exchange(Connection& connection, const Form& form, Ids ids, const Turn& turn,
                      std::size_t& settled) {
  newest_ = run_.ledger.newest_revision();
  connection.begin_exchange();
  if (form.websocket) {
    const Answer answer =
        hold_websocket_session(connection, form, ids.front(), run_.wording, deadline_);
    enter_answer(form, ids[settled++], answer, turn);
    return true;
  }
  send_requests(connection, form, ids, run_.wording, deadline_);
  bool closes = form.own_connection;
  while (settled < ids.size()) {
    const Response response = read_response(connection, deadline_);
    settle(form, ids[settled++], response, turn);
    closes = closes || response.closes;
    if (response.closes) break;
  }
  if (settled < ids.size()) run_.ledger.closed_as_announced();
  if (connection.buffer().empty()) return closes;
  run_.ledger.broke(Reason::kSurplus, form.name, ids[settled - 1], "bytes came behind its answer");
  return true;
}

void Client::settle(const Form& form, const std::string& id, const Response& response,
                    const Turn& turn) {
  try {
    enter_answer(form, id, check_answer(form, id, response), turn);
  } catch (const Failure& failure) {
    run_.ledger.broke(failure.reason, form.name, id, failure.what());
  }
}

void Client::enter_answer(const Form& form, const std::string& id, const Answer& answer,
                          const Turn& turn) {
  const auto latency =
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - turn.due);
  run_.ledger.answered(form, id, answer, newest_, latency);
}

void Client::lose(const Form& form, Ids ids, const Failure& failure) {
  for (const std::string& id : ids)
    run_.ledger.broke(failure.reason, form.name, id, failure.what());
  if (failure.reason == Reason::kRefused) std::this_thread::sleep_for(kPauseAfterRefusal);
}

}  // namespace weir::conserve
