#pragma once

#include "support/http_client.hpp"
#include "support/simulator_process.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace holysheep::testing {

/// The tokens that a ledger line, a log line or the simulator tells; what is missing or null is 0.
struct Tokens {
  std::uint64_t input = 0;
  std::uint64_t cached = 0;
  std::uint64_t output = 0;
  std::uint64_t reasoning = 0;

  static Tokens of(const nlohmann::json& object);
  /// As an Anthropic or Gemini event tells them, worked out as they are to be billed; none: it tells none.
  static std::optional<Tokens> of_event(const std::string& data);

  Tokens& operator+=(const Tokens& other);
  /// Each is at most the other's.
  [[nodiscard]] bool within(const Tokens& other) const;
  [[nodiscard]] std::string text() const;
  friend bool operator==(const Tokens&, const Tokens&) = default;
};

/// The whole lines of a file of JSON lines, each an object; a line still being written is left out.
std::vector<nlohmann::json> json_lines(const std::filesystem::path& path);
std::size_t count_lines(const std::filesystem::path& path);

/// Prices in dollars per 10¹² tokens, so that six decimals of dollars per million are whole.
struct TestPrice {
  std::uint64_t input;
  std::uint64_t cached;
  std::uint64_t output;

  /// Nano-dollars, to the nearest, half of one up.
  [[nodiscard]] std::int64_t nano_usd(const Tokens& tokens) const;
};

/// Scripted models that cost something: `model` and whatever begins with it.
struct PriceClass {
  std::string_view id;
  std::string_view model;
  TestPrice price;
  TestPrice direct;
};
inline constexpr std::array price_classes{
    PriceClass{"dear", "sim:tag=dear", {1'200'000, 1'200'000, 1'200'000}, {8'000'000, 2'000'000, 32'000'000}},
    PriceClass{"cheap", "sim:tag=cheap", {42'001, 4'207, 123'457}, {140'000, 70'000, 280'001}},
    PriceClass{"odd", "sim:tag=odd", {333'333, 1, 999'999}, {1'000'001, 500'003, 7'777'777}},
};

/// A MODELS_FILE with those.
std::string models_file_of_price_classes();

/// Dollars of a JSON number in nano-dollars.
std::int64_t nano_usd_of(const nlohmann::json& dollars);

}  // namespace holysheep::testing
