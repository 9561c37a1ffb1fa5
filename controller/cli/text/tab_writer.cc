#include "controller/cli/text/tab_writer.h"

#include <algorithm>

namespace weir::cli {
namespace {

// A line with more tabs is hostile or a mistake: the rest of its tabs become spaces.
constexpr std::size_t kColumnsMax = 64;

using Cells = std::vector<std::string>;

void append_visible(std::string& cell, char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte != 0x7f) {
    cell += c;
  } else if (c != '\r') {
    cell += '^';
    cell += static_cast<char>(byte ^ 0x40);
  }
}

std::vector<Cells> split(std::string_view text) {
  std::vector<Cells> lines{{""}};
  for (const char c : text) {
    Cells& line = lines.back();
    if (c == '\n') {
      lines.push_back({""});
    } else if (c == '\t') {
      if (line.size() < kColumnsMax) {
        line.emplace_back();
      } else {
        line.back() += ' ';
      }
    } else {
      append_visible(line.back(), c);
    }
  }
  return lines;
}

bool has_column(const Cells& line, std::size_t column) { return column + 1 < line.size(); }

// Pads the cells of `column` and of those to its right in lines [first, last).
void pad(std::vector<Cells>& lines, std::size_t first, std::size_t last, std::size_t column,
         TabStyle style) {
  for (std::size_t begin = first; begin < last;) {
    if (!has_column(lines[begin], column)) {
      ++begin;
      continue;
    }
    std::size_t end = begin;
    std::size_t width = static_cast<std::size_t>(style.min_width);
    for (; end < last && has_column(lines[end], column); ++end) {
      const std::size_t needed = display_width(lines[end][column]) + style.padding;
      width = std::max(width, needed);
    }
    pad(lines, begin, end, column + 1, style);
    for (std::size_t i = begin; i < end; ++i) {
      std::string& cell = lines[i][column];
      cell.append(width - display_width(cell), ' ');
    }
    begin = end;
  }
}

}  // namespace

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string align_tabs(std::string_view text, TabStyle style) {
  std::vector<Cells> lines = split(text);
  pad(lines, 0, lines.size(), 0, style);
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += '\n';
    for (const std::string& cell : lines[i]) out += cell;
  }
  return out;
}

std::string GrowingTable::lines(const std::vector<std::vector<std::string>>& rows) {
  std::vector<Cells> cells;
  for (const auto& row : rows) {
    Cells line;
    for (const std::string& text : row) {
      std::string& cell = line.emplace_back();
      for (const char c : text) append_visible(cell, c);
    }
    cells.push_back(std::move(line));
  }
  for (const Cells& line : cells) {
    if (widths_.size() < line.size()) widths_.resize(line.size(), kTableStyle.min_width);
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
      widths_[i] = std::max(widths_[i], display_width(line[i]) + kTableStyle.padding);
    }
  }
  std::string out;
  for (const Cells& line : cells) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      out += line[i];
      if (i + 1 < line.size()) out.append(widths_[i] - display_width(line[i]), ' ');
    }
    out += '\n';
  }
  return out;
}

}  // namespace weir::cli
