#pragma once

#include "beast_reader.hpp"
#include "fuzz.hpp"
#include <holysheep/http/head_scanner.hpp>
#include <holysheep/http/header_block.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace holysheep::fuzz {

/// Both read the same fields: names in their case, values without the white space around them.
void expect_same_fields(const http::HeaderBlock& ours, const BeastHead& beasts);

/// The head that `input` begins with, if the scanner finds one; whether it does must not depend on how the
/// input is cut, nor on what comes behind.
std::optional<std::string_view> scanned_head(http::Side side, std::string_view input, Chance& chance);

/// `view` lies within `bytes`, or is empty.
bool within(std::string_view view, std::string_view bytes) noexcept;

/// How many fields of that id there are.
std::size_t count(const http::HeaderBlock& fields, http::FieldName id) noexcept;

}  // namespace holysheep::fuzz
