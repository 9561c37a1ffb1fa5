#pragma once

// Dice: what a scenario leaves to chance, from the simulation's one source of it.

#include <cstddef>
#include <random>

namespace weir::sim {

class Dice {
 public:
  explicit Dice(std::mt19937_64& random) : random_(random) {}
  int number(int from, int to) { return std::uniform_int_distribution<>(from, to)(random_); }
  bool chance(int percent) { return number(1, 100) <= percent; }
  template <class T, std::size_t N>
  T pick(const T (&list)[N]) {
    return list[static_cast<std::size_t>(number(0, N - 1))];
  }

 private:
  std::mt19937_64& random_;
};

}  // namespace weir::sim
