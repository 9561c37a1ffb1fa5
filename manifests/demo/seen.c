// How often a request was seen: by this process, and by all of them together, to whom SEEN_TO
// leads.

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "demo.h"

// Bounded, so that a server may run for ever: of 131,072 ids the ones longest unseen are forgotten.
#define BUCKETS (1 << 14)
#define WAYS 8

struct sighting {
  uint64_t id; /* its hash */
  unsigned count;
};
static struct sighting sightings[BUCKETS][WAYS]; /* in a bucket, the newest first */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int report_fd = -1;

bool open_seen_report(void) {
  char address_text[64];
  snprintf(address_text, sizeof address_text, "%s", setting("SEEN_TO", ""));
  if (!*address_text) return true;
  char* port = strchr(address_text, ':');
  if (!port) return false;
  *port++ = '\0';
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  if (inet_pton(AF_INET, address_text, &address.sin_addr) != 1 || address.sin_port == 0) {
    return false;
  }
  report_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  return connect(report_fd, (struct sockaddr*)&address, sizeof address) == 0;
}

// FNV-1a.
static uint64_t hash_of(const char* text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (; *text; ++text) hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
  return hash;
}

static unsigned count_sighting(uint64_t id) {
  struct sighting* bucket = sightings[id % BUCKETS];
  pthread_mutex_lock(&mutex);
  size_t place = 0;
  while (place < WAYS - 1 && bucket[place].id != id) ++place;
  struct sighting found = {.id = id, .count = 1};
  if (bucket[place].id == id) found.count += bucket[place].count;
  memmove(bucket + 1, bucket, place * sizeof *bucket);
  bucket[0] = found;
  pthread_mutex_unlock(&mutex);
  return found.count;
}

unsigned note_seen(const struct request* request) {
  if (report_fd >= 0) {
    char line[512];
    int size = snprintf(line, sizeof line, "%s %s %s %s", *request->id ? request->id : "-",
                        request->method, container(), version());
    // A lost report is no reason to refuse the request; the observer misses it.
    if (size < (int)sizeof line) send(report_fd, line, (size_t)size, MSG_NOSIGNAL);
  }
  return count_sighting(hash_of(request->id));
}
