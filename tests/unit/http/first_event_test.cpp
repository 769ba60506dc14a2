#include <holysheep/http/first_event.hpp>

#include <optional>
#include <string_view>

#include <gtest/gtest.h>

namespace holysheep::http {
namespace {

struct Seen {
  FirstEvent::State state = FirstEvent::State::need_more;
  std::optional<EventError> error;
};

/// `cut`: where the second piece begins.
Seen first_of(Dialect dialect, std::string_view stream, std::size_t cut) {
  ResponseHead head;
  head.framing = Framing::until_close;
  FirstEvent first(head, dialect);
  Seen seen{first.feed(stream.substr(0, cut)), {}};
  if (seen.state == FirstEvent::State::need_more) seen.state = first.feed(stream.substr(cut));
  if (seen.state == FirstEvent::State::known) seen.error = first.error();
  return seen;
}

TEST(FirstEvent, IsTheFirstThatIsNoPingHoweverTheyCome) {
  constexpr std::string_view stream =
      "event: ping\ndata: {\"type\": \"ping\"}\n\n: c\n\nevent: error\ndata: "
      "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}\n\n";
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    const Seen seen = first_of(Dialect::anthropic, stream, cut);
    ASSERT_TRUE(seen.error.has_value()) << "cut at " << cut;
    EXPECT_EQ(seen.error->status, 529);
  }
}

TEST(FirstEvent, AnErrorBehindItIsNotItsOwn) {
  constexpr std::string_view stream =
      "data: {\"choices\":[]}\r\n\r\ndata: {\"error\":{\"code\":500}}\r\n\r\n";
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    const Seen seen = first_of(Dialect::openai, stream, cut);
    EXPECT_EQ(seen.state, FirstEvent::State::known);
    EXPECT_FALSE(seen.error.has_value()) << "cut at " << cut;
  }
}

TEST(FirstEvent, IsReadBehindAByteOrderMark) {
  const Seen seen = first_of(Dialect::openai,
                             "\xef\xbb\xbf"
                             "data: {\"error\":{\"code\":429}}\n\n",
                             2);
  ASSERT_TRUE(seen.error.has_value());
  EXPECT_EQ(seen.error->status, 429);
}

TEST(FirstEvent, AnErrorsBodyIsJsonWhateverStandsAroundIt) {
  const std::string_view marked = "data: \xef\xbb\xbf{\"type\":\"error\"}\n\n";
  const auto error = error_of_event(marked);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->body, R"({"error":{"type":"error"}})");
  const std::string_view hidden("data: {\"type\":\"error\"}\0x\n\n", 27);
  EXPECT_FALSE(error_of_event(hidden).has_value());
}

}  // namespace
}  // namespace holysheep::http
