#pragma once

// Records: what the database keeps, as commits and back. The place where Secrets are sealed.

#include "controller/store/batch.h"
#include "controller/store/database.h"
#include "controller/store/history.h"
#include "controller/store/seal.h"

namespace weir {

Result<LogRow> row_of(const Commit& commit, const Sealer& sealer);

// The store's memory, rebuilt from the log.
struct Recovered {
  Index index;
  std::uint64_t version = 0;
};
Result<Recovered> recover(Database& database, const Sealer& sealer, History& history);

}  // namespace weir
