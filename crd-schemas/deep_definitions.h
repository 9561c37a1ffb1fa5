#pragma once

// For gen/deep.cc alone: see deep.h.

#include <utility>

#include "crd-schemas/deep.h"

namespace weir::api {

template <class T>
List<T>::List() noexcept = default;
template <class T>
List<T>::List(const List& other) = default;
template <class T>
List<T>::List(List&& other) noexcept = default;
template <class T>
List<T>::List(std::vector<T> other) noexcept : std::vector<T>(std::move(other)) {}
template <class T>
List<T>& List<T>::operator=(const List& other) = default;
template <class T>
List<T>& List<T>::operator=(List&& other) noexcept = default;
template <class T>
List<T>::~List() = default;
template <class T>
bool List<T>::operator==(const List& other) const {
  return static_cast<const std::vector<T>&>(*this) == static_cast<const std::vector<T>&>(other);
}

template <class T>
Maybe<T>::Maybe() noexcept = default;
template <class T>
Maybe<T>::Maybe(const Maybe& other) = default;
template <class T>
Maybe<T>::Maybe(Maybe&& other) noexcept = default;
template <class T>
Maybe<T>::Maybe(std::optional<T> other) noexcept : std::optional<T>(std::move(other)) {}
template <class T>
Maybe<T>& Maybe<T>::operator=(const Maybe& other) = default;
template <class T>
Maybe<T>& Maybe<T>::operator=(Maybe&& other) noexcept = default;
template <class T>
Maybe<T>::~Maybe() = default;
template <class T>
bool Maybe<T>::operator==(const Maybe& other) const {
  return static_cast<const std::optional<T>&>(*this) == static_cast<const std::optional<T>&>(other);
}

}  // namespace weir::api
