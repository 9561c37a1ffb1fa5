#include "controller/gitops/process/confine.h"

#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <system_error>

#include "controller/gateway/privileges.h"

namespace weir::gitops {

namespace {

// An index and a delta beside the pack itself.
constexpr rlim_t kBesidePack = 16u << 20;
constexpr rlim_t kOpenFiles = 256;

// A sanitizer's shadow of the memory takes terabytes of addresses.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kAddressesCanBeLimited = false;
#else
constexpr bool kAddressesCanBeLimited = true;
#endif

void require(bool done, const char* what) {
  if (!done) throw std::system_error(errno, std::generic_category(), what);
}

// `beyond`: by so much the signal that can be told apart comes before the one that cannot.
void bound(__rlimit_resource resource, rlim_t value, rlim_t beyond = 0) {
  const rlimit both{.rlim_cur = value, .rlim_max = value + beyond};
  require(::setrlimit(resource, &both) == 0, "limit resources");
}

// Ways to look into other processes, to other namespaces, to the kernel's least used corners, and
// out of the group of processes that Fetcher ends.
constexpr std::array kNever{SCMP_SYS(ptrace),
                            SCMP_SYS(process_vm_readv),
                            SCMP_SYS(process_vm_writev),
                            SCMP_SYS(pidfd_getfd),
                            SCMP_SYS(kcmp),
                            SCMP_SYS(mount),
                            SCMP_SYS(umount2),
                            SCMP_SYS(move_mount),
                            SCMP_SYS(open_tree),
                            SCMP_SYS(fsopen),
                            SCMP_SYS(fsmount),
                            SCMP_SYS(fspick),
                            SCMP_SYS(pivot_root),
                            SCMP_SYS(chroot),
                            SCMP_SYS(unshare),
                            SCMP_SYS(setns),
                            SCMP_SYS(bpf),
                            SCMP_SYS(perf_event_open),
                            SCMP_SYS(userfaultfd),
                            SCMP_SYS(io_uring_setup),
                            SCMP_SYS(io_uring_enter),
                            SCMP_SYS(io_uring_register),
                            SCMP_SYS(keyctl),
                            SCMP_SYS(add_key),
                            SCMP_SYS(request_key),
                            SCMP_SYS(kexec_load),
                            SCMP_SYS(init_module),
                            SCMP_SYS(finit_module),
                            SCMP_SYS(delete_module),
                            SCMP_SYS(open_by_handle_at),
                            SCMP_SYS(name_to_handle_at),
                            SCMP_SYS(personality),
                            SCMP_SYS(acct),
                            SCMP_SYS(quotactl),
                            SCMP_SYS(swapon),
                            SCMP_SYS(reboot),
                            SCMP_SYS(syslog),
                            SCMP_SYS(listen),
                            SCMP_SYS(accept),
                            SCMP_SYS(accept4),
                            SCMP_SYS(setsid),
                            SCMP_SYS(setpgid),
                            SCMP_SYS(mknod),
                            SCMP_SYS(mknodat)};

void filter_calls(bool may_run_programs) {
  const std::unique_ptr<void, decltype(&seccomp_release)> filter(seccomp_init(SCMP_ACT_ALLOW),
                                                                 seccomp_release);
  require(filter != nullptr, "filter the kernel's calls");
  const auto deny = [&](int call) {
    errno = -seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), call, 0);
    require(errno == 0, "filter the kernel's calls");
  };
  for (const int call : kNever) deny(call);
  if (!may_run_programs) {
    for (const int call : {SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork)}) {
      deny(call);
    }
    // Threads it may have. What clone3 is asked cannot be seen here; without it clone is used.
    const scmp_arg_cmp no_thread{
        .arg = 0, .op = SCMP_CMP_MASKED_EQ, .datum_a = CLONE_THREAD, .datum_b = 0};
    errno = -seccomp_rule_add_array(filter.get(), SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                                    &no_thread);
    require(errno == 0, "filter the kernel's calls");
    errno = -seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    require(errno == 0, "filter the kernel's calls");
  }
  errno = -seccomp_load(filter.get());
  require(errno == 0, "filter the kernel's calls");
}

}  // namespace

void give_up_rights() {
  const pid_t parent = ::getppid();
  ::close_range(STDERR_FILENO + 1, ~0u, 0);
  ::umask(077);
  gateway::gain_no_privileges();
  gateway::drop_privileges();
  require(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0, "hide memory");
  bound(RLIMIT_CORE, 0);
  // Only now: a change of the user undoes it.
  require(::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0, "end with the parent");
  if (::getppid() != parent) ::_exit(1);
}

void limit(const FetchRequest& request) {
  bound(RLIMIT_FSIZE, request.limits.pack_bytes + kBesidePack);
  bound(RLIMIT_NOFILE, kOpenFiles);
  bound(RLIMIT_CPU, static_cast<rlim_t>(request.timeout.count() / 1000 + 1), 1);
  if (kAddressesCanBeLimited) bound(RLIMIT_AS, request.limits.memory_bytes);
  filter_calls(!request.verify.mode.empty());
}

}  // namespace weir::gitops
