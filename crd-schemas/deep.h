#pragma once

// Deep<std::vector<T>> and Deep<std::optional<T>>, of a struct T: what they derive from, but their
// copies, ends and comparisons are compiled once, in gen/deep.cc, instead of in every file that
// copies a Pod, which holds two hundred structs.

#include <concepts>
#include <type_traits>
#include <utility>

namespace weir::api {

template <class Standard>
class Deep : public Standard {
 public:
  using Standard::Standard;
  Deep() noexcept;
  Deep(const Deep& other);
  Deep(Deep&& other) noexcept;
  Deep(Standard other) noexcept;
  Deep& operator=(const Deep& other);
  Deep& operator=(Deep&& other) noexcept;
  // As std::optional's own: `probe = {.httpGet = …}` and `probe = value`, while `probe = {}`
  // resets.
  template <class U = typename Standard::value_type>
  requires(!std::derived_from<std::remove_cvref_t<U>, Standard> &&
           std::is_assignable_v<Standard&, U>) Deep&
  operator=(U&& value) {
    Standard::operator=(std::forward<U>(value));
    return *this;
  }
  ~Deep();
  bool operator==(const Deep& other) const;
};

// What a visitor of all fields sees: the standard types, so that it need not know this one.
template <class Standard>
Standard& as_standard(Deep<Standard>& deep) {
  return deep;
}
template <class Standard>
const Standard& as_standard(const Deep<Standard>& deep) {
  return deep;
}

}  // namespace weir::api
