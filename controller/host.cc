#include "controller/host.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/magic.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace weir {

namespace fs = std::filesystem;

Result<void> make_private_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) fs::permissions(path, fs::perms::owner_all, error);
  if (!error) return {};
  return fail(Code::denied, "cannot make the folder " + path + ": " + error.message() +
                                "; run weir as root, or choose another with --data-dir");
}

Result<std::shared_ptr<void>> lock_instance(const std::string& run_dir, const std::string& instance,
                                            const std::string& docker_host) {
  TRY_VOID(make_private_folder(run_dir));
  const std::string engine = std::to_string(std::hash<std::string>{}(docker_host));
  const std::string path = run_dir + "/" + instance + "-" + engine + ".lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return fail(Code::denied, "cannot open " + path + ": " + std::strerror(errno));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd);
    return fail(Code::conflict, "another weir already serves " + docker_host + " as instance \"" +
                                    instance +
                                    "\"; stop it, or give this one a name of its own "
                                    "with --instance");
  }
  return std::shared_ptr<void>(nullptr, [fd](void*) { ::close(fd); });
}

Result<void> ensure_memory_folder(const std::string& path) {
  TRY_VOID(make_private_folder(path));
  struct statfs info {};
  if (::statfs(path.c_str(), &info) == 0 &&
      (info.f_type == TMPFS_MAGIC || info.f_type == RAMFS_MAGIC)) {
    return {};
  }
  if (::mount("weir", path.c_str(), "tmpfs", MS_NODEV | MS_NOSUID, "mode=0700,size=64m") == 0) {
    return {};
  }
  return fail(Code::denied, path + " is on a disk and no tmpfs can be mounted there (" +
                                std::strerror(errno) +
                                "); Secrets may not be written to a disk: choose a folder on a "
                                "tmpfs with --run-dir, or run weir as root");
}

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string host_address() {
  std::string found = "127.0.0.1";
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return found;
  for (const ifaddrs* it = list; it; it = it->ifa_next) {
    if (!it->ifa_addr || it->ifa_addr->sa_family != AF_INET || (it->ifa_flags & IFF_LOOPBACK)) {
      continue;
    }
    std::array<char, INET_ADDRSTRLEN> text{};
    const auto* address = reinterpret_cast<const sockaddr_in*>(it->ifa_addr);
    ::inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size());
    found = text.data();
    break;
  }
  ::freeifaddrs(list);
  return found;
}

}  // namespace weir
