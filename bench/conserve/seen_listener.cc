#include "bench/conserve/seen_listener.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <sstream>
#include <system_error>

namespace weir::conserve {

namespace {

constexpr int kBufferBytes = 4 << 20;  // the kernel's, for bursts
constexpr int kStopCheckMs = 100;
constexpr std::chrono::seconds kLastReports{1};

}  // namespace

SeenListener::SeenListener(const std::string& address, std::string run) : run_(std::move(run)) {
  const Address parsed = parse_address(address);
  fd_ = ::socket(parsed.storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  // Beyond the system's limit, which only root may; others get what the limit leaves.
  if (::setsockopt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, &kBufferBytes, sizeof kBufferBytes) != 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &kBufferBytes, sizeof kBufferBytes);
  }
  if (::bind(fd_, reinterpret_cast<const sockaddr*>(&parsed.storage), parsed.size) != 0) {
    const int error = errno;
    ::close(fd_);
    throw std::runtime_error("cannot listen on " + address + ": " +
                             std::generic_category().message(error) +
                             "; choose another --seen-listen");
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { listen(stop); });
}

SeenListener::~SeenListener() {
  thread_ = {};
  ::close(fd_);
}

Seen SeenListener::finish(std::uint64_t posts) {
  {
    std::unique_lock lock(mutex_);
    more_posts_.wait_for(lock, kLastReports, [&] { return posts_.size() >= posts; });
  }
  // What has been sent twice is there by now: the last answer came after both.
  thread_ = {};
  Seen seen{.reports = reports_, .posts = posts_.size(), .duplicates = {}};
  for (const auto& [id, sightings] : posts_) {
    if (sightings.count > 1) seen.duplicates[id] = sightings.by;
  }
  return seen;
}

void SeenListener::listen(const std::stop_token& stop) {
  std::array<char, 1024> bytes;
  pollfd wait{.fd = fd_, .events = POLLIN, .revents = 0};
  while (!stop.stop_requested()) {
    ::poll(&wait, 1, kStopCheckMs);
    for (;;) {
      const ssize_t size = ::recv(fd_, bytes.data(), bytes.size(), 0);
      if (size < 0) break;
      note(std::string(bytes.data(), static_cast<std::size_t>(size)));
    }
  }
}

void SeenListener::note(const std::string& report) {
  std::istringstream words(report);
  std::string id, method, container, version;
  words >> id >> method >> container >> version;
  if (!id.starts_with(run_)) return;
  const std::lock_guard lock(mutex_);
  ++reports_;
  if (method != "POST") return;
  Sightings& sightings = posts_[id];
  sightings.by += (sightings.count++ == 0 ? "seen by " : ", by ") + container + " " + version;
  more_posts_.notify_all();
}

}  // namespace weir::conserve
