#include "support/files.hpp"
#include "support/process_memory.hpp"
#include "support/stage.hpp"

#include <csignal>

#include <gmock/gmock.h>
#include <unistd.h>

namespace holysheep::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string old_key = "sk-0ld-m4rk3r-51c3b2a7d9e84f60";
const std::string new_key = "sk-n3w-m4rk3r-93f7a1c05be2d846";

bool may_look_into_others() {
  return ::geteuid() == 0;
}

/// Through every way a head goes out: alone, with a body, ahead of a long one, longer than the memory for it,
/// in each dialect, again after a failure and on a new connection, and given up while it waits.
void send_all_kinds(const Stage& stage) {
  EXPECT_EQ(get(stage.port(), "/v1/models").status, 200);
  EXPECT_EQ(fetch(stage.port(), chat("gpt-4.1")).status, 200);
  EXPECT_EQ(fetch(stage.port(), chat("gpt-4.1", true)).status, 200);
  EXPECT_EQ(fetch(stage.port(), chat("sim:fail=1;tag=key")).status, 200);
  EXPECT_EQ(fetch(stage.port(), json_request("/v1/messages", chat_body("claude"))).status, 200);
  fetch(stage.port(), json_request("/v1beta/models/gemini:generateContent", chat_body("gemini")));
  const auto long_text =
      nlohmann::json{{"model", "gpt-4.1"},
                     {"messages", {{{"role", "user"}, {"content", std::string(400'000, 'x')}}}}}
          .dump();
  EXPECT_EQ(fetch(stage.port(), json_request("/v1/chat/completions", long_text)).status, 200);
  fetch(stage.port(), chat("gpt-4.1", false, {{"X-Long", std::string(20'000, 'x')}}));
  fetch(stage.port(), chat("sim:reset=event:2", true));
  HttpClient leaver(stage.port());
  leaver.send(chat("sim:stall=before"));
  ASSERT_TRUE(eventually([&] { return stage.simulator.stats()["in_flight"] == 1; }));
  leaver.reset();
  EXPECT_TRUE(eventually([&] { return stage.simulator.stats()["in_flight"] == 0; }));
}

std::string told(const std::vector<Mapping>& places) {
  std::string all;
  for (const auto& place : places)
    all += (place.name.empty() ? "anonymous" : place.name) + place.flags + "\n";
  return all;
}

/// A core dump would hold it.
std::vector<Mapping> dumpable(std::vector<Mapping> places) {
  std::erase_if(places, [](const Mapping& place) { return place.has("dd"); });
  return places;
}

TEST(AKeyThatWasReplaced, IsNowhereInMemoryOnceItsRequestsHaveEnded) {
  if (!may_look_into_others()) GTEST_SKIP() << "only root looks into the proxy's memory";
  if (proxy_is_sanitized()) GTEST_SKIP() << "a sanitizer keeps what was freed";
  TempDirectory directory;
  const auto file = directory.write("key", old_key + "\n");
  Stage stage({{"HOLYSHEEP_API_KEY", ""}, {"HOLYSHEEP_API_KEY_FILE", file}, {"WORKER_PROCESSES", "2"}});
  const pid_t pid = stage.proxy.process().pid();
  send_all_kinds(stage);
  EXPECT_FALSE(places_in_memory(pid, old_key).empty());
  directory.write("key", new_key + "\n");
  stage.proxy.process().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return places_in_memory(pid, old_key).empty(); }))
      << told(places_in_memory(pid, old_key));
  EXPECT_FALSE(places_in_memory(pid, new_key).empty());
  EXPECT_EQ(fetch(stage.port(), chat("gpt-4.1")).status, 200);
}

TEST(AKeyInForce, LiesOnlyInMemoryThatIsNeverDumped) {
  if (!may_look_into_others()) GTEST_SKIP() << "only root looks into the proxy's memory";
  if (proxy_is_sanitized()) GTEST_SKIP() << "a sanitizer keeps what was freed";
  TempDirectory directory;
  const Environment from_environment{{"HOLYSHEEP_API_KEY", old_key}};
  const Environment from_file{{"HOLYSHEEP_API_KEY", ""},
                              {"HOLYSHEEP_API_KEY_FILE", directory.write("key", old_key)}};
  for (const auto& settings : {from_environment, from_file}) {
    Stage stage(settings);
    const pid_t pid = stage.proxy.process().pid();
    send_all_kinds(stage);
    EXPECT_FALSE(places_in_memory(pid, old_key).empty());
    EXPECT_TRUE(eventually([&] { return dumpable(places_in_memory(pid, old_key)).empty(); }))
        << told(dumpable(places_in_memory(pid, old_key)));
  }
}

TEST(AKeyInTheEnvironment, IsNotInProcAfterTheStart) {
  if (!may_look_into_others()) GTEST_SKIP() << "only root looks into the proxy's environment";
  Stage stage({{"HOLYSHEEP_API_KEY", old_key},
               {"FALLBACK_BASE_URL", "https://localhost:1/v1"},
               {"FALLBACK_API_KEY", new_key}});
  const auto shown = read_file("/proc/" + std::to_string(stage.proxy.process().pid()) + "/environ");
  EXPECT_THAT(shown, HasSubstr("FALLBACK_BASE_URL=https://localhost:1/v1"));
  EXPECT_THAT(shown, Not(HasSubstr(old_key)));
  EXPECT_THAT(shown, Not(HasSubstr(new_key)));
  fetch(stage.port(), chat("gpt-4.1"));
  EXPECT_EQ(recorded_header(stage.simulator.requests()[0], "authorization"), "Bearer " + old_key);
}

}  // namespace
}  // namespace holysheep::testing
