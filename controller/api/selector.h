#pragma once

// Label and field selectors, as list, watch and deletecollection take them.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "controller/result.h"

namespace weir::rest {

// "app=web,tier in (a,b),!canary": all terms must hold.
class LabelSelector {
 public:
  static Result<LabelSelector> parse(std::string_view text);
  bool matches(const std::map<std::string, std::string>& labels) const;
  bool everything() const { return terms_.empty(); }

  struct Term {
    enum class Operator { in, not_in, exists, absent, greater, less };
    std::string key;
    Operator op = Operator::exists;
    std::vector<std::string> values = {};
  };

 private:
  std::vector<Term> terms_;
};

// "status.phase=Running,metadata.name!=web": all terms must hold.
class FieldSelector {
 public:
  static Result<FieldSelector> parse(std::string_view text);
  // `value` gives the text of a field; an absent field is "".
  bool matches(const std::function<std::string(const std::string& path)>& value) const;
  bool everything() const { return terms_.empty(); }
  std::vector<std::string> paths() const;

 private:
  struct Term {
    std::string path;
    std::string value;
    bool equal = true;
  };
  std::vector<Term> terms_;
};

}  // namespace weir::rest
