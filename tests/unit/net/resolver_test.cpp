#include <holysheep/net/connector.hpp>
#include <holysheep/net/resolver.hpp>

#include <atomic>
#include <future>
#include <memory>

#include <gtest/gtest.h>

namespace holysheep::net {
namespace {

using boost::asio::ip::make_address;
using boost::asio::ip::tcp;

constexpr Duration never_again = std::chrono::hours(1);

/// Waits until the look-up that is under way, or the next one, has ended.
void await_lookup(Resolver& resolver) {
  auto done = std::make_shared<std::promise<void>>();
  auto ended = done->get_future();
  resolver.refresh([done] { done->set_value(); });
  ASSERT_EQ(ended.wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST(Resolver, AnAddressNeedsNoLookUp) {
  const Resolver resolver("127.0.0.1", 443, never_again, [](const std::string&, std::uint16_t) {
    ADD_FAILURE() << "looked up an address";
    return Result<Endpoints, std::string>(Endpoints{});
  });
  ASSERT_TRUE(resolver.answer());
  EXPECT_EQ(resolver.answer()->front(), tcp::endpoint(make_address("127.0.0.1"), 443));
}

TEST(Resolver, AnAddressIsRefreshedAtOnceAndKeepsNobodyWaiting) {
  Resolver resolver("127.0.0.1", 443);
  auto asked = std::make_shared<int>(0);
  resolver.refresh([asked] { ++*asked; });
  EXPECT_EQ(*asked, 1);
  EXPECT_EQ(asked.use_count(), 1) << "a connection that fails asks each time: nothing may pile up";
}

TEST(Resolver, LooksUpAheadOfNeed) {
  Resolver resolver("upstream.test", 443, never_again, [](const std::string& host, std::uint16_t port) {
    EXPECT_EQ(host, "upstream.test");
    return Result<Endpoints, std::string>(Endpoints{{make_address("192.0.2.1"), port}});
  });
  await_lookup(resolver);
  ASSERT_TRUE(resolver.answer());
  EXPECT_EQ(resolver.answer()->front().port(), 443);
}

TEST(Resolver, KeepsTheLastGoodAnswerWhenALaterLookUpFails) {
  auto calls = std::make_shared<std::atomic<int>>(0);
  Resolver resolver("upstream.test", 443, never_again, [calls](const std::string&, std::uint16_t port) {
    if (calls->fetch_add(1) == 0)
      return Result<Endpoints, std::string>(Endpoints{{make_address("192.0.2.1"), port}});
    return Result<Endpoints, std::string>(Unexpected{std::string("no such name")});
  });
  await_lookup(resolver);
  while (calls->load() < 2) await_lookup(resolver);
  EXPECT_EQ(resolver.failure(), "no such name");
  ASSERT_TRUE(resolver.answer());
  EXPECT_EQ(resolver.answer()->size(), 1u);
}

TEST(Resolver, IsNotAskedAgainForWhatItHasJustSaid) {
  auto calls = std::make_shared<std::atomic<int>>(0);
  Resolver resolver("upstream.test", 443, never_again, [calls](const std::string&, std::uint16_t port) {
    calls->fetch_add(1);
    return Result<Endpoints, std::string>(Endpoints{{make_address("192.0.2.1"), port}});
  });
  await_lookup(resolver);
  const int before = calls->load();
  int answered = 0;
  for (int i = 0; i < 100; ++i) resolver.refresh([&] { ++answered; });
  EXPECT_EQ(answered, 100) << "connections that fail one after the other ask no name server each time";
  EXPECT_EQ(calls->load(), before);
}

TEST(Resolver, AFailureThatIsFreshIsTheAnswerToTheNextQuestion) {
  auto calls = std::make_shared<std::atomic<int>>(0);
  Resolver resolver("upstream.test", 443, never_again, [calls](const std::string&, std::uint16_t) {
    calls->fetch_add(1);
    return Result<Endpoints, std::string>(Unexpected{std::string("no such name")});
  });
  await_lookup(resolver);
  const int before = calls->load();
  bool answered = false;
  resolver.refresh([&] { answered = true; });
  EXPECT_TRUE(answered);
  EXPECT_EQ(calls->load(), before);
  EXPECT_FALSE(resolver.answer());
}

TEST(Resolver, TheSystemKnowsLocalhost) {
  const auto found = Resolver::system_lookup("localhost", 8443);
  ASSERT_TRUE(found);
  for (const auto& endpoint : *found) {
    EXPECT_TRUE(endpoint.address().is_loopback());
    EXPECT_EQ(endpoint.port(), 8443);
  }
}

TEST(Resolver, TheSystemSaysWhyThereIsNoAnswer) {
  const auto found = Resolver::system_lookup("no-such-host.invalid", 443);
  ASSERT_FALSE(found);
  EXPECT_FALSE(found.error().empty());
}

TEST(Connector, AddressFamiliesAlternateStartingWithTheFirst) {
  const tcp::endpoint six_a(make_address("2001:db8::1"), 443);
  const tcp::endpoint six_b(make_address("2001:db8::2"), 443);
  const tcp::endpoint four_a(make_address("192.0.2.1"), 443);
  const tcp::endpoint four_b(make_address("192.0.2.2"), 443);
  EXPECT_EQ(interleaved({six_a, six_b, four_a, four_b}), (Endpoints{six_a, four_a, six_b, four_b}));
  EXPECT_EQ(interleaved({four_a, six_a, six_b}), (Endpoints{four_a, six_a, six_b}));
  EXPECT_EQ(interleaved({four_a}), (Endpoints{four_a}));
}

}  // namespace
}  // namespace holysheep::net
