#include <holysheep/http/request_id.hpp>

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace holysheep::http {
namespace {

constexpr std::string_view trace = "0af7651916cd43dd8448eb211c80319c";
constexpr std::string_view parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(RequestId, OfAClientIsOneTo128VisibleCharacters) {
  EXPECT_TRUE(valid_request_id("a"));
  EXPECT_TRUE(valid_request_id("req_01!~"));
  EXPECT_TRUE(valid_request_id(std::string(128, 'x')));
  EXPECT_FALSE(valid_request_id(""));
  EXPECT_FALSE(valid_request_id(std::string(129, 'x')));
}

TEST(RequestId, OfAClientHoldsVisibleAsciiOnly) {
  for (int c = 0; c < 256; ++c) {
    const std::string id = std::string("a") + static_cast<char>(c) + "b";
    EXPECT_EQ(valid_request_id(id), c >= 0x21 && c <= 0x7e) << c;
  }
}

TEST(RequestIds, Are32HexDigitsThatAClientCouldSendToo) {
  RequestIds ids;
  const RequestId id = ids.next();
  EXPECT_EQ(id.view().size(), 32u);
  EXPECT_EQ(id.view().find_first_not_of("0123456789abcdef"), std::string_view::npos);
  EXPECT_TRUE(valid_request_id(id.view()));
}

TEST(RequestIds, DoNotRepeatNorFollowAnotherLoops) {
  RequestIds one;
  RequestIds other;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    seen.emplace(one.next().view());
    seen.emplace(other.next().view());
  }
  EXPECT_EQ(seen.size(), 2000u);
}

TEST(RequestIds, FollowThePublishedGenerator) {
  RequestIds ids({1, 2, 3, 4});
  // The first four outputs of xoshiro256** from this state: 11520, 0, 1509978240, 1215971899390074240.
  EXPECT_EQ(ids.next().view(), "0000000000002d000000000000000000");
  EXPECT_EQ(ids.next().view(), "000000005a00708010e0000000009d80");
}

TEST(TraceId, IsTakenOutOfATraceparent) {
  EXPECT_EQ(trace_id(parent), trace);
  EXPECT_EQ(trace_id(parent).data(), parent.data() + 3);
}

TEST(TraceId, OfALaterVersionMayBeFollowedByMore) {
  EXPECT_EQ(trace_id("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"), trace);
  EXPECT_EQ(trace_id("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more"), "");
  EXPECT_EQ(trace_id(std::string(parent) + "-more"), "");
}

TEST(TraceId, IsEmptyWhereTheTraceparentIsCut) {
  for (std::size_t cut = 0; cut < parent.size(); ++cut) EXPECT_EQ(trace_id(parent.substr(0, cut)), "");
}

TEST(TraceId, IsEmptyWhereAnyCharacterIsWrong) {
  for (std::size_t at = 0; at < parent.size(); ++at) {
    for (const char wrong : {'g', 'A', ' '}) {
      std::string broken(parent);
      broken[at] = wrong;
      EXPECT_EQ(trace_id(broken), "") << broken;
    }
  }
}

TEST(TraceId, IsEmptyForTheInvalidOnes) {
  EXPECT_EQ(trace_id("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), "");
  EXPECT_EQ(trace_id("00-00000000000000000000000000000000-b7ad6b7169203331-01"), "");
  EXPECT_EQ(trace_id("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"), "");
}

}  // namespace
}  // namespace holysheep::http
