#include "controller/gateway/privileges.h"

#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace weir::gateway {

namespace {

constexpr uid_t kNobody = 65534;

void require(bool done, const char* what) {
  if (!done) throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

void gain_no_privileges() {
  require(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no new privileges");
}

// The C library changes the ids of every thread; the kernel drops all capabilities with the last
// id that was root's.
void drop_privileges() {
  if (::geteuid() != 0) return;
  require(::setgroups(0, nullptr) == 0, "drop groups");
  require(::setresgid(kNobody, kNobody, kNobody) == 0, "become the group nobody");
  require(::setresuid(kNobody, kNobody, kNobody) == 0, "become nobody");
}

}  // namespace weir::gateway
