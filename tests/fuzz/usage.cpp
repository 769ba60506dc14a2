// The tokens that an answer tells, and what they cost.
#include "fuzz.hpp"
#include <holysheep/http/json_canonical.hpp>
#include <holysheep/http/usage_meter.hpp>
#include <holysheep/http/usage_tokens.hpp>
#include <holysheep/policy/price_table.hpp>

#include <algorithm>
#include <string>

#include <nlohmann/json.hpp>

namespace holysheep::fuzz {
namespace {

using http::Dialect;
using http::Usage;
using http::UsageScan;
using nlohmann::ordered_json;

__extension__ using Wide = unsigned __int128;

bool same(const UsageScan& a, const UsageScan& b) {
  return a.usage() == b.usage() && a.model() == b.model();
}

/// Spelt by another writer a document says the same: where it has no name twice, no escapes (a key with one
/// is another) and no `-0` (which that writer makes `0`).
void expect_spelling_does_not_matter(Dialect dialect, std::string_view input, const UsageScan& scan) {
  if (input.find('\\') != input.npos || input.find("-0") != input.npos || !http::canonical_json(input))
    return;
  const ordered_json document = ordered_json::parse(input, nullptr, false);
  if (!document.is_object()) return;
  UsageScan spaced(dialect, false);
  const std::string with_spaces = document.dump(1);
  spaced.feed(with_spaces);
  spaced.feed("\n");
  UsageScan plain(dialect, false);
  const std::string without = document.dump();
  plain.feed(without);
  expect(same(spaced, plain), "white space does not matter");
  UsageScan event(dialect, true);
  event.feed("data: " + without + "\n\n");
  expect(same(event, plain), "an event says what its document says");
  expect(same(scan, plain), "the writer does not matter");
}

Price any_price(Chance& chance) {
  const auto one = [&] { return chance.once_in(4) ? most_pico_usd : chance.below(most_pico_usd + 1); };
  return {one(), one(), one()};
}

std::uint64_t priced(const TokenCounts& tokens, const Price& price) {
  const std::uint64_t cached = std::min(tokens.cached_input, tokens.input);
  const Wide pico = Wide(tokens.input - cached) * price.input + Wide(cached) * price.cached_input +
                    Wide(tokens.output) * price.output;
  const Wide nano = (pico + 500) / 1000;
  return nano > most_nano_usd ? most_nano_usd : static_cast<std::uint64_t>(nano);
}

void expect_cost_is_right(const Usage& usage, Chance& chance) {
  const TokenCounts tokens = http::token_counts(usage);
  const PricedModel model{"m", {}, any_price(chance), any_price(chance)};
  const Cost cost = cost_of(tokens, model);
  expect(cost.nano_usd == priced(tokens, model.price), "a cost is the sum of its parts");
  expect(cost.direct_nano_usd == priced(tokens, model.direct), "a direct cost is the sum of its parts");
}

}  // namespace

void usage(std::string_view input) {
  const unsigned choice = take_choice(input, 6);
  const auto dialect = static_cast<Dialect>(choice % 3);
  const bool event_stream = choice >= 3;
  Chance chance(input);
  UsageScan whole(dialect, event_stream);
  whole.feed(input);
  UsageScan cut(dialect, event_stream);
  http::UsageMeter meter(dialect, event_stream, http::ContentCoding::identity);
  in_pieces(input, chance, [&](std::string_view piece) {
    cut.feed(piece);
    meter.feed(piece);
  });
  expect(same(cut, whole), "an answer that is cut says the same");
  expect(meter.usage() == whole.usage() && meter.model() == whole.model(), "a meter reads what a scan reads");
  expect(whole.model().size() <= http::longest_model_name, "a model's name is bounded");
  const Usage usage = whole.usage();
  constexpr std::uint64_t most = std::uint64_t{1} << 56;  // a few counts, each at most 2^53
  for (const auto count : {usage.input, usage.cached_input, usage.cache_write, usage.output, usage.reasoning})
    expect(count <= most && (count == 0 || usage.known), "a count is one that was said");
  if (!event_stream) expect_spelling_does_not_matter(dialect, input, whole);
  expect_cost_is_right(usage, chance);
}

}  // namespace holysheep::fuzz
