#include "controller/store/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <tuple>
#include <utility>

namespace weir {
namespace {

// The holder's process id, as it wrote it; only for the message.
std::string holder(int fd) {
  std::array<char, 32> text = {};
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  std::string pid;
  for (ssize_t i = 0; i < size && text[i] >= '0' && text[i] <= '9'; ++i) pid += text[i];
  return pid.empty() ? "" : " (process " + pid + ")";
}

}  // namespace

Result<LockFile> LockFile::take(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return fail(Code::unavailable, path + ": cannot be opened (" + std::strerror(errno) +
                                       "): check that its folder exists and may be written");
  }
  LockFile lock(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return fail(Code::unavailable, path.substr(0, path.rfind('/')) +
                                       ": already in use by another weir" + holder(fd) +
                                       ": stop that one, or choose another data folder");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  // The number is a courtesy: on a full disk the lock is as good without it.
  if (::ftruncate(fd, 0) == 0) std::ignore = ::pwrite(fd, pid.data(), pid.size(), 0);
  return lock;
}

LockFile::LockFile(LockFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
LockFile& LockFile::operator=(LockFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
LockFile::~LockFile() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace weir
