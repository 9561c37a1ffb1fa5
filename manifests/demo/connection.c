// Connections: one thread with a small stack for each. The table of slots says which of them have a
// request under way, so that SIGTERM ends only those that have none.

#define _GNU_SOURCE

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "demo.h"

#define CONNECTIONS_MAX 2048 /* further ones wait in the listener's queue */
#define STACK_BYTES (128 << 10)
#define LINGER_MS 500 /* how long a connection that we end may stay half open */

enum connection_state { FREE, IDLE, BUSY };
static struct {
  int fd;
  enum connection_state state;
} connections[CONNECTIONS_MAX];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int open_connections = 0;
static bool stopping = false;

bool is_stopping(void) {
  pthread_mutex_lock(&mutex);
  bool now = stopping;
  pthread_mutex_unlock(&mutex);
  return now;
}

static void set_state(size_t slot, enum connection_state state) {
  pthread_mutex_lock(&mutex);
  connections[slot].state = state;
  // An idle connection of a stopping server gets no further request.
  if (state == IDLE && stopping) shutdown(connections[slot].fd, SHUT_RD);
  if (state == FREE) --open_connections;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&mutex);
}

bool write_all(int fd, const void* bytes, size_t size) {
  const char* next = bytes;
  while (size > 0) {
    ssize_t count = send(fd, next, size, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    next += count;
    size -= (size_t)count;
  }
  return true;
}

bool receive_more(struct connection* connection) {
  size_t room = REQUEST_MAX - connection->size;
  if (room == 0) return false;
  ssize_t count;
  do {
    count = recv(connection->fd, connection->bytes + connection->size, room, 0);
  } while (count < 0 && errno == EINTR);
  if (count <= 0) return false;
  connection->size += (size_t)count;
  return true;
}

void use_up(struct connection* connection, size_t count) {
  connection->size -= count;
  memmove(connection->bytes, connection->bytes + count, connection->size);
}

static long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Ends a connection such that the client reads the last answer: bytes that nobody has read would
// turn close() into a reset, which overtakes it. So what still comes is read and thrown away.
static void hang_up(int fd) {
  shutdown(fd, SHUT_WR);
  char bytes[1024];
  struct pollfd wait = {.fd = fd, .events = POLLIN};
  long end = now_ms() + LINGER_MS;
  for (long left = LINGER_MS; left > 0; left = end - now_ms()) {
    if (poll(&wait, 1, (int)left) <= 0 || recv(fd, bytes, sizeof bytes, 0) <= 0) break;
  }
  close(fd);
}

// The next request's head, in bytes[0..]; its size without the last empty line, or 0: there is
// none. From its first byte on, the connection is busy: a stopping server still answers it.
static size_t await_head(struct connection* connection, int idle_close_ms) {
  for (;;) {
    // An empty line before a request is to be ignored (RFC 9112, 2.2).
    while (connection->size >= 2 && memcmp(connection->bytes, "\r\n", 2) == 0) {
      use_up(connection, 2);
    }
    char* end = memmem(connection->bytes, connection->size, "\r\n\r\n", 4);
    if (end) return (size_t)(end - connection->bytes) + 2;
    if (connection->size == 0) {
      set_state(connection->slot, IDLE);
      struct pollfd wait = {.fd = connection->fd, .events = POLLIN};
      if (idle_close_ms > 0 && poll(&wait, 1, idle_close_ms) == 0) return 0;
    }
    if (!receive_more(connection)) {
      // A head that does not fit gets a refusal.
      return connection->size == REQUEST_MAX ? REQUEST_MAX : 0;
    }
    set_state(connection->slot, BUSY);
  }
}

static void* serve_connection(void* argument) {
  struct connection connection = {.slot = (size_t)argument};
  connection.fd = connections[connection.slot].fd;
  int idle_close_ms = atoi(setting("IDLE_CLOSE_MS", "0"));
  char head[REQUEST_MAX + 1];
  size_t size;
  while ((size = await_head(&connection, idle_close_ms)) > 0) {
    memcpy(head, connection.bytes, size);
    head[size] = '\0';
    bool fits = size < REQUEST_MAX;
    use_up(&connection, fits ? size + 2 : size);
    if (!serve_request(&connection, fits ? head : NULL, size)) break;
  }
  hang_up(connection.fd);
  set_state(connection.slot, FREE);
  return NULL;
}

bool accept_one(int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (fd < 0) return errno == EINTR || errno == ECONNABORTED;
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  pthread_mutex_lock(&mutex);
  while (open_connections == CONNECTIONS_MAX) pthread_cond_wait(&changed, &mutex);
  size_t slot = 0;
  while (connections[slot].state != FREE) ++slot;
  connections[slot].fd = fd;
  connections[slot].state = IDLE;
  ++open_connections;
  pthread_mutex_unlock(&mutex);
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  if (pthread_create(&thread, &attributes, serve_connection, (void*)slot) != 0) {
    close(fd);
    set_state(slot, FREE);
  }
  pthread_attr_destroy(&attributes);
  return true;
}

void drain_connections(int seconds) {
  struct timespec deadline;
  clock_gettime(CLOCK_REALTIME, &deadline);
  deadline.tv_sec += seconds;
  pthread_mutex_lock(&mutex);
  stopping = true;
  for (size_t slot = 0; slot < CONNECTIONS_MAX; ++slot) {
    if (connections[slot].state == IDLE) shutdown(connections[slot].fd, SHUT_RD);
  }
  while (open_connections > 0 && pthread_cond_timedwait(&changed, &mutex, &deadline) == 0) {
  }
  pthread_mutex_unlock(&mutex);
}
