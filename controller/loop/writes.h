#pragma once

// A plan's changes as one transaction of the store. The typed objects of the reconcilers are laid
// over the stored documents, so that what only the document has (managedFields) is kept.

#include <vector>

#include "controller/store/store.h"
#include "reconcilers/plan.h"

namespace weir {

// Code::conflict when an object that is to be updated is gone: the World is older than the store.
Result<Transaction> transaction_of(const std::vector<Change>& changes, const Store& store,
                                   Time now);

}  // namespace weir
