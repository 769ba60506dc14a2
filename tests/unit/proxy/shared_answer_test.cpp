#include <holysheep/proxy/shared_answer.hpp>

#include <gtest/gtest.h>

namespace holysheep::proxy {
namespace {

using Stage = SharedAnswer::Stage;

TEST(AReaderOfASharedAnswer, MayPutSomethingInOnlyBehindAllThatIsThere) {
  MemoryAccounts accounts;
  const auto answer = std::make_shared<SharedAnswer>(accounts, 1U << 20);
  SharedReader reader(answer, true);
  answer->begin("HTTP/1.1 200 OK\r\n\r\n", {}, TimePoint{}, {}, true);
  const std::string event = "data: " + std::string(100'000, 'x') + "\n\n";
  const std::string_view piece = event;
  answer->append({&piece, 1}, true, false, {});
  SharedReader::Pieces pieces;
  std::size_t seen = 0;
  while (seen < event.size()) {
    const auto look = reader.look(pieces);
    ASSERT_FALSE(pieces.empty());
    for (const auto part : pieces) seen += part.size();
    EXPECT_EQ(look.boundary, seen == event.size());
  }
}

}  // namespace
}  // namespace holysheep::proxy
