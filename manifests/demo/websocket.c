// /ws: a WebSocket (RFC 6455) that sends back what it gets, until somebody closes it.

#define _GNU_SOURCE

#include <stdio.h>
#include <string.h>

#include "demo.h"

#define FINAL 0x80
#define MASKED 0x80
enum opcode { CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

struct frame {
  uint8_t first; /* the final bit and the opcode */
  uint64_t size;
  uint8_t mask[4];
};

static bool receive_exactly(struct connection* connection, uint8_t* bytes, size_t size) {
  while (connection->size < size) {
    if (!receive_more(connection)) return false;
  }
  memcpy(bytes, connection->bytes, size);
  use_up(connection, size);
  return true;
}

// False: the connection ends, or what comes is no frame of a client.
static bool receive_frame_head(struct connection* connection, struct frame* frame) {
  uint8_t bytes[8];
  if (!receive_exactly(connection, bytes, 2) || !(bytes[1] & MASKED)) return false;
  frame->first = bytes[0];
  frame->size = bytes[1] & 0x7f;
  size_t wide = frame->size == 126 ? 2 : frame->size == 127 ? 8 : 0;
  bool control = frame->first & 8;
  if (control && (wide > 0 || !(frame->first & FINAL))) return false;
  if (wide > 0) {
    if (!receive_exactly(connection, bytes, wide)) return false;
    frame->size = 0;
    for (size_t i = 0; i < wide; ++i) frame->size = frame->size << 8 | bytes[i];
  }
  return receive_exactly(connection, frame->mask, sizeof frame->mask);
}

static bool send_frame_head(struct connection* connection, uint8_t first, uint64_t size) {
  uint8_t bytes[10] = {first};
  size_t wide = size < 126 ? 0 : size < 65536 ? 2 : 8;
  bytes[1] = wide == 0 ? (uint8_t)size : wide == 2 ? 126 : 127;
  for (size_t i = 0; i < wide; ++i) bytes[2 + i] = (uint8_t)(size >> 8 * (wide - 1 - i));
  return write_all(connection->fd, bytes, 2 + wide);
}

// Sends the frame back while it comes, so that its size needs no limit.
static bool send_back(struct connection* connection, const struct frame* frame, uint8_t first) {
  if (!send_frame_head(connection, first, frame->size)) return false;
  for (uint64_t done = 0; done < frame->size;) {
    if (connection->size == 0 && !receive_more(connection)) return false;
    uint64_t left = frame->size - done;
    size_t now = connection->size < left ? connection->size : (size_t)left;
    for (size_t i = 0; i < now; ++i) {
      connection->bytes[i] = (char)(connection->bytes[i] ^ frame->mask[(done + i) % 4]);
    }
    if (!write_all(connection->fd, connection->bytes, now)) return false;
    use_up(connection, now);
    done += now;
  }
  return true;
}

static void serve_frames(struct connection* connection) {
  struct frame frame;
  while (receive_frame_head(connection, &frame)) {
    switch (frame.first & 0x0f) {
      case CONTINUATION:
      case TEXT:
      case BINARY:
        if (!send_back(connection, &frame, frame.first)) return;
        break;
      case PING:
        if (!send_back(connection, &frame, FINAL | PONG)) return;
        break;
      case PONG:
        if (frame.size > 0 && !receive_exactly(connection, (uint8_t[125]){0}, frame.size)) return;
        break;
      default:
        // The answer to a close is the same close; an unknown opcode ends the connection too.
        if ((frame.first & 0x0f) == CLOSE) send_back(connection, &frame, FINAL | CLOSE);
        return;
    }
  }
}

bool serve_websocket(struct reply* reply) {
  const struct request* request = reply->request;
  if (!request->upgrade || !*request->websocket_key || strcmp(request->method, "GET") != 0) {
    return reply_text(reply, 400, "text/plain", "this path is a WebSocket\n");
  }
  char text[128], accept[32], more[128];
  uint8_t digest[20];
  snprintf(text, sizeof text, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", request->websocket_key);
  sha1(text, strlen(text), digest);
  base64(digest, sizeof digest, accept);
  snprintf(more, sizeof more,
           "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: %s\r\n", accept);
  if (reply_head(reply, 101, "text/plain", BODY_NONE, more)) serve_frames(reply->connection);
  return false;
}
