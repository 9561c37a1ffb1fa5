// /echo: says who answers what, and how often it has seen the request.

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "demo.h"

#define PIECE 2600 /* bytes of padding in one piece, whole alphabets */

static bool is_served(const char* method) {
  static const char* const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE"};
  for (size_t i = 0; i < sizeof methods / sizeof *methods; ++i) {
    if (strcmp(method, methods[i]) == 0) return true;
  }
  return false;
}

// Letters in a known order, so that a reader notices what is missing or doubled.
static bool pad(struct reply* reply, long size) {
  char letters[PIECE];
  for (size_t i = 0; i < sizeof letters; ++i) letters[i] = (char)('a' + i % 26);
  for (long left = size; left > 0; left -= PIECE) {
    if (!reply_body(reply, letters, left < PIECE ? (size_t)left : PIECE)) return false;
  }
  return true;
}

bool serve_echo(struct reply* reply, unsigned seen, int64_t body_size) {
  const struct request* request = reply->request;
  if (!is_served(request->method)) {
    return reply_text(reply, 405, "text/plain", "GET, HEAD, POST, PUT or DELETE\n");
  }
  wait_ms(number_parameter(request->query, "ms", 0));
  char id[300], host[300], revision[300], begin[1200];
  json_string(request->id, id, sizeof id);
  json_string(container(), host, sizeof host);
  json_string(version(), revision, sizeof revision);
  int size = snprintf(begin, sizeof begin,
                      "{\"container\":%s,\"revision\":%s,\"id\":%s,\"method\":\"%s\",\"seen\":%u,"
                      "\"bytes\":%" PRId64 ",\"padding\":\"",
                      host, revision, id, request->method, seen, body_size);
  static const char end[] = "\"}\n";
  long padding = number_parameter(request->query, "bytes", 0);
  if (padding < 0) padding = 0;
  bool chunked = number_parameter(request->query, "chunked", 0) != 0;
  long length = size + padding + (long)sizeof end - 1;
  return reply_head(reply, 200, "application/json", chunked ? BODY_CHUNKED : length, "") &&
         reply_body(reply, begin, (size_t)size) && pad(reply, padding) &&
         reply_body(reply, end, sizeof end - 1) && reply_end(reply);
}
