#include "controller/engine/starter.h"

// The assembler puts the file in; CMake builds it first and says where it is.
asm(R"(
  .section .rodata
  .balign 16
weir_starter_begin:
  .incbin ")" WEIR_STARTER_FILE R"("
weir_starter_end:
  .byte 0
  .text
)");

extern "C" {
extern const char weir_starter_begin[];
extern const char weir_starter_end[];
}

namespace weir::engine {

std::string_view starter_bytes() {
  return {weir_starter_begin, static_cast<std::size_t>(weir_starter_end - weir_starter_begin)};
}

}  // namespace weir::engine
