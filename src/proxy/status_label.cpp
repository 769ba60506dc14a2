#include <holysheep/proxy/status_label.hpp>

#include <array>
#include <cstdint>

namespace holysheep::proxy {
namespace {

constexpr std::array<std::string_view, status_label_count> status_names{
    "100", "101", "102", "103", "200", "201", "202", "203", "204", "205", "206",  "207", "208",
    "226", "300", "301", "302", "303", "304", "305", "306", "307", "308", "400",  "401", "402",
    "403", "404", "405", "406", "407", "408", "409", "410", "411", "412", "413",  "414", "415",
    "416", "417", "418", "421", "422", "423", "424", "425", "426", "428", "429",  "431", "451",
    "499", "500", "501", "502", "503", "504", "505", "506", "507", "508", "510",  "511", "520",
    "521", "522", "523", "524", "525", "526", "527", "528", "529", "530", "other"};

constexpr unsigned past_statuses = 600;
constexpr auto other_status = static_cast<std::uint8_t>(status_label_count - 1);

constexpr std::array<std::uint8_t, past_statuses> places_of_statuses() {
  std::array<std::uint8_t, past_statuses> places{};
  places.fill(other_status);
  for (std::uint8_t i = 0; i < other_status; ++i) {
    const auto& digits = status_names[i];
    places[static_cast<std::size_t>((digits[0] - '0') * 100 + (digits[1] - '0') * 10 + digits[2] - '0')] = i;
  }
  return places;
}
constexpr auto status_places = places_of_statuses();

}  // namespace

std::size_t status_label(unsigned status) noexcept {
  return status < past_statuses ? status_places[status] : other_status;
}

std::string_view status_name(std::size_t label) noexcept {
  return status_names[label];
}

}  // namespace holysheep::proxy
