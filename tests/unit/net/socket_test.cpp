#include <holysheep/net/socket.hpp>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace holysheep::net {
namespace {

struct Heard final : EventSink {
  void raise(Event event) override {
    events.push_back(event);
    if (then) then();
  }
  std::vector<Event> events;
  std::function<void()> then;
};

/// A Socket and the peer that a test plays.
struct Pair {
  explicit Pair(EventLoop& loop, EventSink& sink) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    peer = ends[1];
    socket = Socket(loop, ends[0], Socket::Stage::connected);
    socket.listen(sink, Event::client_readable, Event::client_writable);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() { hang_up(); }
  void say(const std::string& bytes) const {
    EXPECT_EQ(::write(peer, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void hang_up() {
    if (peer >= 0) ::close(std::exchange(peer, -1));
  }
  IoResult write(std::string& bytes) {
    const iovec part{bytes.data(), bytes.size()};
    return socket.write({&part, 1});
  }

  Socket socket;
  int peer = -1;
};

class SocketReadiness : public ::testing::Test {
 protected:
  void turn() {
    loop.io.restart();
    loop.io.poll();
  }
  EventLoop loop;
  Heard heard;
  std::array<char, 8> room{};
};

TEST_F(SocketReadiness, BytesAreReadOnceTheEventLoopHasSeenThem) {
  Pair pair(loop, heard);
  pair.say("hello");
  EXPECT_EQ(pair.socket.read(room).status, IoStatus::want_read);
  turn();
  EXPECT_EQ(heard.events, std::vector{Event::client_readable});
  const auto got = pair.socket.read(room);
  EXPECT_EQ(got.status, IoStatus::done);
  EXPECT_EQ(got.count, 5u);
}

TEST_F(SocketReadiness, AfterAShortReadThereIsNothingUntilMoreComes) {
  Pair pair(loop, heard);
  pair.say("hello");
  turn();
  pair.socket.read(room);
  EXPECT_FALSE(pair.socket.readable());
  pair.say("more");
  turn();
  EXPECT_EQ(heard.events.size(), 2u);
  EXPECT_EQ(pair.socket.read(room).count, 4u);
}

TEST_F(SocketReadiness, AReadThatFilledItsRoomIsFollowedByAnotherWithoutAnEvent) {
  Pair pair(loop, heard);
  pair.say("0123456789");
  turn();
  EXPECT_EQ(pair.socket.read(room).count, 8u);
  EXPECT_EQ(pair.socket.read(room).count, 2u);
  EXPECT_EQ(pair.socket.read(room).status, IoStatus::want_read);
  EXPECT_EQ(heard.events.size(), 1u);
}

TEST_F(SocketReadiness, AnEndBehindBytesIsReadAfterThem) {
  Pair pair(loop, heard);
  pair.say("last");
  pair.hang_up();
  turn();
  EXPECT_EQ(pair.socket.read(room).count, 4u);
  EXPECT_EQ(pair.socket.read(room).status, IoStatus::end);
}

TEST_F(SocketReadiness, WhileWatchedAnEndIsHeardEvenBehindUnreadBytes) {
  Pair pair(loop, heard);
  pair.socket.watch_for_end(true);
  pair.say("unread");
  turn();
  pair.hang_up();
  turn();
  EXPECT_EQ(heard.events, (std::vector{Event::client_readable, Event::client_gone}));
}

TEST_F(SocketReadiness, AnEndThatCameBeforeTheWatchIsHeardAtItsBeginning) {
  Pair pair(loop, heard);
  pair.hang_up();
  turn();
  pair.socket.watch_for_end(true);
  EXPECT_EQ(heard.events, (std::vector{Event::client_readable, Event::client_gone}));
}

TEST_F(SocketReadiness, WritableIsHeardOnlyByWhoWasToldToWait) {
  Pair pair(loop, heard);
  turn();
  EXPECT_TRUE(heard.events.empty());
  std::string flood(1 << 20, 'x');
  while (pair.write(flood).status == IoStatus::done) {
  }
  turn();
  EXPECT_TRUE(heard.events.empty());
  std::vector<char> drain(1 << 20);
  while (::read(pair.peer, drain.data(), drain.size()) > 0) {
  }
  turn();
  EXPECT_EQ(heard.events, std::vector{Event::client_writable});
  EXPECT_EQ(pair.write(flood).status, IoStatus::done);
}

TEST_F(SocketReadiness, ASocketClosedInItsNeighboursEventHearsNothingOfItsOwn) {
  Heard second_heard;
  Pair first(loop, heard);
  Pair second(loop, second_heard);
  const auto close_both = [&] {
    first.socket.close();
    second.socket.close();
  };
  heard.then = close_both;
  second_heard.then = close_both;
  first.say("a");
  second.say("b");
  turn();
  EXPECT_EQ(heard.events.size() + second_heard.events.size(), 1u);
}

TEST_F(SocketReadiness, ADescriptorThatCannotBeWatchedIsLost) {
  Socket socket(loop, ::open("/dev/null", O_RDWR | O_CLOEXEC), Socket::Stage::connected);
  EXPECT_EQ(socket.read(room).status, IoStatus::lost);
}

TEST_F(SocketReadiness, MoreSocketsThanOneLookTakesAreAllHeard) {
  std::vector<std::unique_ptr<Pair>> pairs;
  for (int i = 0; i < 300; ++i) pairs.push_back(std::make_unique<Pair>(loop, heard));
  for (const auto& pair : pairs) pair->say("x");
  turn();
  EXPECT_EQ(heard.events.size(), 300u);
}

}  // namespace
}  // namespace holysheep::net
