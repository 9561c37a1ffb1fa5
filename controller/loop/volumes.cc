#include "controller/loop/volumes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <filesystem>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>

#include "controller/engine/programs.h"

namespace weir {

namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> os_error(const std::string& what, const fs::path& path) {
  return fail(errno == ENOSPC ? Code::exhausted : Code::internal,
              what + " " + path.string() + ": " + std::strerror(errno));
}

Result<void> write_file(const fs::path& path, std::string_view bytes, int mode) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0) return os_error("cannot create", path);
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const auto error = os_error("cannot write", path);
      ::close(fd);
      return error;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  ::fchmod(fd, static_cast<mode_t>(mode));
  if (::close(fd) != 0) return os_error("cannot write", path);
  return {};
}

// Makes `link` point to `target`, whatever it pointed to, in one step.
Result<void> point(const fs::path& link, const fs::path& target) {
  const fs::path fresh = link.string() + ".new";
  std::error_code ignored;  // the leftover of an interrupted run is usually not there
  fs::remove(fresh, ignored);
  if (::symlink(target.c_str(), fresh.c_str()) != 0) return os_error("cannot link", fresh);
  if (::rename(fresh.c_str(), link.c_str()) != 0) return os_error("cannot rename", fresh);
  return {};
}

Result<void> make_folder(const fs::path& path, fs::perms perms) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) fs::permissions(path, perms, error);
  if (error) return fail(Code::internal, "cannot make " + path.string() + ": " + error.message());
  return {};
}

// The top folder is root's alone: what lies under it is seen through mounts only.
Result<void> make_private(const fs::path& root) { return make_folder(root, fs::perms::owner_all); }

constexpr fs::perms kReadable = fs::perms::owner_all | fs::perms::group_read |
                                fs::perms::group_exec | fs::perms::others_read |
                                fs::perms::others_exec;

Result<void> write_files(const fs::path& folder, const WriteVolume& volume) {
  const std::string generation = ".." + volume.hash;
  const fs::path files = folder / generation;
  TRY_VOID(make_folder(files, kReadable));
  std::set<std::string> tops{generation, "..data"};
  for (const VolumeFile& file : volume.files) {
    const fs::path relative(file.path);
    TRY_VOID(make_folder((files / relative).parent_path(), kReadable));
    TRY_VOID(write_file(files / relative, file.bytes, file.mode));
    tops.insert(relative.begin()->string());
  }
  TRY_VOID(point(folder / "..data", generation));
  for (const std::string& top : tops) {
    if (top.starts_with("..")) continue;
    TRY_VOID(point(folder / top, fs::path("..data") / top));
  }
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (!tops.contains(entry.path().filename().string())) fs::remove_all(entry.path(), error);
  }
  if (error)
    return fail(Code::internal, "cannot clean " + folder.string() + ": " + error.message());
  return {};
}

class DiskVolumes : public VolumeFiles {
 public:
  DiskVolumes(fs::path disk_root, fs::path memory_root)
      : disk_(std::move(disk_root)), memory_(std::move(memory_root)) {
    thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
  }

  void write(WriteVolume volume, OnDone on_done) override {
    post([this, volume = std::move(volume), on_done = std::move(on_done)] {
      on_done(write_now(volume));
    });
  }

  void remove(std::string pod_uid, OnDone on_done) override {
    post([this, pod_uid = std::move(pod_uid), on_done = std::move(on_done)] {
      std::error_code disk_error, memory_error;
      fs::remove_all(disk_ / pod_uid, disk_error);
      fs::remove_all(memory_ / pod_uid, memory_error);
      if (const auto& error = disk_error ? disk_error : memory_error) {
        on_done(fail(Code::internal,
                     "cannot remove the volumes of pod " + pod_uid + ": " + error.message()));
      } else {
        on_done({});
      }
    });
  }

  void write_environment(std::string pod_uid, std::string container,
                         std::map<std::string, std::string> values,
                         OnEnvironment on_done) override {
    post([=, this, values = std::move(values)] {
      on_done(write_environment_now(pod_uid, container, values));
    });
  }

 private:
  Result<void> write_now(const WriteVolume& volume) {
    const fs::path& root = volume.in_memory ? memory_ : disk_;
    TRY_VOID(make_private(root));
    const fs::path folder = root / volume.pod_uid / volume.volume;
    const bool empty_dir = volume.files.empty();
    TRY_VOID(make_folder(folder, empty_dir ? fs::perms::all : kReadable));
    return empty_dir ? Result<void>{} : write_files(folder, volume);
  }

  Result<EnvironmentFile> write_environment_now(const std::string& pod_uid,
                                                const std::string& container,
                                                const std::map<std::string, std::string>& values) {
    TRY_VOID(make_private(memory_));
    const fs::path folder = memory_ / pod_uid / ".environment";
    TRY_VOID(make_folder(folder, kReadable));
    std::string records;
    for (const auto& [name, value] : values) records += name + "=" + value + '\0';
    const EnvironmentFile file{.environment = folder / container, .starter = memory_ / ".starter"};
    // Readable by whatever user the container runs as; on the host, the root folder is closed.
    TRY_VOID(write_file(file.environment, records, 0444));
    if (!fs::exists(file.starter)) {
      const std::string fresh = file.starter + ".new";
      TRY_VOID(write_file(fresh, engine::starter_bytes(), 0555));
      if (::rename(fresh.c_str(), file.starter.c_str()) != 0) {
        return os_error("cannot rename", fresh);
      }
    }
    return file;
  }

  void post(std::function<void()> job) {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    came_.notify_one();
  }

  void run(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    while (came_.wait(lock, stop, [&] { return !jobs_.empty(); })) {
      const std::function<void()> job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
      lock.lock();
    }
  }

  const fs::path disk_;
  const fs::path memory_;
  std::mutex mutex_;
  std::condition_variable_any came_;
  std::deque<std::function<void()>> jobs_;
  std::jthread thread_;  // last: stops before what it uses is gone
};

}  // namespace

std::unique_ptr<VolumeFiles> disk_volumes(std::string disk_root, std::string memory_root) {
  return std::make_unique<DiskVolumes>(std::move(disk_root), std::move(memory_root));
}

}  // namespace weir
