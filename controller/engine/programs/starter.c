// The first process of a container whose environment holds Secrets. It reads NAME=VALUE records,
// each ended by a NUL byte, from a file on tmpfs, adds them to the environment, and becomes the
// program that it was told to run. So the values are in the process, and neither in the
// container's configuration nor in `docker inspect`. Static and without dependencies: it runs in
// an image that holds nothing else.
//
//   exec PROGRAM ARGUMENT…
//
// Exit codes as a shell's: 127 the program is not there, 126 it cannot be run.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENVIRONMENT_FILE "/.weir/env"
#define ENVIRONMENT_MAX (2 << 20) /* more does not fit into an execve */

static char records[ENVIRONMENT_MAX + 1];

static void die(int code, const char* what, const char* name) {
  dprintf(2, "weir: %s %s: %s\n", what, name, strerror(errno));
  _exit(code);
}

static void load_environment(void) {
  int file = open(ENVIRONMENT_FILE, O_RDONLY | O_CLOEXEC);
  size_t size = 0;
  if (file < 0) die(126, "cannot open", ENVIRONMENT_FILE);
  for (;;) {
    ssize_t count = read(file, records + size, sizeof records - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) die(126, "cannot read", ENVIRONMENT_FILE);
    if (count == 0) break;
    size += (size_t)count;
    errno = E2BIG;
    if (size > ENVIRONMENT_MAX) die(126, "cannot use", ENVIRONMENT_FILE);
  }
  close(file);
  records[size] = '\0';
  for (char* record = records; record < records + size; record += strlen(record) + 1) {
    if (strchr(record, '=') && putenv(record) != 0) die(126, "cannot set", "the environment");
  }
}

int main(int count, char** arguments) {
  if (count < 2) {
    dprintf(2, "weir: no program to run was given\n");
    return 127;
  }
  load_environment();
  execvp(arguments[1], arguments + 1);
  die(errno == ENOENT || errno == ENOTDIR ? 127 : 126, "cannot run", arguments[1]);
}
