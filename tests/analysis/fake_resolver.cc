#include "tests/analysis/fake_resolver.h"

#include <dlfcn.h>
#include <netdb.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <sstream>

namespace weir::analysis {

namespace {

struct Name {
  std::vector<std::string> answers;
  int lookups = 0;
};

struct State {
  std::mutex mutex;  // guards the rest
  std::condition_variable changed;
  std::map<std::string, Name> names;
  std::string stalled;
};
// Never destroyed: libcurl leaves threads behind whose look-up nobody waits for any more.
State& state() {
  static State* const state = new State;
  return *state;
}

std::string next_answer(const std::string& name) {
  State& now = state();
  std::unique_lock lock(now.mutex);
  now.changed.wait(lock, [&] { return name.empty() || name != now.stalled; });
  const auto found = now.names.find(name);
  if (found == now.names.end()) return "";
  const auto last = found->second.answers.size() - 1;
  const auto at = static_cast<std::size_t>(found->second.lookups++);
  return found->second.answers[std::min(at, last)];
}

}  // namespace

void resolve_to(const std::string& name, std::vector<std::string> answers) {
  const std::lock_guard lock(state().mutex);
  state().names[name] = {.answers = std::move(answers)};
}

int lookups(const std::string& name) {
  const std::lock_guard lock(state().mutex);
  return state().names[name].lookups;
}

StalledName::StalledName(std::string name) {
  const std::lock_guard lock(state().mutex);
  state().stalled = std::move(name);
}

StalledName::~StalledName() {
  const std::lock_guard lock(state().mutex);
  state().stalled.clear();
  state().changed.notify_all();
}

}  // namespace weir::analysis

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** found) {
  using Real = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const Real real = reinterpret_cast<Real>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  const std::string answer = weir::analysis::next_answer(node ? node : "");
  if (answer.empty()) return real(node, service, hints, found);
  std::istringstream addresses(answer);
  addrinfo** end = found;
  for (std::string one; addresses >> one;) {
    const int error = real(one.c_str(), service, hints, end);
    if (error != 0) return error;
    while (*end) end = &(*end)->ai_next;
  }
  return 0;
}
