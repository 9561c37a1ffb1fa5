// Texts as JSON.

#include <stdio.h>

#include "demo.h"

void json_string(const char* text, char* out, size_t size) {
  size_t used = 0;
  out[used++] = '"';
  // The longest escape, the closing quote and the end must still fit.
  for (; *text && used + 8 < size; ++text) {
    unsigned char c = (unsigned char)*text;
    if (c < 0x20) {
      used += (size_t)snprintf(out + used, size - used, "\\u%04x", c);
      continue;
    }
    if (c == '"' || c == '\\') out[used++] = '\\';
    out[used++] = *text;
  }
  out[used++] = '"';
  out[used] = '\0';
}
