// What an exec probe runs: the shell that the image lacks.

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "demo.h"

int tool_check(const char* path) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)atoi(setting("PORT", "8080"))),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
  if (connect(fd, (struct sockaddr*)&address, sizeof address) != 0) {
    dprintf(2, "cannot connect: %s\n", strerror(errno));
    return 1;
  }
  char bytes[4096];
  int size = snprintf(bytes, sizeof bytes,
                      "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
  if (size >= (int)sizeof bytes || !write_all(fd, bytes, (size_t)size)) return 1;
  size_t got = 0;
  for (ssize_t count = 1; count > 0 && got < sizeof bytes - 1; got += (size_t)count) {
    count = recv(fd, bytes + got, sizeof bytes - 1 - got, 0);
    if (count < 0) count = 0;
  }
  bytes[got] = '\0';
  int status = 0;
  sscanf(bytes, "HTTP/1.1 %d", &status);
  const char* body = strstr(bytes, "\r\n\r\n");
  say("%d %s", status, body ? body + 4 : "\n");
  return status / 100 == 2 ? 0 : 1;
}

int tool_cat(const char* path) {
  char bytes[4096];
  int fd = open(path, O_RDONLY);
  ssize_t count = fd < 0 ? -1 : 1;
  while (count > 0) {
    count = read(fd, bytes, sizeof bytes);
    if (count > 0 && write(1, bytes, (size_t)count) != count) return 1;
  }
  if (count < 0) dprintf(2, "%s: %s\n", path, strerror(errno));
  return count < 0 ? 1 : 0;
}

int tool_env(const char* name) {
  const char* value = getenv(name);
  if (value) say("%s\n", value);
  return value ? 0 : 1;
}
