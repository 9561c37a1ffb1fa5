// The environment, and what the server says to whoever started it.

#define _GNU_SOURCE

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "demo.h"

const char* setting(const char* name, const char* otherwise) {
  const char* value = getenv(name);
  return value && *value ? value : otherwise;
}

bool is_set(const char* name) { return strcmp(setting(name, "0"), "0") != 0; }

void say(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vdprintf(1, format, arguments);
  va_end(arguments);
}

const char* version(void) { return setting("VERSION", "v0"); }

const char* container(void) {
  static __thread char host[256];
  gethostname(host, sizeof host - 1);
  return setting("HOSTNAME", host);
}

void wait_ms(long ms) {
  if (ms > 0) usleep((useconds_t)ms * 1000);
}
