// The program of weir's demo images: a small HTTP server without dependencies, linked statically,
// so that an image is this one file. It can be told to be slow, broken or stubborn, which is what
// rollouts, probes and their tests need.
//
//   demo-server                    serves; settings come from the environment:
//     VERSION=v1  PORT=8080        what it says of itself, where it listens
//     BROKEN=1                     /healthz and /readyz answer 500
//     START_DELAY_MS=0             it listens only then
//     IGNORE_TERM=1                SIGTERM does nothing: somebody has to kill it
//     SHOW_ENV=NAME,NAME           which variables /env?name=NAME shows
//   demo-server check PATH         GET of its own PATH: exit code 0 if that is a 2xx (exec probes)
//   demo-server cat FILE | env NAME | touch FILE | remove FILE     the shell that the image lacks
//
//   GET /          hello from VERSION on HOSTNAME
//   GET /healthz /readyz /version /env?name=NAME /slow?ms=N /exit?code=N

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 512 /* further ones wait in the listener's queue */
#define REQUEST_MAX 8192
#define DRAIN_SECONDS 60 /* how long SIGTERM waits for requests under way */

// What the threads share: who is connected, and whether the server is stopping.
enum connection_state { FREE, IDLE, BUSY };
static struct {
  int fd;
  enum connection_state state;
} connections[CONNECTIONS_MAX];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int open_connections = 0;
static bool stopping = false;

static const char* setting(const char* name, const char* otherwise) {
  const char* value = getenv(name);
  return value && *value ? value : otherwise;
}
static bool is_set(const char* name) { return strcmp(setting(name, "0"), "0") != 0; }

static void say(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vdprintf(1, format, arguments);
  va_end(arguments);
}

static bool write_all(int fd, const char* bytes, size_t size) {
  while (size > 0) {
    ssize_t count = send(fd, bytes, size, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes += count;
    size -= (size_t)count;
  }
  return true;
}

// --- One request ---------------------------------------------------------------------------------

// The value of one parameter of the query, without decoding; "" if it is not there.
static void parameter(const char* query, const char* name, char* value, size_t size) {
  size_t length = strlen(name);
  value[0] = '\0';
  while (query && *query) {
    const char* end = strchrnul(query, '&');
    if (strncmp(query, name, length) == 0 && query[length] == '=') {
      snprintf(value, size, "%.*s", (int)(end - query - length - 1), query + length + 1);
      return;
    }
    query = *end ? end + 1 : end;
  }
}

static bool may_show(const char* name) {
  size_t length = strlen(name);
  for (const char* list = setting("SHOW_ENV", ""); *list;) {
    const char* end = strchrnul(list, ',');
    if ((size_t)(end - list) == length && strncmp(list, name, length) == 0) return true;
    list = *end ? end + 1 : end;
  }
  return false;
}

struct answer {
  int status;
  char body[4096];
  int exit_code; /* -1: serve on */
};

static void answer_env(const char* query, struct answer* answer) {
  char name[256];
  parameter(query, "name", name, sizeof name);
  const char* value = may_show(name) ? getenv(name) : NULL;
  if (!value) answer->status = 404;
  snprintf(answer->body, sizeof answer->body, "%s\n", value ? value : "not shown");
}

static struct answer answer_to(const char* path, const char* query) {
  struct answer answer = {.status = 200, .exit_code = -1};
  char value[32];
  char host[256] = "";
  if (strcmp(path, "/") == 0) {
    gethostname(host, sizeof host - 1);
    snprintf(answer.body, sizeof answer.body, "hello from %s on %s\n", setting("VERSION", "v0"),
             host);
  } else if (strcmp(path, "/healthz") == 0 || strcmp(path, "/readyz") == 0) {
    bool broken = is_set("BROKEN");
    answer.status = broken ? 500 : 200;
    snprintf(answer.body, sizeof answer.body, broken ? "broken\n" : "ok\n");
  } else if (strcmp(path, "/version") == 0) {
    snprintf(answer.body, sizeof answer.body, "%s\n", setting("VERSION", "v0"));
  } else if (strcmp(path, "/env") == 0) {
    answer_env(query, &answer);
  } else if (strcmp(path, "/slow") == 0) {
    parameter(query, "ms", value, sizeof value);
    usleep((useconds_t)atoi(value) * 1000);
    snprintf(answer.body, sizeof answer.body, "slept %d ms\n", atoi(value));
  } else if (strcmp(path, "/exit") == 0) {
    parameter(query, "code", value, sizeof value);
    answer.exit_code = atoi(value) & 255;
    snprintf(answer.body, sizeof answer.body, "exiting with %d\n", answer.exit_code);
  } else {
    answer.status = 404;
    snprintf(answer.body, sizeof answer.body, "not found\n");
  }
  return answer;
}

static const char* reason_of(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    default: return "Internal Server Error";
  }
}

// Answers the request in `head`. False: the connection ends.
static bool serve_request(int fd, char* head) {
  char method[8] = "", target[2048] = "", protocol[16] = "";
  bool understood = sscanf(head, "%7s %2047s %15s", method, target, protocol) == 3;
  char* query = strchr(target, '?');
  if (query) *query++ = '\0';
  struct answer answer = {.status = 400, .body = "bad request\n", .exit_code = -1};
  if (understood) answer = answer_to(target, query);
  // A body is not read: what has one, ends its connection.
  bool keep = understood && (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) &&
              strcmp(protocol, "HTTP/1.1") == 0 && !strcasestr(head, "\nConnection: close") &&
              answer.exit_code < 0;
  pthread_mutex_lock(&mutex);
  keep = keep && !stopping;
  pthread_mutex_unlock(&mutex);
  char reply[sizeof answer.body + 256];
  int size = snprintf(reply, sizeof reply,
                      "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n%s\r\n%s",
                      answer.status, reason_of(answer.status), strlen(answer.body),
                      keep ? "" : "Connection: close\r\n",
                      strcmp(method, "HEAD") == 0 ? "" : answer.body);
  bool written = write_all(fd, reply, (size_t)size);
  if (answer.exit_code >= 0) {
    say("exiting with %d, as asked\n", answer.exit_code);
    _exit(answer.exit_code);
  }
  return written && keep;
}

