#include <holysheep/http/body_edit.hpp>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <unit/http/cutting.hpp>

namespace holysheep::http {
namespace {

std::string joined(const std::vector<std::string_view>& pieces) {
  std::string all;
  for (const auto piece : pieces) {
    EXPECT_FALSE(piece.empty());
    all += piece;
  }
  return all;
}

TEST(BodyEdit, PutsInAndReplacesWhateverThePiecesAre) {
  const std::string body = "0123456789";
  const std::vector<BodyEdit> edits{{1, 0, "<in>"}, {3, 4, "<instead>"}, {9, 1, "<end>"}};
  const std::string wanted = "0<in>12<instead>78<end>";
  for (std::size_t a = 0; a <= body.size(); ++a) {
    for (std::size_t b = a; b <= body.size(); ++b) {
      const std::string_view whole = body;
      const std::vector<std::string_view> pieces{whole.substr(0, a), whole.substr(a, b - a), whole.substr(b)};
      EXPECT_EQ(joined(edited(pieces, edits)), wanted) << a << ' ' << b;
    }
  }
}

TEST(BodyEdit, TakesOutWhatGoesOverManyPieces) {
  const std::string body = "0123456789";
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; i < body.size(); ++i) pieces.push_back(std::string_view(body).substr(i, 1));
  EXPECT_EQ(joined(edited(pieces, std::vector<BodyEdit>{{2, 6, ""}, {8, 0, "x"}})), "01x89");
  EXPECT_EQ(joined(edited(pieces, std::vector<BodyEdit>{{0, 10, "x"}})), "x");
  EXPECT_EQ(joined(edited(pieces, {})), body);
}

TEST(BodyEdit, OfRandomEditsGivesWhatReplacingOneByOneGives) {
  std::mt19937 random(3);
  for (int round = 0; round < 2000; ++round) {
    const std::string body(random() % 60 + 1, 'x');
    std::vector<BodyEdit> edits;
    std::string wanted;
    std::size_t at = 0;
    for (std::size_t i = random() % 3; i > 0 && at < body.size(); --i) {
      const std::size_t offset = at + random() % (body.size() - at);
      const std::size_t size = random() % (body.size() - offset + 1);
      edits.push_back({offset, size, i % 2 == 0 ? "" : "<edit>"});
      wanted += body.substr(at, offset - at) + std::string(edits.back().text);
      at = offset + size;
    }
    wanted += body.substr(at);
    ASSERT_EQ(joined(edited(random_cuts(body, random, random() % 20 + 1), edits)), wanted);
  }
}

}  // namespace
}  // namespace holysheep::http
