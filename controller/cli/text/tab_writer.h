#pragma once

// Elastic tab stops, as Go's text/tabwriter and so all of kubectl's output have them: a cell ends
// with a tab, and the cells of one column in lines that follow each other are equally wide. What
// comes after the last tab of a line belongs to no column. Pure.
//
// Control characters in the text are shown as ^X, so that what a container or an Event wrote cannot
// command the reader's terminal.

#include <string>
#include <string_view>
#include <vector>

namespace weir::cli {

struct TabStyle {
  int min_width = 0;
  int padding = 2;
};
inline constexpr TabStyle kDescribeStyle{.min_width = 0, .padding = 2};
inline constexpr TabStyle kTableStyle{.min_width = 6, .padding = 3};

std::string align_tabs(std::string_view text, TabStyle style = kDescribeStyle);

// Rows that arrive one after the other (`get -w`): a column never gets narrower than it was.
class GrowingTable {
 public:
  // The rows as lines; the last cell of a row is not padded.
  std::string lines(const std::vector<std::vector<std::string>>& rows);

 private:
  std::vector<std::size_t> widths_;
};

// The number of characters (not bytes) of a UTF-8 text.
std::size_t display_width(std::string_view text);

}  // namespace weir::cli
