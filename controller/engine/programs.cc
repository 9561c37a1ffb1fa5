#include "controller/engine/programs.h"

#include <array>
#include <cstdio>
#include <cstring>

// The assembler puts the files in; CMake builds them first and says where they are.
#define WEIR_PROGRAM(name, file) \
  asm("  .section .rodata\n"     \
      "  .balign 16\n"           \
      "weir_" name               \
      "_begin:\n"                \
      "  .incbin \"" file        \
      "\"\n"                     \
      "weir_" name               \
      "_end:\n"                  \
      "  .byte 0\n"              \
      "  .text\n")

WEIR_PROGRAM("starter", WEIR_STARTER_FILE);
WEIR_PROGRAM("pause", WEIR_PAUSE_FILE);

extern "C" {
extern const char weir_starter_begin[];
extern const char weir_starter_end[];
extern const char weir_pause_begin[];
extern const char weir_pause_end[];
}

namespace weir::engine {

namespace {

constexpr std::size_t kBlock = 512;  // what a tar is made of

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

// POSIX ustar: one block of text fields, octal numbers, and a sum over itself.
std::string tar_header(const char* name, std::size_t size) {
  struct Header {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
    char magic[6], version[2], rest[247];
  } header{};
  static_assert(sizeof(Header) == kBlock);
  std::snprintf(header.name, sizeof header.name, "%s", name);
  std::snprintf(header.mode, sizeof header.mode, "%07o", 0755);
  std::snprintf(header.uid, sizeof header.uid, "%07o", 0);
  std::snprintf(header.gid, sizeof header.gid, "%07o", 0);
  std::snprintf(header.size, sizeof header.size, "%011zo", size);
  std::snprintf(header.mtime, sizeof header.mtime, "%011o", 0);
  header.type = '0';
  std::memcpy(header.magic, "ustar", 6);
  std::memcpy(header.version, "00", 2);
  std::memset(header.sum, ' ', sizeof header.sum);
  std::array<unsigned char, kBlock> bytes;
  std::memcpy(bytes.data(), &header, kBlock);
  unsigned sum = 0;
  for (const unsigned char byte : bytes) sum += byte;
  std::snprintf(header.sum, sizeof header.sum, "%06o", sum);
  return {reinterpret_cast<const char*>(&header), kBlock};
}

}  // namespace

std::string_view starter_bytes() { return between(weir_starter_begin, weir_starter_end); }

std::string pause_tar() {
  const std::string_view program = between(weir_pause_begin, weir_pause_end);
  std::string tar = tar_header("pause", program.size());
  tar += program;
  tar.resize((tar.size() + kBlock - 1) / kBlock * kBlock + 2 * kBlock);  // padding, and the end
  return tar;
}

}  // namespace weir::engine
