#include "support/raw_client.hpp"
#include "support/stage.hpp"

#include <atomic>
#include <thread>

#include <unistd.h>

namespace holysheep::testing {
namespace {

TEST(AClientThatSendsWithoutEnd, LeavesOthersTheirTurn) {
  Stage stage({{"WORKER_PROCESSES", "1"}, {"LOG_LEVEL", "off"}});
  RawClient flood(stage.port());
  std::string ahead;
  for (int i = 0; i < 20'000; ++i) ahead += "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n";
  std::thread reader([descriptor = flood.descriptor()] {
    std::string answers(1 << 20, ' ');
    while (::read(descriptor, answers.data(), answers.size()) > 0) {
    }
  });
  std::atomic<bool> over = false;
  std::thread writer([&] {
    while (!over && flood.send(ahead)) {
    }
    flood.half_close();
  });
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(get(stage.port(), "/health").status, 200);
  }
  over = true;
  writer.join();
  reader.join();
}

}  // namespace
}  // namespace holysheep::testing
