#include <holysheep/core/access_log.hpp>
#include <holysheep/core/log.hpp>

#include <random>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace holysheep {
namespace {

using namespace std::chrono_literals;

AccessRecord full_record() {
  AccessRecord record;
  record.time = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) + 8h + 45min + 34s + 123ms;
  record.request_id = "req-1";
  record.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  record.client = "team-a";
  record.method = "POST";
  record.path = "/v1/chat/completions";
  record.model = "gpt-4.1";
  record.status = 200;
  record.attempts = 2;
  record.queue = 1500us;
  record.upstream = 42ms;
  record.total = 1234567us;
  record.request_bytes = 100;
  record.response_bytes = 2000;
  record.has_tokens = true;
  record.input_tokens = 11;
  record.cached_input_tokens = 3;
  record.output_tokens = 0;
  record.cache = "miss";
  return record;
}

std::string line(const AccessRecord& record, LogFormat format = LogFormat::json) {
  std::string out;
  append_access_line(out, record, format);
  return out;
}

TEST(AccessLine, HoldsEverythingInOneJsonLine) {
  EXPECT_EQ(
      line(full_record()),
      R"({"time":"2026-11-24T08:45:34.123Z","level":"info","request_id":"req-1",)"
      R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","client":"team-a","method":"POST",)"
      R"("path":"/v1/chat/completions","model":"gpt-4.1","status":200,"attempts":2,"queue_ms":1.500,)"
      R"("upstream_ms":42.000,"total_ms":1234.567,"request_bytes":100,"response_bytes":2000,)"
      R"("input_tokens":11,"cached_input_tokens":3,"output_tokens":0,"reasoning_tokens":0,"cache":"miss"})"
      "\n");
}

TEST(AccessLine, LeavesOutWhatIsUnknown) {
  AccessRecord record;
  record.status = 404;
  record.method = "GET";
  record.code = "not_found";
  const auto parsed = nlohmann::json::parse(line(record));
  for (const char* absent : {"request_id", "trace_id", "client", "model", "used_model", "input_tokens",
                             "output_tokens", "cache", "broken", "partial"}) {
    EXPECT_FALSE(parsed.contains(absent)) << absent;
  }
  EXPECT_EQ(parsed["path"], "");
  EXPECT_EQ(parsed["code"], "not_found");
}

TEST(AccessLine, SaysWhatAFailureCameFrom) {
  AccessRecord record;
  record.status = 502;
  record.code = "upstream_connect_error";
  record.detail = "192.0.2.1:443: \"refused\"";
  EXPECT_EQ(nlohmann::json::parse(line(record))["detail"], record.detail);
  EXPECT_THAT(line(record, LogFormat::text), ::testing::EndsWith(" detail=192.0.2.1:443: \"refused\"\n"));
}

TEST(AccessLine, LevelFollowsTheOutcome) {
  AccessRecord record;
  const std::pair<unsigned, LogLevel> cases[] = {
      {200, LogLevel::info}, {304, LogLevel::info}, {399, LogLevel::info},  {400, LogLevel::warn},
      {429, LogLevel::warn}, {499, LogLevel::warn}, {500, LogLevel::error}, {529, LogLevel::error},
  };
  for (const auto& [status, level] : cases) {
    record.status = status;
    EXPECT_EQ(level_of(record), level) << status;
    EXPECT_EQ(nlohmann::json::parse(line(record))["level"], level_name(level)) << status;
  }
}

TEST(AccessLine, ABrokenStreamIsAnErrorThoughItsStatusWas200) {
  auto record = full_record();
  record.broken = true;
  const auto parsed = nlohmann::json::parse(line(record));
  EXPECT_EQ(parsed["level"], "error");
  EXPECT_EQ(parsed["broken"], true);
  EXPECT_EQ(parsed["status"], 200);
}

TEST(AccessLine, EscapesWhatAClientChose) {
  auto record = full_record();
  record.request_id = "\"}\n{\"forged\":true";
  record.model = "\xFF\\";
  const auto text = line(record);
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  const auto parsed = nlohmann::json::parse(text);
  EXPECT_EQ(parsed["request_id"], "\"}\n{\"forged\":true");
  EXPECT_EQ(parsed["model"], "\uFFFD\\");
  EXPECT_FALSE(parsed.contains("forged"));
}