// --- One connection ------------------------------------------------------------------------------

static void set_state(size_t slot, enum connection_state state) {
  pthread_mutex_lock(&mutex);
  connections[slot].state = state;
  // An idle connection of a stopping server gets no further request.
  if (state == IDLE && stopping) shutdown(connections[slot].fd, SHUT_RD);
  if (state == FREE) --open_connections;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&mutex);
}

static void* serve_connection(void* argument) {
  size_t slot = (size_t)argument;
  int fd = connections[slot].fd;
  char bytes[REQUEST_MAX + 1];
  size_t size = 0;
  for (;;) {
    bytes[size] = '\0';
    char* end = strstr(bytes, "\r\n\r\n");
    if (end) {
      set_state(slot, BUSY);
      end[2] = '\0';
      if (!serve_request(fd, bytes)) break;
      size -= (size_t)(end + 4 - bytes);
      memmove(bytes, end + 4, size);
      if (size == 0) set_state(slot, IDLE);
      continue;
    }
    ssize_t count = recv(fd, bytes + size, REQUEST_MAX - size, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    size += (size_t)count;
  }
  // The client is to read the answer before it learns that we are gone.
  shutdown(fd, SHUT_WR);
  close(fd);
  set_state(slot, FREE);
  return NULL;
}

// Takes one waiting connection. False: there is none.
static bool accept_one(int listener) {
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
  pthread_attr_setstacksize(&attributes, 128 << 10);
  if (pthread_create(&thread, &attributes, serve_connection, (void*)slot) != 0) {
    close(fd);
    set_state(slot, FREE);
  }
  pthread_attr_destroy(&attributes);
  return true;
}

// Takes what still waits, then no more; requests under way are answered.
static void drain(int listener) {
  say("stopping: SIGTERM\n");
  while (accept_one(listener)) {
  }
  close(listener);
  struct timespec deadline;
  clock_gettime(CLOCK_REALTIME, &deadline);
  deadline.tv_sec += DRAIN_SECONDS;
  pthread_mutex_lock(&mutex);
  stopping = true;
  for (size_t slot = 0; slot < CONNECTIONS_MAX; ++slot) {
    if (connections[slot].state == IDLE) shutdown(connections[slot].fd, SHUT_RD);
  }
  while (open_connections > 0 && pthread_cond_timedwait(&changed, &mutex, &deadline) == 0) {
  }
  pthread_mutex_unlock(&mutex);
  say("stopped\n");
}

static int serve(void) {
  // As process 1 it would get no SIGTERM without a handler; a signalfd is one.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, NULL);
  int terminated = signalfd(-1, &signals, SFD_CLOEXEC);
  int delay = atoi(setting("START_DELAY_MS", "0"));
  if (delay > 0) usleep((useconds_t)delay * 1000);

  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)atoi(setting("PORT", "8080")))};
  if (bind(listener, (struct sockaddr*)&address, sizeof address) != 0 ||
      listen(listener, 4096) != 0) {
    dprintf(2, "demo-server: cannot listen on port %s: %s\n", setting("PORT", "8080"),
            strerror(errno));
    return 1;
  }
  say("demo %s listens on port %s\n", setting("VERSION", "v0"), setting("PORT", "8080"));
  bool stubborn = is_set("IGNORE_TERM");
  struct pollfd waits[2] = {{.fd = listener, .events = POLLIN},
                            {.fd = terminated, .events = POLLIN}};
  for (;;) {
    if (poll(waits, 2, -1) < 0 && errno != EINTR) return 1;
    struct signalfd_siginfo which;
    if ((waits[1].revents & POLLIN) && read(terminated, &which, sizeof which) > 0) {
      if (!stubborn) break;
      say("SIGTERM ignored, as told\n");
    }
    if (waits[0].revents & POLLIN) accept_one(listener);
  }
  drain(listener);
  return 0;
}

// --- What an exec probe runs ---------------------------------------------------------------------

static int check(const char* path) {
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

static int cat(const char* path) {
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

static int show_env(const char* name) {
  const char* value = getenv(name);
  if (value) say("%s\n", value);
  return value ? 0 : 1;
}

int main(int count, char** arguments) {
  if (count == 1) return serve();
  if (count == 3) {
    const char* name = arguments[2];
    if (strcmp(arguments[1], "check") == 0) return check(name);
    if (strcmp(arguments[1], "cat") == 0) return cat(name);
    if (strcmp(arguments[1], "env") == 0) return show_env(name);
    if (strcmp(arguments[1], "touch") == 0) {
      return open(name, O_WRONLY | O_CREAT, 0644) < 0 ? 1 : 0;
    }
    if (strcmp(arguments[1], "remove") == 0) return unlink(name) == 0 ? 0 : 1;
  }
  dprintf(2, "usage: demo-server [check PATH | cat FILE | env NAME | touch FILE | remove FILE]\n");
  return 2;
}
