#include "tests/support/power_loss_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <random>
#include <vector>

namespace weir {
namespace {

constexpr std::size_t kSector = 512;

// Something that happened to a file since its last sync.
struct Change {
  std::size_t offset = 0;  // of a write; of a truncation: the new size
  std::size_t length = 0;
  bool truncation = false;
};

struct File {
  std::string live;     // what reads see
  std::string durable;  // what survives a cut
  std::vector<Change> unsynced;
  bool durable_name = false;  // its folder was synced since it was made

  void write(std::size_t offset, const void* bytes, std::size_t length) {
    if (live.size() < offset + length) live.resize(offset + length);
    std::memcpy(live.data() + offset, bytes, length);
    unsynced.push_back({.offset = offset, .length = length});
  }

  void truncate(std::size_t size) {
    live.resize(size);
    unsynced.push_back({.offset = size, .truncation = true});
  }

  void persist(std::size_t offset, std::size_t length) {
    if (offset >= live.size()) return;  // truncated since
    length = std::min(length, live.size() - offset);
    if (durable.size() < offset + length) durable.resize(offset + length);
    std::memcpy(durable.data() + offset, live.data() + offset, length);
  }

  void sync() {
    for (const Change& change : unsynced) {
      if (!change.truncation) persist(change.offset, change.length);
    }
    durable.resize(live.size());
    unsynced.clear();
  }

  // Each piece of the unsynced changes reaches the disk or does not.
  void sync_parts(std::mt19937_64& random, std::uint64_t percent) {
    const auto kept = [&] { return random() % 100 < percent; };
    for (const Change& change : unsynced) {
      if (change.truncation) {
        if (kept()) durable.resize(change.offset);
        continue;
      }
      const std::size_t end = change.offset + change.length;
      for (std::size_t at = change.offset; at < end;) {
        const std::size_t next = std::min(end, (at / kSector + 1) * kSector);
        if (kept()) persist(at, next - at);
        at = next;
      }
    }
  }
};

}  // namespace

struct PowerLossDisk::Impl {
  mutable std::mutex mutex;
  std::string name;
  sqlite3_vfs vfs = {};
  std::map<std::string, std::shared_ptr<File>> files;
  std::map<std::string, std::shared_ptr<File>> removed;  // their folder was not synced since
  std::uint64_t generation = 0;                          // grows at each cut
  std::uint64_t calls = 0;
  std::uint64_t syncs = 0;
  std::optional<Fault> fault;
  std::uint64_t until_fault = 0;
  bool fired = false;
  std::optional<std::size_t> capacity;
  std::mt19937_64 random{1};

  bool fails(Calls kind) {
    ++calls;
    if (!fault) return false;
    if (fired) return fault->lasting;
    if ((fault->calls & kind) == 0 || --until_fault > 0) return false;
    fired = true;
    return true;
  }

  std::size_t used() const {
    std::size_t bytes = 0;
    for (const auto& [path, file] : files) bytes += file->live.size();
    return bytes;
  }

  void sync_folder() {
    removed.clear();
    for (const auto& [path, file] : files) file->durable_name = true;
  }

