#include "support/deadline.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace holysheep::testing {

int time_scale() {
  static const int scale = [] {
    const char* given = std::getenv("HOLYSHEEP_TEST_TIME_SCALE");
    const int asked = given != nullptr ? std::atoi(given) : 1;
    return std::max(asked, sanitized() ? 5 : 1);
  }();
  return scale;
}

bool long_tests() {
  const char* given = std::getenv("HOLYSHEEP_LONG_TESTS");
  return given != nullptr && std::string_view(given) == "1";
}

int milliseconds_until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, 3'600'000));
}

}  // namespace holysheep::testing
