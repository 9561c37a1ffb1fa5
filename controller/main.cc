// weir: one binary, several roles. The command line decides which.

#include "controller/cli/cli.h"
#include "controller/serve.h"

int main(int argc, char** argv) { return weir::run_command_line(argc, argv, weir::serve_main); }
