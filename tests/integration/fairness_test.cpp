#include "support/raw_client.hpp"
#include "support/stage.hpp"
#include "support/tcp_server.hpp"

#include <atomic>
#include <thread>

#include <poll.h>
#include <unistd.h>

namespace holysheep::testing {
namespace {

TEST(AClientThatSendsWithoutEnd, LeavesOthersTheirTurn) {
  Stage stage({{"WORKER_PROCESSES", "1"}});
  RawClient flood(stage.port());
  std::string ahead;
  for (int i = 0; i < 20'000; ++i) ahead += "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n";
  std::thread reader([descriptor = flood.descriptor()] {
    std::string answers(1 << 20, ' ');
    pollfd readable{.fd = descriptor, .events = POLLIN, .revents = 0};
    do {
      ::poll(&readable, 1, -1);
    } while (::read(descriptor, answers.data(), answers.size()) > 0);
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

/// The slowest of several probes while something floods the one event loop.
std::chrono::milliseconds slowest_probe(std::uint16_t port) {
  auto slowest = Clock::duration::zero();
  for (int i = 0; i < 5; ++i) {
    const auto begin = Clock::now();
    EXPECT_EQ(get(port, "/health").status, 200);
    slowest = std::max(slowest, Clock::now() - begin);
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(slowest);
}

TEST(AStreamWithoutEnd, LeavesOthersTheirTurn) {
  TcpServer upstream([](RawClient& connection, int) {
    std::string request;
    if (!read_request(connection, request)) return;
    connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
    std::string events;
    while (events.size() < 1 << 20) events += "data: {\"choices\":[]}\n\n";
    while (connection.send(events)) {
    }
  });
  ProxyProcess proxy({{"API_BASE_URL", "http://127.0.0.1:" + std::to_string(upstream.port()) + "/v1"},
                      {"WORKER_PROCESSES", "1"}});
  RawClient reader(proxy.port(), 4 << 20);
  reader.send("GET /v1/x HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_EQ(reader.read_until("data: "), ReadEnd::satisfied);
  std::thread reading([descriptor = reader.descriptor()] {
    std::string bytes(1 << 20, ' ');
    pollfd readable{.fd = descriptor, .events = POLLIN, .revents = 0};
    do {
      ::poll(&readable, 1, -1);
    } while (::read(descriptor, bytes.data(), bytes.size()) > 0);
  });
  EXPECT_LT(slowest_probe(proxy.port()), std::chrono::milliseconds(1000) * time_scale());
  reader.half_close();
  reading.join();
}

TEST(AnUploadOfTinyChunks, LeavesOthersTheirTurn) {
  Stage stage({{"WORKER_PROCESSES", "1"}, {"REPLAY_BUFFER_MB", "0"}});
  RawClient flood(stage.port());
  flood.send("POST /v1/mirror HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  std::string chunks;
  for (int i = 0; i < 50'000; ++i) chunks += "1\r\nx\r\n";
  std::atomic<bool> over = false;
  std::thread writer([&] {
    while (!over && flood.send(chunks)) {
    }
  });
  EXPECT_LT(slowest_probe(stage.port()), std::chrono::milliseconds(1000) * time_scale());
  over = true;
  writer.join();
}

}  // namespace
}  // namespace holysheep::testing
