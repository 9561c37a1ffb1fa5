#include "controller/cli/client/host_files.h"

#include <filesystem>
#include <fstream>
#include <system_error>

namespace weir::cli {

namespace fs = std::filesystem;

Result<std::string> HostFiles::resolve(const std::string& path) const {
  std::error_code error;
  const fs::path resolved = fs::canonical(path.empty() ? "." : path, error);
  if (error) return fail(Code::not_found, "the path \"" + path + "\": " + error.message());
  return resolved.string();
}

bool HostFiles::is_directory(const std::string& resolved) const {
  std::error_code error;
  return fs::is_directory(resolved, error);
}

Result<std::string> HostFiles::read(const std::string& resolved, std::size_t limit) const {
  std::error_code error;
  if (!fs::is_regular_file(resolved, error)) {
    return fail(Code::not_found, "\"" + resolved + "\" is not a file");
  }
  std::ifstream input(resolved, std::ios::binary);
  std::string text(limit + 1, '\0');
  input.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (input.bad() || (!input && !input.eof())) {
    return fail(Code::not_found, "the file \"" + resolved + "\" cannot be read");
  }
  text.resize(static_cast<std::size_t>(input.gcount()));
  if (text.size() > limit) {
    return fail(Code::too_large,
                "the file \"" + resolved + "\" is larger than " + std::to_string(limit) + " bytes");
  }
  return text;
}

}  // namespace weir::cli
