#pragma once

#include <span>
#include <string_view>

namespace holysheep {

/// Which of `names` a mistyped one was meant to be: the nearest, where few letters differ. Empty: none is
/// near.
std::string_view nearest_name(std::string_view mistyped, std::span<const std::string_view> names);

}  // namespace holysheep
