// weir_raw_engine SOCKET IMAGE NETWORK COUNT PARALLEL: the least that a Docker Engine can be asked
// for: COUNT containers created and started by PARALLEL threads, each on one kept connection,
// without labels to compare, lists to read or anything to remember. What weir is measured against.

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

class Connection {
 public:
  explicit Connection(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect to " + path);
    }
  }
  ~Connection() { ::close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The answer's body. Both requests are answered with a Content-Length, or with 204 and none.
  std::string post(const std::string& path, const std::string& body) {
    const std::string request = "POST /v1.41" + path +
                                " HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\n"
                                "Content-Length: " +
                                std::to_string(body.size()) + "\r\n\r\n" + body;
    if (::write(fd_, request.data(), request.size()) != static_cast<ssize_t>(request.size())) {
      throw std::runtime_error("the engine hung up");
    }
    std::string answer;
    std::size_t head;
    while ((head = answer.find("\r\n\r\n")) == std::string::npos) more(answer);
    if (answer.compare(9, 1, "2") != 0) throw std::runtime_error(answer);
    const std::size_t length = answer.find("Content-Length: ");
    const std::size_t size =
        length < head ? std::strtoul(answer.c_str() + length + 16, nullptr, 10) : 0;
    while (answer.size() < head + 4 + size) more(answer);
    return answer.substr(head + 4);
  }

 private:
  void more(std::string& answer) {
    char bytes[4096];
    const ssize_t size = ::read(fd_, bytes, sizeof bytes);
    if (size <= 0) throw std::runtime_error("the engine hung up");
    answer.append(bytes, static_cast<std::size_t>(size));
  }

  int fd_;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) {
    std::fputs("usage: weir_raw_engine SOCKET IMAGE NETWORK COUNT PARALLEL\n", stderr);
    return 2;
  }
  const std::string socket = arguments[1];
  const std::string create = R"({"Image":")" + std::string(arguments[2]) +
                             R"(","Labels":{"bench":"raw"},"HostConfig":{"NetworkMode":")" +
                             arguments[3] + R"("}})";
  std::atomic<int> left = std::atoi(arguments[4]);
  std::vector<std::jthread> threads;
  for (int i = 0; i < std::atoi(arguments[5]); ++i) {
    threads.emplace_back([&] {
      Connection engine(socket);
      while (left-- > 0) {
        const std::string created = engine.post("/containers/create", create);
        const std::string id = created.substr(created.find("\"Id\":\"") + 6, 64);
        engine.post("/containers/" + id + "/start", "");
      }
    });
  }
}
