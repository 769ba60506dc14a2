#pragma once
#include <string>
#include <optional>
#include <string_view>
namespace holysheep::http {
std::optional<std::string_view> model_name(std::string_view json, std::string& decoded);
}
