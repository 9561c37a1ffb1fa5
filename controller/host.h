#pragma once

// What `weir serve` needs of the host it runs on, before anything else: its folders, its lock, its
// name. Called once, at start.

#include <memory>
#include <string>

#include "controller/result.h"

namespace weir {

// A folder of weir's own, 0700.
Result<void> make_private_folder(const std::string& path);

// Two weirs with one instance name on one engine would each take the other's containers for
// leftovers. The lock lies outside the data folder, so that two data folders meet in it too; the
// kernel frees it when the process ends, however it ends.
Result<std::shared_ptr<void>> lock_instance(const std::string& run_dir, const std::string& instance,
                                            const std::string& docker_host);

// Makes sure that this folder is on a tmpfs, mounting one if need be: Secrets must not reach a
// disk.
Result<void> ensure_memory_folder(const std::string& path);

std::string host_name();
std::string host_address();  // the first address that is not loopback; 127.0.0.1 if there is none

}  // namespace weir
