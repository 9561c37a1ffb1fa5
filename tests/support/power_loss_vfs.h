#pragma once

// PowerLossDisk: a disk in memory for SQLite, with what real disks do to programs. What was written
// but not synced is lost at cut(), wholly or in parts; the n-th call fails; space runs out.
//
// Register one, give its vfs() to StoreOptions, and keep it for as long as a store uses it. After
// cut() every open file is dead (its calls fail): destroy the store, and open it again on the same
// disk. Any thread. Deterministic: same calls and seeds, same bytes.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace weir {

class PowerLossDisk {
 public:
  PowerLossDisk();
  ~PowerLossDisk();
  PowerLossDisk(const PowerLossDisk&) = delete;
  PowerLossDisk& operator=(const PowerLossDisk&) = delete;

  const std::string& vfs() const;

  // --- Power -----------------------------------------------------------------------------------
  // Everything since each file's last sync is lost.
  void cut();
  // Of everything since each file's last sync, any 512-byte piece may have reached the disk.
  void cut(std::uint64_t seed);

  // --- Faults ------------------------------------------------------------------------------------
  enum Calls : unsigned {
    kRead = 1,
    kWrite = 2,
    kSync = 4,
    kTruncate = 8,
    kOpen = 16,
    kDelete = 32,
    kAny = 63,
    kChanging = kWrite | kSync | kTruncate | kDelete,
  };
  struct Fault {
    std::uint64_t nth = 1;  // the n-th call of these kinds from now on fails …
    unsigned calls = kAny;
    bool lasting = false;  // … and so does every call of any kind after it: the power is gone
  };
  // The call fails with an I/O error; a write has half happened.
  void fail(const Fault& fault);
  void heal();
  bool fired() const;
  std::uint64_t calls() const;
  std::uint64_t syncs() const;

  // Writes that would make the disk hold more than this fail as on a full disk.
  void set_capacity(std::optional<std::size_t> bytes);
  std::size_t used() const;

  // The bytes of every file, as they would be read now: to look for what must not be there.
  std::string contents() const;
  // Changes one byte, as a bad sector would.
  void damage(const std::string& file, std::size_t offset);

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
