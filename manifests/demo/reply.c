// Answers on their way: framing, the marks that say who answers, and the reset on command.

#define _GNU_SOURCE

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "demo.h"

static const char* reason_of(int status) {
  switch (status) {
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 414:
      return "URI Too Long";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Internal Server Error";
  }
}

struct reply reply_to(struct connection* connection, const struct request* request) {
  return (struct reply){
      .connection = connection,
      .request = request,
      .keep = request->http_1_1 && !request->close && !is_stopping(),
      .reset_at = number_parameter(request->query, "reset_at", -1),
  };
}

// Resets the connection, as closing it with a linger time of 0 would; but the descriptor's number
// stays ours until the connection's thread ends.
static void reset(int fd) {
  struct sockaddr nobody = {.sa_family = AF_UNSPEC};
  connect(fd, &nobody, sizeof nobody);
}

static bool put(struct reply* reply, const void* bytes, size_t size) {
  int fd = reply->connection->fd;
  long left = reply->reset_at - reply->written;
  bool ends_here = reply->reset_at >= 0 && (long)size >= left;
  if (ends_here) size = (size_t)left;
  reply->written += (long)size;
  if (!write_all(fd, bytes, size)) return false;
  if (ends_here) reset(fd);
  return !ends_here;
}

bool reply_head(struct reply* reply, int status, const char* type, long length, const char* more) {
  char framing[64] = "";
  reply->chunked = length == BODY_CHUNKED && reply->request->http_1_1;
  if (length >= 0) snprintf(framing, sizeof framing, "Content-Length: %ld\r\n", length);
  if (reply->chunked) strcpy(framing, "Transfer-Encoding: chunked\r\n");
  // Without chunks only the end of the connection shows where the body ends.
  if (length == BODY_CHUNKED && !reply->chunked) reply->keep = false;
  char head[2048];
  int size = snprintf(head, sizeof head,
                      "HTTP/1.1 %d %s\r\nContent-Type: %s\r\n%sX-Demo: 1\r\nX-Demo-Container: "
                      "%s\r\nX-Demo-Revision: %s\r\n%s%s\r\n",
                      status, reason_of(status), type, framing, container(), version(), more,
                      reply->keep || status == 101 ? "" : "Connection: close\r\n");
  return size < (int)sizeof head && put(reply, head, (size_t)size);
}

bool reply_body(struct reply* reply, const void* bytes, size_t size) {
  if (strcmp(reply->request->method, "HEAD") == 0 || size == 0) return true;
  if (!reply->chunked) return put(reply, bytes, size);
  char frame[24];
  int length = snprintf(frame, sizeof frame, "%zx\r\n", size);
  return put(reply, frame, (size_t)length) && put(reply, bytes, size) && put(reply, "\r\n", 2);
}

bool reply_end(struct reply* reply) {
  if (!reply->chunked || strcmp(reply->request->method, "HEAD") == 0) return true;
  return put(reply, "0\r\n\r\n", 5);
}

bool reply_text(struct reply* reply, int status, const char* type, const char* body) {
  size_t size = strlen(body);
  return reply_head(reply, status, type, (long)size, "") && reply_body(reply, body, size) &&
         reply_end(reply);
}
