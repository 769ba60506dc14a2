#include <holysheep/core/log.hpp>
#include <holysheep/core/text.hpp>
#include <holysheep/core/usage_line.hpp>

namespace holysheep {
namespace {

/// The longest each value may be, in rendered bytes: as in the log.
struct Room {
  static constexpr std::size_t request_id = 256;
  static constexpr std::size_t client = 256;
  static constexpr std::size_t model = 512;
  static constexpr std::size_t cache = 32;
};
static_assert(Room::request_id + Room::client + Room::model + Room::cache + 1024 <= max_log_line);

/// `,"key":` is given whole, so that each key is one copy.
void text(std::string& out, std::string_view key, std::string_view value, std::size_t room) {
  out.append(key);
  if (value.empty()) {
    out.append("null");
  } else {
    append_json_string(out, value, room);
  }
}
void number(std::string& out, std::string_view key, std::uint64_t value) {
  out.append(key);
  append_number(out, value);
}
void dollars(std::string& out, std::string_view key, std::int64_t nano_usd) {
  out.append(key);
  append_usd(out, nano_usd);
}
void boolean(std::string& out, std::string_view key, bool value) {
  out.append(key).append(value ? "true" : "false");
}

}  // namespace

void append_usage_line(std::string& out, const UsageRecord& record) {
  out.append(R"({"time":")");
  append_timestamp(out, record.time);
  out.push_back('"');
  text(out, R"(,"request_id":)", record.request_id, Room::request_id);
  text(out, R"(,"client":)", record.client, Room::client);
  text(out, R"(,"model":)", record.model, Room::model);
  number(out, R"(,"input_tokens":)", record.tokens.input);
  number(out, R"(,"cached_input_tokens":)", record.tokens.cached_input);
  number(out, R"(,"output_tokens":)", record.tokens.output);
  number(out, R"(,"reasoning_tokens":)", record.tokens.reasoning);
  if (record.cost || !record.tokens.any()) {
    const auto cost = record.cost.value_or(Cost{});
    dollars(out, R"(,"cost_usd":)", static_cast<std::int64_t>(cost.nano_usd));
    dollars(out, R"(,"direct_cost_usd":)", static_cast<std::int64_t>(cost.direct_nano_usd));
    dollars(out, R"(,"saved_usd":)", cost.saved_nano_usd());
  } else {
    out.append(R"(,"cost_usd":null,"direct_cost_usd":null,"saved_usd":null)");
  }
  number(out, R"(,"status":)", record.status);
  text(out, R"(,"cache":)", record.cache, Room::cache);
  boolean(out, R"(,"partial":)", record.partial);
  boolean(out, R"(,"estimated":)", record.estimated);
  boolean(out, R"(,"retried":)", record.retried);
  out.append("}\n");
}

}  // namespace holysheep