TEST(AccessLine, NegativeDurationsAreZeroAndHugeOnesFit) {
  auto record = full_record();
  record.queue = -5ms;
  record.total = Duration::max();
  const auto parsed = nlohmann::json::parse(line(record));
  EXPECT_EQ(parsed["queue_ms"], 0.0);
  EXPECT_GT(parsed["total_ms"], 9e12);
}

AccessRecord largest(const std::string& value) {
  AccessRecord record;
  record.request_id = record.trace_id = record.client = record.method = record.path = record.model =
      record.used_model = record.code = record.detail = record.cache = value;
  record.status = record.attempts = ~0U;
  record.queue = record.upstream = record.total = Duration::max();
  record.request_bytes = record.response_bytes = ~std::uint64_t{0};
  record.input_tokens = record.output_tokens = ~std::uint64_t{0};
  record.cached_input_tokens = record.reasoning_tokens = ~std::uint64_t{0};
  record.broken = record.partial = record.has_tokens = true;
  return record;
}

TEST(AccessLine, NoLinePasses16KiB) {
  for (const std::string_view unit : {"a", "\n", "\x01", "\"", "\xFF", "羊", "🐑"}) {
    std::string value;
    while (value.size() < 40000) value += unit;
    for (const auto format : {LogFormat::json, LogFormat::text}) {
      const auto text = line(largest(value), format);
      EXPECT_LE(text.size(), max_log_line) << unit;
      EXPECT_EQ(text.find('\n'), text.size() - 1) << unit;
      if (format == LogFormat::json) {
        EXPECT_TRUE(nlohmann::json::accept(text)) << unit;
      }
    }
  }
}

TEST(AccessLine, RandomBytesGiveValidJson) {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string value(random() % 300, ' ');
    for (auto& c : value) c = static_cast<char>(random());
    const auto text = line(largest(value));
    ASSERT_TRUE(nlohmann::json::accept(text)) << round;
    ASSERT_EQ(text.find('\n'), text.size() - 1) << round;
  }
}

TEST(AccessLine, TextIsForPeople) {
  auto record = full_record();
  record.status = 503;
  record.code = "circuit_open";
  EXPECT_EQ(
      line(record, LogFormat::text),
      "2026-11-24T08:45:34.123Z error    POST /v1/chat/completions 503 1234.567ms code=circuit_open id=req-1 "
      "trace=4bf92f3577b34da6a3ce929d0e0e4736 client=team-a model=gpt-4.1 attempts=2 queue_ms=1.500 "
      "upstream_ms=42.000 in=100 out=2000 input_tokens=11 cached_input_tokens=3 output_tokens=0 "
      "reasoning_tokens=0 cache=miss\n");
}

TEST(AccessLine, OfSuccessfulRequestsAShareHasOneAndOthersAlways) {
  auto record = full_record();
  EXPECT_TRUE(wants_line(record, LogLevel::info, 0.25, 0.2499));
  EXPECT_FALSE(wants_line(record, LogLevel::info, 0.25, 0.25));
  EXPECT_FALSE(wants_line(record, LogLevel::info, 0, 0));
  EXPECT_TRUE(wants_line(record, LogLevel::info, 1, 0.999));
  EXPECT_FALSE(wants_line(record, LogLevel::warn, 1, 0));
  record.broken = true;
  EXPECT_TRUE(wants_line(record, LogLevel::info, 0, 0.5));
  record.broken = false;
  for (const unsigned status : {400, 404, 429, 499, 500, 503}) {
    record.status = status;
    EXPECT_TRUE(wants_line(record, LogLevel::info, 0, 0.5)) << status;
  }
  EXPECT_FALSE(wants_line(record, LogLevel::off, 1, 0));
}

TEST(AccessLine, AppendsToWhatIsThere) {
  std::string out = "before\n";
  append_access_line(out, full_record(), LogFormat::json);
  append_access_line(out, full_record(), LogFormat::json);
  EXPECT_EQ(out, "before\n" + line(full_record()) + line(full_record()));
}

}  // namespace
}  // namespace holysheep
