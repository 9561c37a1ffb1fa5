#include "controller/cli/text/unified_diff.h"

#include <algorithm>
#include <vector>

namespace weir::cli {
namespace {

constexpr long kContextLines = 3;
// Texts that differ in more lines are shown as replaced as a whole: the search needs memory
// that grows with the square of this number.
constexpr long kEditsMax = 2000;

using Lines = std::vector<std::string_view>;

Lines split(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// One line of the result: ' ' in both texts, '-' only before, '+' only after.
struct Edit {
  char sign;
  std::string_view line;
};

// Myers' greedy search, forward: for each number of edits the furthest line of `before` reached on
// each diagonal (before - after). The trace of these leads back to the shortest way.
class ShortestEdit {
 public:
  ShortestEdit(const Lines& before, const Lines& after) : before_(before), after_(after) {}

  std::vector<Edit> edits() const {
    const long limit = std::min<long>(size(before_) + size(after_), kEditsMax);
    std::vector<std::vector<long>> trace;
    std::vector<long> reached(static_cast<std::size_t>(2 * limit + 2), 0);
    for (long edits = 0; edits <= limit; ++edits) {
      trace.emplace_back(reached.begin() + limit - edits, reached.begin() + limit + edits + 1);
      for (long diagonal = -edits; diagonal <= edits; diagonal += 2) {
        const long from_above = reached[limit + diagonal + 1];
        const long from_left = diagonal > -limit ? reached[limit + diagonal - 1] : -1;
        const bool down = diagonal == -edits || (diagonal != edits && from_left < from_above);
        long x = down ? from_above : from_left + 1;
        while (equal(x, x - diagonal)) ++x;
        reached[limit + diagonal] = x;
        if (x >= size(before_) && x - diagonal >= size(after_)) return walk_back(trace, edits);
      }
    }
    return replaced();
  }

 private:
  static long size(const Lines& lines) { return static_cast<long>(lines.size()); }
  bool equal(long x, long y) const {
    return x < size(before_) && y < size(after_) && before_[x] == after_[y];
  }

  std::vector<Edit> walk_back(const std::vector<std::vector<long>>& trace, long edits) const {
    std::vector<Edit> out;
    long x = size(before_), y = size(after_);
    for (long step = edits; step > 0; --step) {
      // trace[step] holds what `step - 1` edits reached, diagonals -step … step.
      const std::vector<long>& reached = trace[step];
      const long diagonal = x - y;
      const bool down = diagonal == -step || (diagonal != step && reached[diagonal - 1 + step] <
                                                                      reached[diagonal + 1 + step]);
      const long previous = down ? diagonal + 1 : diagonal - 1;
      const long previous_x = reached[previous + step];
      const long previous_y = previous_x - previous;
      while (x > previous_x && y > previous_y) {
        --y;
        out.push_back({' ', before_[--x]});
      }
      if (down) {
        out.push_back({'+', after_[--y]});
      } else {
        out.push_back({'-', before_[--x]});
      }
    }
    while (x > 0) out.push_back({' ', before_[--x]});
    std::reverse(out.begin(), out.end());
    return out;
  }

  std::vector<Edit> replaced() const {
    std::vector<Edit> out;
    for (const std::string_view line : before_) out.push_back({'-', line});
    for (const std::string_view line : after_) out.push_back({'+', line});
    return out;
  }

  const Lines& before_;
  const Lines& after_;
};

std::string range(long first, long count) {
  if (count == 1) return std::to_string(first);
  return std::to_string(count == 0 ? first - 1 : first) + "," + std::to_string(count);
}

// Appends the hunk of edits [begin, end); the numbers are the lines where it starts.
void append_hunk(std::string& out, const std::vector<Edit>& edits, long begin, long end,
                 long before_line, long after_line) {
  long removed = 0, added = 0;
  std::string body;
  for (long i = begin; i < end; ++i) {
    if (edits[i].sign != '+') ++removed;
    if (edits[i].sign != '-') ++added;
    body += edits[i].sign;
    body += edits[i].line;
    body += '\n';
  }
  out += "@@ -" + range(before_line, removed) + " +" + range(after_line, added) + " @@\n" + body;
}

}  // namespace

std::string unified_diff(std::string_view before, std::string_view after,
                         std::string_view before_name, std::string_view after_name) {
  const Lines before_lines = split(before), after_lines = split(after);
  const std::vector<Edit> edits = ShortestEdit(before_lines, after_lines).edits();
  const long count = static_cast<long>(edits.size());
  std::string hunks;
  long before_line = 1, after_line = 1, at = 0;
  const auto pass = [&](long to) {
    for (; at < to; ++at) {
      if (edits[at].sign != '+') ++before_line;
      if (edits[at].sign != '-') ++after_line;
    }
  };
  for (long i = 0; i < count; ++i) {
    if (edits[i].sign == ' ') continue;
    const long begin = std::max(at, i - kContextLines);
    // Changes with at most twice the context between them share a hunk.
    long last = i;
    for (long j = i + 1; j < count && j - last <= 2 * kContextLines + 1; ++j) {
      if (edits[j].sign != ' ') last = j;
    }
    const long end = std::min(count, last + 1 + kContextLines);
    pass(begin);
    append_hunk(hunks, edits, begin, end, before_line, after_line);
    pass(end);
    i = end - 1;
  }
  if (hunks.empty()) return "";
  return "--- " + std::string(before_name) + "\n+++ " + std::string(after_name) + "\n" + hunks;
}

}  // namespace weir::cli
