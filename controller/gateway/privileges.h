#pragma once

namespace weir::gateway {

// For the worker, which reads what strangers send. Both throw std::system_error: rather no worker
// than one with root's rights.

// First, for the threads made after it have it too: no program that is run gains any right.
void gain_no_privileges();
// Once rings and threads are made: from here on this process is nobody and has no capability. Its
// sockets and what the holder hands it go on working. One that root has not started stays who it
// is.
void drop_privileges();

}  // namespace weir::gateway
