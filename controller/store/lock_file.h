#pragma once

// LockFile: one weir a data folder. The kernel drops the lock with the process, however it ends.

#include <string>

#include "controller/result.h"

namespace weir {

class LockFile {
 public:
  // Takes the lock at once, or says who has it.
  static Result<LockFile> take(const std::string& path);
  LockFile() = default;
  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&& other) noexcept;
  ~LockFile();

 private:
  explicit LockFile(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace weir
