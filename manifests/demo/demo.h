// What the parts of demo-server share; demo-server.c says what the program does.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// --- settings.c: the environment, and what the server says ---------------------------------------

const char* setting(const char* name, const char* otherwise);
bool is_set(const char* name);
void say(const char* format, ...) __attribute__((format(printf, 1, 2)));
const char* version(void);
const char* container(void); /* $HOSTNAME, else the host's name */
void wait_ms(long ms);

// --- connection.c: one thread a connection, and which are open -----------------------------------

#define REQUEST_MAX 8192 /* the head of a request */

struct connection {
  int fd;
  size_t slot;
  size_t size; /* received, not yet used */
  char bytes[REQUEST_MAX + 1];
};

// Takes one waiting connection. False: there is none.
bool accept_one(int listener);
// Connections without a request under way end, the others get `seconds` to end.
void drain_connections(int seconds);
bool is_stopping(void);

// Receives what comes next behind connection->bytes. False: nothing will, or there is no room.
bool receive_more(struct connection* connection);
void use_up(struct connection* connection, size_t count);
bool write_all(int fd, const void* bytes, size_t size);

// --- request.c: the head and the body of a request -----------------------------------------------

struct request {
  char method[16];
  char path[2048];
  char* query; /* in `path`; NULL if there is none */
  bool http_1_1, close, upgrade, expects_continue, chunked, has_length;
  uint64_t length;
  char id[128];           /* X-Request-Id */
  char websocket_key[64]; /* Sec-WebSocket-Key */
};

// Understands the NUL-terminated `head`, without its last empty line. 0, or the status of refusal.
int parse_head(char* head, size_t size, struct request* request);
// The size of the body, read and thrown away; -1 if it is malformed or breaks off.
int64_t read_body(struct connection* connection, const struct request* request);
// The value of one parameter of the query, without decoding; "" if it is not there.
void parameter(const char* query, const char* name, char* value, size_t size);
// The same as a number; `otherwise` if it is not there.
long number_parameter(const char* query, const char* name, long otherwise);

// --- reply.c: an answer on its way ---------------------------------------------------------------

#define BODY_CHUNKED (-1)
#define BODY_NONE (-2)

struct reply {
  struct connection* connection;
  const struct request* request;
  bool keep;     /* the connection serves further requests */
  bool chunked;  /* how the body is framed */
  long reset_at; /* ?reset_at=K: after so many bytes the connection is reset; -1: never */
  long written;
};

struct reply reply_to(struct connection* connection, const struct request* request);
// The head; `more` are further header lines. False, from each of these: the connection is gone.
bool reply_head(struct reply* reply, int status, const char* type, long length, const char* more);
bool reply_body(struct reply* reply, const void* bytes, size_t size);
bool reply_end(struct reply* reply);
// All of it, for a body that is a text.
bool reply_text(struct reply* reply, int status, const char* type, const char* body);

// --- What is answered: true, if the connection goes on -------------------------------------------

bool serve_request(struct connection* connection, char* head, size_t size); /* routes.c */
bool serve_echo(struct reply* reply, unsigned seen, int64_t body_size);     /* echo.c */
bool serve_events(struct reply* reply);                                     /* events.c */
bool serve_websocket(struct reply* reply);                                  /* websocket.c */

// --- seen.c: how often a request was seen --------------------------------------------------------

// False: SEEN_TO is no address.
bool open_seen_report(void);
// Counts one more sight of the request, and reports it to SEEN_TO.
unsigned note_seen(const struct request* request);

// --- sha1.c, json.c, tools.c ---------------------------------------------------------------------

void sha1(const void* bytes, size_t size, uint8_t digest[20]);
void base64(const uint8_t* bytes, size_t size, char* text); /* room: 4 for each 3, and 1 */
void json_string(const char* text, char* out, size_t size); /* in quotes */
int tool_check(const char* path);
int tool_cat(const char* path);
int tool_env(const char* name);
