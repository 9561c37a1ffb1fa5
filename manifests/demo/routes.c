// What is answered to which path, and the misbehaviour that a query can ask for.

#define _GNU_SOURCE

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "demo.h"

#define TEXT_PLAIN "text/plain"

static bool may_show(const char* name) {
  size_t length = strlen(name);
  for (const char* list = setting("SHOW_ENV", ""); *list;) {
    const char* end = strchrnul(list, ',');
    if ((size_t)(end - list) == length && strncmp(list, name, length) == 0) return true;
    list = *end ? end + 1 : end;
  }
  return false;
}

static bool serve_hello(struct reply* reply) {
  char host[256] = "", body[512];
  gethostname(host, sizeof host - 1);
  snprintf(body, sizeof body, "hello from %s on %s\n", version(), host);
  return reply_text(reply, 200, TEXT_PLAIN, body);
}

static bool serve_health(struct reply* reply) {
  bool broken = is_set("BROKEN");
  return reply_text(reply, broken ? 500 : 200, TEXT_PLAIN, broken ? "broken\n" : "ok\n");
}

static bool serve_version(struct reply* reply) {
  char body[512];
  snprintf(body, sizeof body, "%s\n", version());
  return reply_text(reply, 200, TEXT_PLAIN, body);
}

static bool serve_env(struct reply* reply) {
  char name[256], body[4096];
  parameter(reply->request->query, "name", name, sizeof name);
  const char* value = may_show(name) ? getenv(name) : NULL;
  snprintf(body, sizeof body, "%s\n", value ? value : "not shown");
  return reply_text(reply, value ? 200 : 404, TEXT_PLAIN, body);
}

static bool serve_slow(struct reply* reply) {
  long ms = number_parameter(reply->request->query, "ms", 0);
  wait_ms(ms);
  char body[64];
  snprintf(body, sizeof body, "slept %ld ms\n", ms);
  return reply_text(reply, 200, TEXT_PLAIN, body);
}

static bool serve_exit(struct reply* reply) {
  int code = (int)number_parameter(reply->request->query, "code", 0) & 255;
  char body[64];
  snprintf(body, sizeof body, "exiting with %d\n", code);
  reply->keep = false;
  reply_text(reply, 200, TEXT_PLAIN, body);
  say("exiting with %d, as asked\n", code);
  _exit(code);
}

// A bad version: $FAIL_PERCENT of the requests fail, each takes $DELAY_MS longer. Probes do not see
// it: what they do not see is what an analysis is for.
static bool fails_now(void) {
  static atomic_long requests;
  wait_ms(atol(setting("DELAY_MS", "0")));
  long percent = atol(setting("FAIL_PERCENT", "0"));
  long number = atomic_fetch_add(&requests, 1);
  return (number + 1) * percent / 100 > number * percent / 100;
}

static bool serve_path(struct reply* reply) {
  static const struct {
    const char* path;
    bool (*serve)(struct reply*);
    bool is_health;
  } routes[] = {
      {"/", serve_hello, false},         {"/healthz", serve_health, true},
      {"/readyz", serve_health, true},   {"/env", serve_env, false},
      {"/version", serve_version, false}, {"/slow", serve_slow, false},
      {"/exit", serve_exit, false},      {"/sse", serve_events, false},
      {"/ws", serve_websocket, false},
  };
  for (size_t i = 0; i < sizeof routes / sizeof *routes; ++i) {
    if (strcmp(reply->request->path, routes[i].path) != 0) continue;
    if (!routes[i].is_health && fails_now()) {
      return reply_text(reply, 500, TEXT_PLAIN, "this version is bad\n");
    }
    return routes[i].serve(reply);
  }
  return reply_text(reply, 404, TEXT_PLAIN, "not found\n");
}

static bool asked_for(const struct request* request, const char* misbehaviour) {
  return number_parameter(request->query, misbehaviour, 0) != 0;
}

static void wait_for_hang_up(int fd) {
  struct pollfd wait = {.fd = fd, .events = POLLRDHUP};
  while (poll(&wait, 1, -1) < 0) {
  }
}

static bool refuse(struct connection* connection, int status) {
  struct request none = {.http_1_1 = true, .close = true};
  struct reply reply = reply_to(connection, &none);
  reply_text(&reply, status, TEXT_PLAIN, "the request is refused\n");
  return false;
}

// Without a head, it is one that does not fit.
bool serve_request(struct connection* connection, char* head, size_t size) {
  struct request request;
  int refusal = head ? parse_head(head, size, &request) : 431;
  if (refusal != 0) return refuse(connection, refusal);
  bool echo = strcmp(request.path, "/echo") == 0;
  // It counts before its body is read: a backend may act on what it has of a request.
  unsigned seen = echo ? note_seen(&request) : 0;
  int64_t body_size = read_body(connection, &request);
  if (body_size < 0) return refuse(connection, 400);
  if (asked_for(&request, "stall")) wait_for_hang_up(connection->fd);
  if (asked_for(&request, "stall") || asked_for(&request, "close_before")) return false;
  struct reply reply = reply_to(connection, &request);
  bool goes_on = echo ? serve_echo(&reply, seen, body_size) : serve_path(&reply);
  return goes_on && reply.keep && !asked_for(&request, "close_idle");
}
