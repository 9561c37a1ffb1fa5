#pragma once

// What every verb is given: the API, the namespace that is meant, and the user's terminal. Lives
// as long as one command, on its one thread.

#include <atomic>
#include <functional>
#include <istream>
#include <map>
#include <ostream>
#include <string>

#include "controller/cli/client/client.h"
#include "controller/cli/client/kubeconfig.h"
#include "reconcilers/time.h"

namespace weir::cli {

struct Io {
  std::ostream& out;
  std::ostream& err;
  std::istream& in;
  std::map<std::string, std::string> environment = {};
  std::function<Time()> now = {};
  const std::atomic<bool>* interrupted = nullptr;
  bool terminal = false;  // out is a terminal: progress may be redrawn in place
  std::function<int()> width = [] { return 80; };
};

struct Session {
  Io& io;
  Connection connection;
  Duration request_timeout;
  Client client;
  std::string namespace_;        // of -n, the context, or default
  bool namespace_given = false;  // by -n
};

// Prints `message` as kubectl prints errors: with "error: " in front unless it has its own words.
void print_error(std::ostream& err, const Error& error);

// Keeps the verdict of many objects: each failure is printed at once, and none stops the others.
class Outcome {
 public:
  explicit Outcome(std::ostream& err) : err_(err) {}
  void fail(const Error& error);
  // Prints the error, if it is one, and says whether it was none.
  template <class T>
  bool ok(const Result<T>& result) {
    if (!result) fail(result.error());
    return result.has_value();
  }
  int exit_code() const { return failed_ ? 1 : 0; }

 private:
  std::ostream& err_;
  bool failed_ = false;
};

}  // namespace weir::cli