  void cut(std::uint64_t percent) {
    for (const auto& [path, file] : removed) {
      const auto successor = files.find(path);
      if (successor == files.end() || !successor->second->durable_name) files[path] = file;
    }
    removed.clear();
    std::erase_if(files, [](const auto& entry) { return !entry.second->durable_name; });
    for (const auto& [path, file] : files) {
      if (percent > 0) file->sync_parts(random, percent);
      file->live = file->durable;
      file->unsynced.clear();
    }
    ++generation;
    fault.reset();
  }
};

namespace {

using Disk = PowerLossDisk::Impl;

// What SQLite holds: it gives the memory, we construct and destroy.
struct Handle {
  sqlite3_file base = {};
  Disk* disk = nullptr;
  std::shared_ptr<File> file;
  std::uint64_t generation = 0;
  bool dead() const { return generation != disk->generation; }
};

Handle& handle(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }
Disk& disk_of(sqlite3_vfs* vfs) { return *static_cast<Disk*>(vfs->pAppData); }

int close_file(sqlite3_file* file) {
  handle(file).~Handle();
  return SQLITE_OK;
}

int read_file(sqlite3_file* file, void* bytes, int length, sqlite3_int64 offset) {
  Handle& open = handle(file);
  const std::lock_guard lock(open.disk->mutex);
  if (open.dead() || open.disk->fails(PowerLossDisk::kRead)) return SQLITE_IOERR_READ;
  const std::string& live = open.file->live;
  const auto start = std::min(static_cast<std::size_t>(offset), live.size());
  const auto count = std::min(static_cast<std::size_t>(length), live.size() - start);
  std::memcpy(bytes, live.data() + start, count);
  if (count == static_cast<std::size_t>(length)) return SQLITE_OK;
  std::memset(static_cast<char*>(bytes) + count, 0, static_cast<std::size_t>(length) - count);
  return SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* file, const void* bytes, int length, sqlite3_int64 offset) {
  Handle& open = handle(file);
  Disk& disk = *open.disk;
  const std::lock_guard lock(disk.mutex);
  if (open.dead()) return SQLITE_IOERR_WRITE;
  const auto start = static_cast<std::size_t>(offset);
  const auto count = static_cast<std::size_t>(length);
  if (disk.fails(PowerLossDisk::kWrite)) {
    open.file->write(start, bytes, count / 2);
    return SQLITE_IOERR_WRITE;
  }
  const std::size_t end = start + count;
  const std::size_t growth = end > open.file->live.size() ? end - open.file->live.size() : 0;
  if (disk.capacity && growth > 0 && disk.used() + growth > *disk.capacity) return SQLITE_FULL;
  open.file->write(start, bytes, count);
  return SQLITE_OK;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  Handle& open = handle(file);
  const std::lock_guard lock(open.disk->mutex);
  if (open.dead() || open.disk->fails(PowerLossDisk::kTruncate)) return SQLITE_IOERR_TRUNCATE;
  open.file->truncate(static_cast<std::size_t>(size));
  return SQLITE_OK;
}

// The first sync of a new file also syncs its folder, as SQLite's own VFS for Unix does.
int sync_file(sqlite3_file* file, int) {
  Handle& open = handle(file);
  const std::lock_guard lock(open.disk->mutex);
  if (open.dead() || open.disk->fails(PowerLossDisk::kSync)) return SQLITE_IOERR_FSYNC;
  ++open.disk->syncs;
  open.file->sync();
  if (!open.file->durable_name) open.disk->sync_folder();
  return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  Handle& open = handle(file);
  const std::lock_guard lock(open.disk->mutex);
  if (open.dead()) return SQLITE_IOERR_FSTAT;
  *size = static_cast<sqlite3_int64>(open.file->live.size());
  return SQLITE_OK;
}

int lock_file(sqlite3_file*, int) { return SQLITE_OK; }
int unlock_file(sqlite3_file*, int) { return SQLITE_OK; }
int check_lock(sqlite3_file*, int* locked) {
  *locked = 0;
  return SQLITE_OK;
}
int file_control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return static_cast<int>(kSector); }
// As on Unix: a torn write hurts no byte outside it.
int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

// Version 1 has no shared memory: the store must work without, as its lock is exclusive.
constexpr sqlite3_io_methods kMethods = [] {
  sqlite3_io_methods methods = {};
  methods.iVersion = 1;
  methods.xClose = close_file;
  methods.xRead = read_file;
  methods.xWrite = write_file;
  methods.xTruncate = truncate_file;
  methods.xSync = sync_file;
  methods.xFileSize = file_size;
  methods.xLock = lock_file;
  methods.xUnlock = unlock_file;
  methods.xCheckReservedLock = check_lock;
  methods.xFileControl = file_control;
  methods.xSectorSize = sector_size;
  methods.xDeviceCharacteristics = characteristics;
  return methods;
}();

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;  // nothing to close unless this succeeds
  Disk& disk = disk_of(vfs);
  const std::lock_guard lock(disk.mutex);
  if (disk.fails(PowerLossDisk::kOpen)) return SQLITE_CANTOPEN;
  std::shared_ptr<File> content;
  if (path == nullptr) {
    content = std::make_shared<File>();  // a temporary file of SQLite's: nobody else sees it
  } else if (const auto found = disk.files.find(path); found != disk.files.end()) {
    content = found->second;
  } else if ((flags & SQLITE_OPEN_CREATE) != 0) {
    content = disk.files[path] = std::make_shared<File>();
  } else {
    return SQLITE_CANTOPEN;
  }
  new (file) Handle{.base = {.pMethods = &kMethods},
                    .disk = &disk,
                    .file = std::move(content),
                    .generation = disk.generation};
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* path, int sync_folder) {
  Disk& disk = disk_of(vfs);
  const std::lock_guard lock(disk.mutex);
  if (disk.fails(PowerLossDisk::kDelete)) return SQLITE_IOERR_DELETE;
  const auto found = disk.files.find(path);
  if (found == disk.files.end()) return SQLITE_IOERR_DELETE_NOENT;
  if (found->second->durable_name) disk.removed.emplace(path, found->second);
  disk.files.erase(found);
  if (sync_folder != 0) disk.sync_folder();
  return SQLITE_OK;
}

