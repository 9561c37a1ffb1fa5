#pragma once

// What both implementations of Io ask the kernel for alike.

namespace weir::gateway {

void prepare_stream(int fd);  // no delay; a peer that is silently gone is noticed
int socket_error(int fd);     // and clears it

}  // namespace weir::gateway
