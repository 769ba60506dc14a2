#pragma once

#include <string>
#include <string_view>

namespace holysheep::bench {

/// What a Python SDK sends behind an ingress, and what the API answers.
inline constexpr std::string_view request_head =
    "POST /v1/chat/completions HTTP/1.1\r\n"
    "Host: proxy.example\r\n"
    "Accept-Encoding: gzip, deflate\r\n"
    "Connection: keep-alive\r\n"
    "Accept: application/json\r\n"
    "Content-Type: application/json\r\n"
    "User-Agent: OpenAI/Python 1.99.0\r\n"
    "X-Stainless-Lang: python\r\n"
    "X-Stainless-Package-Version: 1.99.0\r\n"
    "X-Stainless-OS: Linux\r\n"
    "X-Stainless-Arch: x64\r\n"
    "X-Stainless-Runtime: CPython\r\n"
    "X-Stainless-Runtime-Version: 3.11.7\r\n"
    "X-Stainless-Retry-Count: 0\r\n"
    "X-Stainless-Timeout: 600\r\n"
    "Authorization: Bearer sk-client-0123456789abcdef0123456789abcdef\r\n"
    "X-Forwarded-For: 203.0.113.7\r\n"
    "X-Forwarded-Proto: https\r\n"
    "Content-Length: 1024\r\n"
    "\r\n";

inline constexpr std::string_view response_head =
    "HTTP/1.1 200 OK\r\n"
    "Date: Mon, 01 Jan 2029 00:00:00 GMT\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 1024\r\n"
    "Connection: keep-alive\r\n"
    "openai-processing-ms: 431\r\n"
    "openai-version: 2020-10-01\r\n"
    "x-ratelimit-limit-requests: 10000\r\n"
    "x-ratelimit-remaining-requests: 9999\r\n"
    "x-ratelimit-reset-requests: 6ms\r\n"
    "x-request-id: req_0123456789abcdef0123456789abcdef\r\n"
    "Strict-Transport-Security: max-age=31536000\r\n"
    "\r\n";

/// `events` text deltas as a chat stream has them, about 200 bytes each.
inline std::string chat_stream(int events) {
  std::string out;
  for (int i = 0; i < events; ++i) {
    out +=
        "data: "
        "{\"id\":\"chatcmpl-0123456789abcdef\",\"object\":\"chat.completion.chunk\",\"created\":1767225600,"
        "\"model\":\"gpt-4.1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" sheep\"},"
        "\"finish_reason\":null}]}\n\n";
  }
  return out;
}

}  // namespace holysheep::bench
