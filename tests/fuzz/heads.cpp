#include "heads.hpp"

#include <algorithm>
#include <functional>
#include <tuple>
#include <vector>

namespace holysheep::fuzz {
namespace {

using http::HeadScanner;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return out;
}

struct Named {
  std::string lower_name;
  std::size_t place;  ///< those of one name stay in their order
  std::string_view name;
  std::string_view value;
};

void sort_by_name(std::vector<Named>& fields) {
  std::sort(fields.begin(), fields.end(), [](const Named& a, const Named& b) {
    return std::tie(a.lower_name, a.place) < std::tie(b.lower_name, b.place);
  });
}

}  // namespace

void expect_same_fields(const http::HeaderBlock& ours, const BeastHead& beasts) {
  std::vector<Named> mine;
  std::vector<Named> others;
  for (const auto& field : ours) mine.push_back({lower(field.name), mine.size(), field.name, field.value});
  for (const auto& [name, value] : beasts.fields) others.push_back({lower(name), others.size(), name, value});
  expect(mine.size() == others.size(), "Beast reads as many fields");
  sort_by_name(mine);
  sort_by_name(others);
  for (std::size_t i = 0; i < mine.size(); ++i) {
    expect(mine[i].name == others[i].name, "Beast reads the same field names");
    expect(mine[i].value == others[i].value, "Beast reads the same field values");
  }
}

std::optional<std::string_view> scanned_head(http::Side side, std::string_view input, Chance& chance) {
  HeadScanner whole(side);
  const auto state = input.empty() ? HeadScanner::State::need_more : whole.scan(input);
  HeadScanner cut(side);
  auto cut_state = HeadScanner::State::need_more;
  std::size_t grown = 0;
  in_pieces(input, chance, [&](std::string_view piece) {
    grown += piece.size();
    if (grown > 0 && cut_state == HeadScanner::State::need_more) cut_state = cut.scan(input.substr(0, grown));
  });
  expect(cut_state == state, "a head that is cut is the same");
  if (state != HeadScanner::State::complete) return std::nullopt;
  expect(cut.begin() == whole.begin() && cut.end() == whole.end(), "a head that is cut ends where it ended");
  expect(!whole.in_start_line(), "a complete head has a complete start line");
  const auto head = input.substr(whole.begin(), whole.end() - whole.begin());
  HeadScanner alone(side);
  expect(alone.scan(head) == HeadScanner::State::complete && alone.end() == head.size(),
         "a head is one without what surrounds it");
  expect(head.find("\r\n\r\n") == head.size() - 4, "a head ends at its first empty line");
  return head;
}

bool within(std::string_view view, std::string_view bytes) noexcept {
  const std::less_equal<const char*> before;
  return view.empty() || (before(bytes.data(), view.data()) &&
                          before(view.data() + view.size(), bytes.data() + bytes.size()));
}

std::size_t count(const http::HeaderBlock& fields, http::FieldName id) noexcept {
  return static_cast<std::size_t>(
      std::count_if(fields.begin(), fields.end(), [id](const http::Field& field) { return field.id == id; }));
}

}  // namespace holysheep::fuzz
