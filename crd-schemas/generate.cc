// generate SCHEMAS OUT: turns crd-schemas/ into C++ under OUT. Runs at build time. A file whose
// text is unchanged is not touched, so that a new description compiles next to nothing.

#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "crd-schemas/emit.h"

namespace {

void write(const std::filesystem::path& file, const std::string& text) {
  std::stringstream old;
  old << std::ifstream(file).rdbuf();
  if (std::filesystem::exists(file) && old.str() == text) return;
  std::ofstream out(file, std::ios::trunc);
  out << text;
  if (!out.flush()) throw std::runtime_error(file.string() + ": cannot be written");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: generate SCHEMAS OUT\n";
    return 2;
  }
  try {
    namespace schemas = weir::schemas;
    const schemas::Model model = schemas::load(argv[1]);
    const std::filesystem::path out = argv[2];
    std::filesystem::create_directories(out);
    write(out / "types.h", schemas::types_header(model));
    write(out / "deep.cc", schemas::deep_source(model));
    write(out / "fields.h", schemas::fields_header(model));
    write(out / "kinds.h", schemas::kinds_header(model));
    write(out / "kinds.cc", schemas::kinds_source(model));
    write(out / "schemas.h", schemas::schemas_header());
    write(out / "schemas.cc", schemas::schemas_source(model));
    write(out / "protobuf.h", schemas::protobuf_header());
    write(out / "protobuf.cc", schemas::protobuf_source(model));
  } catch (const std::exception& error) {
    std::cerr << "generate: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
