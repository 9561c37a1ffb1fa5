// fault_proxy LISTEN ENGINE PIDFILE before|after NTH: passes bytes between a Unix socket and the
// engine's, and ends the process in PIDFILE with SIGKILL at the NTH mutating call (0: never),
// either before the engine hears of it or once it has answered.

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>

namespace {

std::string pid_file;
bool kill_before = true;
int nth = 0;
std::atomic<int> calls{0};

sockaddr_un address_of(const char* path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  return address;
}

void kill_weir() {
  std::ifstream file(pid_file);
  pid_t pid = 0;
  if (file >> pid; pid > 1) ::kill(pid, SIGKILL);
}

bool mutates(std::string_view bytes) {
  const bool changes = bytes.starts_with("POST ") || bytes.starts_with("DELETE ");
  return changes &&
         bytes.substr(0, bytes.find('\r')).find("/containers/") != std::string_view::npos;
}

bool send_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void pass(int client, const sockaddr_un& engine_address) {
  const int engine = ::socket(AF_UNIX, SOCK_STREAM, 0);
  bool open = ::connect(engine, reinterpret_cast<const sockaddr*>(&engine_address),
                        sizeof engine_address) == 0;
  bool kill_at_answer = false;
  std::array<char, 65536> buffer;
  while (open) {
    std::array<pollfd, 2> ends{pollfd{client, POLLIN, 0}, pollfd{engine, POLLIN, 0}};
    if (::poll(ends.data(), ends.size(), -1) < 0) break;
    for (int side = 0; side < 2 && open; ++side) {
      if (ends[static_cast<std::size_t>(side)].revents == 0) continue;
      const ssize_t got = ::read(side == 0 ? client : engine, buffer.data(), buffer.size());
      if (got <= 0) {
        open = false;
        break;
      }
      const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
      if (side == 0 && mutates(bytes) && ++calls == nth) {
        if (kill_before) {
          kill_weir();
          open = false;
          break;
        }
        kill_at_answer = true;
      }
      if (side == 1 && kill_at_answer) {
        kill_weir();
        open = false;
        break;
      }
      open = send_all(side == 0 ? engine : client, bytes);
    }
  }
  ::close(engine);
  ::close(client);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: fault_proxy LISTEN ENGINE PIDFILE before|after NTH\n");
    return 2;
  }
  pid_file = argv[3];
  kill_before = std::string_view(argv[4]) == "before";
  nth = std::atoi(argv[5]);
  ::unlink(argv[1]);
  const sockaddr_un listen_address = address_of(argv[1]);
  const sockaddr_un engine_address = address_of(argv[2]);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&listen_address), sizeof listen_address) ||
      ::listen(listener, 128)) {
    std::perror(argv[1]);
    return 1;
  }
  std::printf("listening\n");
  std::fflush(stdout);
  while (true) {
    const int client = ::accept(listener, nullptr, nullptr);
    if (client < 0) return 1;
    std::thread(pass, client, engine_address).detach();
  }
}
