// The program of weir's demo images: a small HTTP server without dependencies, linked statically,
// so that an image is this one file. It can be told to be slow, broken or stubborn, which is what
// rollouts, probes and their tests need.
//
//   demo-server                    serves; settings come from the environment:
//     VERSION=v1  PORT=8080        what it says of itself, where it listens (0: on any free port)
//     BROKEN=1                     /healthz and /readyz answer 500
//     START_DELAY_MS=0             it listens only then
//     IGNORE_TERM=1                SIGTERM does nothing: somebody has to kill it
//     EXIT_ON_TERM=1               SIGTERM ends it at once, with what is under way
//     IDLE_CLOSE_MS=N              closes a connection that is idle for so long
//     SEEN_TO=IP:PORT              sends "ID METHOD CONTAINER VERSION" there by UDP for each /echo
//     SHOW_ENV=NAME,NAME           which variables /env?name=NAME shows
//   demo-server check PATH         GET of its own PATH: exit code 0 if that is a 2xx (exec probes)
//   demo-server cat FILE | env NAME | touch FILE | remove FILE     the shell that the image lacks
//
//   GET /          hello from VERSION on HOSTNAME
//   GET /healthz /readyz /version /env?name=NAME /slow?ms=N /exit?code=N
//   GET HEAD POST PUT DELETE /echo {"container","revision","id","method","seen","bytes","padding"}:
//                  who answers, the X-Request-Id, how often this process has seen that id, the size
//                  of the request's body; ?bytes=N of padding, ?chunked=1 framing, ?ms=N before it
//   GET /sse?events=N&ms=M           server-sent events: data: {"id","n","container"}
//   GET /ws                          a WebSocket that sends back what it gets
// Every answer has the headers X-Demo: 1, X-Demo-Container and X-Demo-Revision: what has none was
// not made here. Misbehaviour, for every path: ?reset_at=K (after K bytes of the answer),
// ?close_before=1 (instead of an answer), ?stall=1 (no answer ever), ?close_idle=1 (after the
// answer, unannounced).

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "demo.h"

#define DRAIN_SECONDS 60                /* how long SIGTERM waits for requests under way */
#define EXIT_TERMINATED (128 + SIGTERM) /* what a shell calls the end by SIGTERM */

// -1: it cannot listen there, and has said so.
static int open_listener(void) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)atoi(setting("PORT", "8080")))};
  socklen_t size = sizeof address;
  if (bind(listener, (struct sockaddr*)&address, size) != 0 || listen(listener, 4096) != 0) {
    dprintf(2, "demo-server: cannot listen on port %s: %s\n", setting("PORT", "8080"),
            strerror(errno));
    return -1;
  }
  getsockname(listener, (struct sockaddr*)&address, &size);
  say("demo %s listens on port %d\n", version(), ntohs(address.sin_port));
  return listener;
}

static void on_sigterm(void) {
  if (!is_set("EXIT_ON_TERM")) return;
  say("exiting: SIGTERM\n");
  _exit(EXIT_TERMINATED);
}

// Takes what still waits, then no more; requests under way are answered.
static void drain(int listener) {
  say("stopping: SIGTERM\n");
  while (accept_one(listener)) {
  }
  close(listener);
  drain_connections(DRAIN_SECONDS);
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
  wait_ms(atol(setting("START_DELAY_MS", "0")));
  if (!open_seen_report()) {
    dprintf(2, "demo-server: SEEN_TO=%s is no IP:PORT\n", setting("SEEN_TO", ""));
    return 1;
  }
  int listener = open_listener();
  if (listener < 0) return 1;
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
  on_sigterm();
  drain(listener);
  return 0;
}

int main(int count, char** arguments) {
  if (count == 1) return serve();
  if (count == 3) {
    const char* name = arguments[2];
    if (strcmp(arguments[1], "check") == 0) return tool_check(name);
    if (strcmp(arguments[1], "cat") == 0) return tool_cat(name);
    if (strcmp(arguments[1], "env") == 0) return tool_env(name);
    if (strcmp(arguments[1], "touch") == 0) {
      return open(name, O_WRONLY | O_CREAT, 0644) < 0 ? 1 : 0;
    }
    if (strcmp(arguments[1], "remove") == 0) return unlink(name) == 0 ? 0 : 1;
  }
  dprintf(2, "usage: demo-server [check PATH | cat FILE | env NAME | touch FILE | remove FILE]\n");
  return 2;
}
