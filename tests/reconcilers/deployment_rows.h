#pragma once

// Tables about one Deployment: a world, and what its plan must be, in brief.

#include <gtest/gtest.h>

#include <vector>

#include "reconcilers/deployment.h"
#include "tests/support/plan_text.h"
#include "tests/support/world_builder.h"

namespace weir::test {

inline const Key kWeb{.kind = Kind::Deployment, .ns = "default", .name = "web"};

struct DeploymentRow {
  const char* name;
  World world;
  const char* want;
};

inline void check(const std::vector<DeploymentRow>& rows) {
  for (const DeploymentRow& row : rows) {
    EXPECT_EQ(brief(plan_deployment(row.world, kWeb, kNow), row.world, kNow), row.want) << row.name;
  }
}

}  // namespace weir::test
