#pragma once

// List and Maybe: a std::vector and a std::optional of a struct, whose copies, ends and comparisons
// are compiled once, in gen/deep.cc, instead of in every file that copies a Pod, which holds two
// hundred structs. In all else they are what they derive from.

#include <concepts>
#include <initializer_list>
#include <optional>
#include <type_traits>
#include <vector>

namespace weir::api {

template <class T>
class List : public std::vector<T> {
 public:
  using std::vector<T>::vector;
  List() noexcept;
  List(const List& other);
  List(List&& other) noexcept;
  List(std::vector<T> other) noexcept;
  List& operator=(const List& other);
  List& operator=(List&& other) noexcept;
  ~List();
  bool operator==(const List& other) const;
};

template <class T>
class Maybe : public std::optional<T> {
 public:
  using std::optional<T>::optional;
  Maybe() noexcept;
  Maybe(const Maybe& other);
  Maybe(Maybe&& other) noexcept;
  Maybe(std::optional<T> other) noexcept;
  Maybe& operator=(const Maybe& other);
  Maybe& operator=(Maybe&& other) noexcept;
  // As std::optional's own: `probe = {.httpGet = …}` and `probe = value`, while `probe = {}`
  // resets.
  template <class U = T>
  requires(!std::derived_from<std::remove_cvref_t<U>, std::optional<T>> &&
           std::is_constructible_v<T, U>) Maybe&
  operator=(U&& value) {
    this->emplace(std::forward<U>(value));
    return *this;
  }
  ~Maybe();
  bool operator==(const Maybe& other) const;
};

// What a visitor of all fields sees: the standard types, so that it need not know these.
template <class T>
std::vector<T>& as_standard(List<T>& list) {
  return list;
}
template <class T>
const std::vector<T>& as_standard(const List<T>& list) {
  return list;
}
template <class T>
std::optional<T>& as_standard(Maybe<T>& maybe) {
  return maybe;
}
template <class T>
const std::optional<T>& as_standard(const Maybe<T>& maybe) {
  return maybe;
}

}  // namespace weir::api