int access_file(sqlite3_vfs* vfs, const char* path, int, int* result) {
  Disk& disk = disk_of(vfs);
  const std::lock_guard lock(disk.mutex);
  *result = disk.files.contains(path) ? 1 : 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* path, int size, char* out) {
  if (std::strlen(path) >= static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
  std::strcpy(out, path);
  return SQLITE_OK;
}

int randomness(sqlite3_vfs* vfs, int size, char* out) {
  Disk& disk = disk_of(vfs);
  const std::lock_guard lock(disk.mutex);
  std::generate_n(out, size, [&] { return static_cast<char>(disk.random()); });
  return size;
}

int sleep_for(sqlite3_vfs*, int microseconds) { return microseconds; }
int current_time(sqlite3_vfs*, double* julian_day) {
  *julian_day = 2460000.5;
  return SQLITE_OK;
}
int last_error(sqlite3_vfs*, int, char*) { return 0; }

}  // namespace

PowerLossDisk::PowerLossDisk() : impl_(std::make_unique<Impl>()) {
  static std::atomic<int> count = 0;
  impl_->name = "power-loss-" + std::to_string(++count);
  impl_->vfs.iVersion = 1;
  impl_->vfs.szOsFile = sizeof(Handle);
  impl_->vfs.mxPathname = 512;
  impl_->vfs.zName = impl_->name.c_str();
  impl_->vfs.pAppData = impl_.get();
  impl_->vfs.xOpen = open_file;
  impl_->vfs.xDelete = delete_file;
  impl_->vfs.xAccess = access_file;
  impl_->vfs.xFullPathname = full_path;
  impl_->vfs.xRandomness = randomness;
  impl_->vfs.xSleep = sleep_for;
  impl_->vfs.xCurrentTime = current_time;
  impl_->vfs.xGetLastError = last_error;
  sqlite3_vfs_register(&impl_->vfs, /*makeDflt=*/0);
}

PowerLossDisk::~PowerLossDisk() { sqlite3_vfs_unregister(&impl_->vfs); }

const std::string& PowerLossDisk::vfs() const { return impl_->name; }

void PowerLossDisk::cut() {
  const std::lock_guard lock(impl_->mutex);
  impl_->cut(0);
}

void PowerLossDisk::cut(std::uint64_t seed) {
  constexpr std::array<std::uint64_t, 5> kPercents = {1, 10, 50, 90, 100};
  const std::lock_guard lock(impl_->mutex);
  impl_->random.seed(seed);
  impl_->cut(kPercents[impl_->random() % kPercents.size()]);
}

void PowerLossDisk::fail(const Fault& fault) {
  const std::lock_guard lock(impl_->mutex);
  impl_->fault = fault;
  impl_->until_fault = fault.nth;
  impl_->fired = false;
}

void PowerLossDisk::heal() {
  const std::lock_guard lock(impl_->mutex);
  impl_->fault.reset();
}

bool PowerLossDisk::fired() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->fired;
}

std::uint64_t PowerLossDisk::calls() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->calls;
}

std::uint64_t PowerLossDisk::syncs() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->syncs;
}

void PowerLossDisk::set_capacity(std::optional<std::size_t> bytes) {
  const std::lock_guard lock(impl_->mutex);
  impl_->capacity = bytes;
}

std::size_t PowerLossDisk::used() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->used();
}

std::string PowerLossDisk::contents() const {
  const std::lock_guard lock(impl_->mutex);
  std::string all;
  for (const auto& [path, file] : impl_->files) all += file->live;
  return all;
}

void PowerLossDisk::damage(const std::string& file, std::size_t offset) {
  const std::lock_guard lock(impl_->mutex);
  File& damaged = *impl_->files.at(file);
  damaged.live.at(offset) ^= '\x55';
  damaged.durable = damaged.live;
}

}  // namespace weir
