#pragma once

#include <holysheep/http/body_edit.hpp>
#include <holysheep/http/request_head.hpp>
#include <holysheep/http/request_scan.hpp>
#include <holysheep/http/route.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace holysheep::http {

/// Does a stream on this route tell its usage only to who asks (`stream_options.include_usage`), in chunks
/// that `UsageRemoval` can take out again?
bool may_stream_usage(Method method, const Route& route) noexcept;

/// `stream_options` longer than this, in bytes, are left alone.
inline constexpr std::size_t longest_stream_options = 1024;

/// What makes a JSON body that asks for a stream ask for the stream's usage too. `options`: the bytes at
/// `scan.stream_options_span()`; empty without one. Every other byte of the body stays as it was.
///
/// Nothing: it asks for usage already, or for no stream, or this cannot be told for sure: a member that
/// matters is there twice, holds what upstream will refuse, or the body is malformed. Then upstream must see
/// it as it is, so that the client gets upstream's own word for it.
std::optional<BodyEdit> usage_edit(const RequestScan& scan, std::string_view options);

}  // namespace holysheep::http
