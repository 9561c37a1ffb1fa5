// Connections go to all threads alike, whichever of them the kernel wakes.

#include <gmock/gmock.h>

#include "tests/gateway/on_each_io.h"

namespace weir::gateway {
namespace {

using testing::AllOf;
using testing::Each;
using testing::Ge;
using testing::Le;

class Threads : public OnEachIo {};

TEST_P(Threads, ShareConnections) {
  route_to({1});
  std::vector<int> clients;
  for (int i = 0; i < 40; ++i) clients.push_back(connected_to(port_));
  ASSERT_TRUE(test::soon([&] { return worker_->sessions() == 40; }));
  EXPECT_THAT(worker_->sessions_by_thread(), Each(AllOf(Ge(15u), Le(25u))));
  for (const int client : clients) ::close(client);
  EXPECT_TRUE(test::soon([&] { return worker_->sessions() == 0; }));
}

INSTANTIATE_TEST_SUITE_P(Io, Threads, testing::Values(IoChoice::epoll, IoChoice::io_uring),
                         io_name);

}  // namespace
}  // namespace weir::gateway
