#include <holysheep/core/text.hpp>
#include <holysheep/core/token_counts.hpp>

#include <array>

namespace holysheep {

void append_usd(std::string& out, std::int64_t nano_usd) {
  constexpr std::uint64_t dollar = 1'000'000'000;
  const bool negative = nano_usd < 0;
  const auto amount = negative ? -static_cast<std::uint64_t>(nano_usd) : static_cast<std::uint64_t>(nano_usd);
  if (negative) out.push_back('-');
  append_number(out, amount / dollar);
  auto rest = amount % dollar;
  if (rest == 0) return;
  std::array<char, 10> decimals{'.'};
  for (std::size_t i = decimals.size() - 1; i > 0; --i, rest /= 10) {
    decimals[i] = static_cast<char>('0' + rest % 10);
  }
  out.append(decimals.data(), decimals.size());
  out.erase(out.find_last_not_of('0') + 1);
}

}  // namespace holysheep
