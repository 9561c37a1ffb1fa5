#pragma once

// TreeBuilder: events of a parser in, one JSON document out, within limits. JSON and YAML share it,
// so that both refuse the same things: too deep, too large, a key given twice, an alias to a value
// that contains it. One builder a document, on the parser's thread.
//
// Every call answers false when the document is to be refused; error() then says why, and the
// parser stops.

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <variant>

#include "controller/admission/manifest.h"

namespace weir {

using Scalar = std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string>;

class TreeBuilder {
 public:
  explicit TreeBuilder(const Limits& limits);
  ~TreeBuilder();

  // `anchor` is the parser's number for a value that aliases may repeat; 0: none.
  bool begin_object(std::size_t anchor = 0);
  bool begin_array(std::size_t anchor = 0);
  bool end();
  bool key(std::string name);
  bool merge_key();  // YAML's `<<`: the fields of the value that follows, where absent
  bool value(Scalar scalar, std::size_t anchor = 0);
  bool alias(std::size_t anchor);

  bool expects_key() const;  // inside an object, before a key
  bool fails(std::string why);
  std::string path() const;  // of the value that comes next: "spec.ports[0].port"
  const std::string& error() const { return error_; }
  nlohmann::json take();  // the document, once its root has ended

 private:
  struct State;
  bool begin(nlohmann::json container, std::size_t anchor);
  bool add(nlohmann::json value);
  bool spend(std::size_t nodes);
  bool merge_into_open();

  const Limits limits_;
  std::string error_ = {};
  std::unique_ptr<State> state_;
};

}  // namespace weir
