#pragma once

namespace weir::gateway {

// For the worker, which reads what strangers send, once its rings and threads are made: from here
// on this process is nobody, has no capability, and gains none by a program that it runs. Its
// sockets and what the holder hands it go on working. One that root has not started stays who it
// is. Throws std::system_error: rather no worker than one with root's rights.
void drop_privileges();

}  // namespace weir::gateway
