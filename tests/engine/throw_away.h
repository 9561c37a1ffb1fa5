#pragma once

// A real Docker Engine that lives as long as one test program: started by tests/support/dockerd,
// with weir's demo images in it. The program itself moves into the engine's network namespace, so
// that it reaches the containers' addresses as weir does on a host.

#include <string>
#include <vector>

#include "tests/engine/client.h"

namespace weir::engine {

class ThrowAway {
 public:
  // Call from main(), before any thread is there. Ends the program with a message if it cannot.
  static void start();
  static void stop();

  static DockerOptions options();
  static const std::string& folder();
  static std::string docker(const std::string& arguments);  // the docker command; its output
  static void restart(const std::string& arguments);
  static void signal(int number);  // to the engine's process
};

// Runs a shell command and gives what it prints; a command that fails, fails the test.
std::string shell(const std::string& command);

// A process that runs until the guard goes.
class Background {
 public:
  explicit Background(const std::vector<std::string>& command);
  ~Background();

 private:
  int pid_ = 0;
};

}  // namespace weir::engine
