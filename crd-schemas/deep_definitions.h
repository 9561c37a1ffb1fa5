#pragma once

// For gen/deep.cc alone: see deep.h.

#include "crd-schemas/deep.h"

namespace weir::api {

template <class Standard>
Deep<Standard>::Deep() noexcept = default;
template <class Standard>
Deep<Standard>::Deep(const Deep& other) = default;
template <class Standard>
Deep<Standard>::Deep(Deep&& other) noexcept = default;
template <class Standard>
Deep<Standard>::Deep(Standard other) noexcept : Standard(std::move(other)) {}
template <class Standard>
Deep<Standard>& Deep<Standard>::operator=(const Deep& other) = default;
template <class Standard>
Deep<Standard>& Deep<Standard>::operator=(Deep&& other) noexcept = default;
template <class Standard>
Deep<Standard>::~Deep() = default;
template <class Standard>
bool Deep<Standard>::operator==(const Deep& other) const {
  return static_cast<const Standard&>(*this) == static_cast<const Standard&>(other);
}

}  // namespace weir::api
