// /sse: server-sent events, so many and so far apart as the query asks for.

#include <stdio.h>

#include "demo.h"

bool serve_events(struct reply* reply) {
  const struct request* request = reply->request;
  long events = number_parameter(request->query, "events", 5);
  long pause_ms = number_parameter(request->query, "ms", 1000);
  char id[300], host[300], event[800];
  json_string(request->id, id, sizeof id);
  json_string(container(), host, sizeof host);
  if (!reply_head(reply, 200, "text/event-stream", BODY_CHUNKED, "Cache-Control: no-store\r\n")) {
    return false;
  }
  for (long n = 1; n <= events; ++n) {
    if (n > 1) wait_ms(pause_ms);
    int size = snprintf(event, sizeof event, "data: {\"id\":%s,\"n\":%ld,\"container\":%s}\n\n", id,
                        n, host);
    if (!reply_body(reply, event, (size_t)size)) return false;
  }
  return reply_end(reply);
}
