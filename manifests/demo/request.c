// Reading requests (RFC 9112). What two parsers could understand differently is refused, so that a
// gateway before this server cannot smuggle anything past it unnoticed.

#define _GNU_SOURCE

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "demo.h"

#define LENGTH_DIGITS_MAX 15
#define CHUNK_DIGITS_MAX 12

void parameter(const char* query, const char* name, char* value, size_t size) {
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

long number_parameter(const char* query, const char* name, long otherwise) {
  char value[24];
  parameter(query, name, value, sizeof value);
  return *value ? atol(value) : otherwise;
}

// --- The head ------------------------------------------------------------------------------------

static bool is_token(const char* text) {
  if (!*text) return false;
  for (; *text; ++text) {
    if (!isalnum((unsigned char)*text) && !strchr("!#$%&'*+-.^_`|~", *text)) return false;
  }
  return true;
}

// Is the word in the comma-separated list?
static bool lists(const char* list, const char* word) {
  size_t length = strlen(word);
  while (*list) {
    list += strspn(list, ", \t");
    size_t size = strcspn(list, ", \t");
    if (size == length && strncasecmp(list, word, length) == 0) return true;
    list += size;
  }
  return false;
}

static bool has_control_characters(const char* line) {
  for (; *line; ++line) {
    if (iscntrl((unsigned char)*line) && *line != '\t') return true;
  }
  return false;
}

static int parse_request_line(char* line, struct request* request) {
  char* target = strchr(line, ' ');
  char* protocol = target ? strchr(target + 1, ' ') : NULL;
  if (!protocol) return 400;
  *target++ = '\0';
  *protocol++ = '\0';
  if (strlen(line) >= sizeof request->method || !is_token(line) || *target != '/') return 400;
  if (strlen(target) >= sizeof request->path) return 414;
  if (strcmp(protocol, "HTTP/1.1") != 0 && strcmp(protocol, "HTTP/1.0") != 0) return 505;
  strcpy(request->method, line);
  strcpy(request->path, target);
  request->query = strchr(request->path, '?');
  if (request->query) *request->query++ = '\0';
  request->http_1_1 = strcmp(protocol, "HTTP/1.1") == 0;
  return 0;
}

static int parse_length(const char* value, struct request* request) {
  size_t digits = strspn(value, "0123456789");
  if (request->has_length || digits == 0 || digits > LENGTH_DIGITS_MAX || value[digits]) return 400;
  request->has_length = true;
  request->length = strtoull(value, NULL, 10);
  return 0;
}

static int copy_value(const char* value, char* out, size_t size) {
  if (strlen(value) >= size) return 431;
  strcpy(out, value);
  return 0;
}

static int parse_field(const char* name, const char* value, struct request* request) {
  if (strcasecmp(name, "Content-Length") == 0) return parse_length(value, request);
  if (strcasecmp(name, "Transfer-Encoding") == 0) {
    if (request->chunked || strcasecmp(value, "chunked") != 0) return 501;
    request->chunked = true;
  } else if (strcasecmp(name, "Connection") == 0) {
    if (lists(value, "close")) request->close = true;
  } else if (strcasecmp(name, "Upgrade") == 0) {
    request->upgrade = lists(value, "websocket");
  } else if (strcasecmp(name, "Expect") == 0) {
    if (strcasecmp(value, "100-continue") != 0) return 417;
    request->expects_continue = request->http_1_1;
  } else if (strcasecmp(name, "X-Request-Id") == 0) {
    return copy_value(value, request->id, sizeof request->id);
  } else if (strcasecmp(name, "Sec-WebSocket-Key") == 0) {
    return copy_value(value, request->websocket_key, sizeof request->websocket_key);
  }
  return 0;
}

// "Name: value" with optional white space around the value, and nowhere else.
static int parse_line(char* line, struct request* request, int* hosts) {
  char* value = strchr(line, ':');
  if (!value) return 400;
  *value++ = '\0';
  if (!is_token(line)) return 400;
  value += strspn(value, " \t");
  for (size_t size = strlen(value); size > 0 && strchr(" \t", value[size - 1]);) {
    value[--size] = '\0';
  }
  if (strcasecmp(line, "Host") == 0) ++*hosts;
  return parse_field(line, value, request);
}

int parse_head(char* head, size_t size, struct request* request) {
  memset(request, 0, sizeof *request);
  if (strlen(head) != size) return 400;
  int hosts = 0;
  int status = 0;
  bool first = true;
  for (char* line = head; *line && status == 0;) {
    char* end = strstr(line, "\r\n");
    if (!end) return 400;
    *end = '\0';
    if (has_control_characters(line)) return 400;
    status = first ? parse_request_line(line, request) : parse_line(line, request, &hosts);
    first = false;
    line = end + 2;
  }
  if (status != 0) return status;
  if (hosts > 1 || (request->http_1_1 && hosts == 0)) return 400;
  if (request->chunked && (request->has_length || !request->http_1_1)) return 400;
  return 0;
}

// --- The body ------------------------------------------------------------------------------------

static bool skip_bytes(struct connection* connection, uint64_t count) {
  while (count > 0) {
    if (connection->size == 0 && !receive_more(connection)) return false;
    size_t now = connection->size < count ? connection->size : (size_t)count;
    use_up(connection, now);
    count -= now;
  }
  return true;
}

// The next line of the body's framing, without its end. False: there is none, or it is too long.
static bool next_line(struct connection* connection, char* line, size_t size) {
  char* end;
  while (!(end = memmem(connection->bytes, connection->size, "\r\n", 2))) {
    if (!receive_more(connection)) return false;
  }
  size_t length = (size_t)(end - connection->bytes);
  if (length >= size) return false;
  memcpy(line, connection->bytes, length);
  line[length] = '\0';
  use_up(connection, length + 2);
  return true;
}

static int64_t read_chunks(struct connection* connection) {
  char line[1024];
  int64_t size = 0;
  for (;;) {
    if (!next_line(connection, line, sizeof line)) return -1;
    size_t digits = strspn(line, "0123456789abcdefABCDEF");
    if (digits == 0 || digits > CHUNK_DIGITS_MAX) return -1;
    if (line[digits] && line[digits] != ';') return -1;
    uint64_t chunk = strtoull(line, NULL, 16);
    if (chunk == 0) break;
    if (!skip_bytes(connection, chunk) || !next_line(connection, line, sizeof line)) return -1;
    if (*line) return -1;
    size += (int64_t)chunk;
  }
  do {
    if (!next_line(connection, line, sizeof line)) return -1;
  } while (*line);
  return size;
}

int64_t read_body(struct connection* connection, const struct request* request) {
  if (!request->chunked && request->length == 0) return 0;
  if (request->expects_continue && connection->size == 0) {
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    if (!write_all(connection->fd, go_on, sizeof go_on - 1)) return -1;
  }
  if (request->chunked) return read_chunks(connection);
  return skip_bytes(connection, request->length) ? (int64_t)request->length : -1;
}
