// weir_fuzz_TARGET [RUNS]: the target's seeds, and RUNS inputs that chance makes of them, always
// the same ones. weir_fuzz_TARGET --seeds FOLDER writes the seeds there, for libFuzzer to start
// from.

#include <fstream>
#include <random>

#include "tests/fuzz/fuzz.h"

namespace {

std::mt19937 chance{20'261'123};

std::size_t below(std::size_t bound) {
  return std::uniform_int_distribution<std::size_t>(0, bound - 1)(chance);
}

// What parsers stumble over.
const std::string& morsel() {
  static const std::vector<std::string> kMorsels{"\r\n",
                                                 "\r\n\r\n",
                                                 "\n",
                                                 "\r",
                                                 ":",
                                                 " ",
                                                 "\t",
                                                 ";",
                                                 ",",
                                                 "0",
                                                 "-1",
                                                 "1",
                                                 "a",
                                                 "chunked",
                                                 "Content-Length: 1\r\n",
                                                 "Transfer-Encoding: chunked\r\n",
                                                 "Connection: close\r\n",
                                                 "Connection: Upgrade\r\nUpgrade: x\r\n",
                                                 "Host: a\r\n",
                                                 "Expect: 100-continue\r\n",
                                                 "0\r\n\r\n",
                                                 "ffffffffffffffff\r\n",
                                                 "HTTP/1.1",
                                                 "HTTP/1.0",
                                                 "GET / ",
                                                 "\"",
                                                 "[",
                                                 "{",
                                                 "}",
                                                 "null",
                                                 "18446744073709551615",
                                                 "192.0.2.1",
                                                 "PROXY TCP4 ",
                                                 "PROXY UNKNOWN\r\n",
                                                 std::string(1, '\0'),
                                                 std::string(1, '\xff'),
                                                 std::string(1, '\x80'),
                                                 std::string(300, 'a')};
  return kMorsels[below(kMorsels.size())];
}

void spoil(std::string& text) {
  const std::size_t at = below(text.size() + 1);
  const std::size_t count = std::min(below(8) + 1, text.size() - at);
  switch (below(6)) {
    case 0:
      text.insert(at, morsel());
      break;
    case 1:
      text.replace(at, count, morsel());
      break;
    case 2:
      text.erase(at, count);
      break;
    case 3:
      text.insert(at, text.substr(below(text.size() + 1), below(64)));
      break;
    case 4:
      if (at < text.size()) text[at] = static_cast<char>(below(256));
      break;
    case 5:
      text.resize(at);
      break;
  }
}

}  // namespace

int main(int argc, char** argv) {
  using weir::fuzz::Input;
  const std::vector<std::string>& seeds = weir::fuzz::seeds();
  if (argc == 3 && std::string(argv[1]) == "--seeds") {
    for (std::size_t i = 0; i < seeds.size(); ++i) {
      std::ofstream(std::string(argv[2]) + "/seed-" + std::to_string(i)) << seeds[i];
    }
    return 0;
  }
  const int runs = argc == 2 ? std::atoi(argv[1]) : 1000;
  for (const std::string& seed : seeds) weir::fuzz::run(Input(seed));
  for (int i = 0; i < runs; ++i) {
    std::string input = seeds[below(seeds.size())];
    for (std::size_t n = below(6) + 1; n > 0; --n) spoil(input);
    weir::fuzz::run(Input(input));
  }
  std::printf("%zu seeds and %d inputs made of them\n", seeds.size(), runs);
  return 0;
}
