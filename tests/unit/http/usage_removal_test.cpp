#include "cutting.hpp"
#include <holysheep/http/usage_removal.hpp>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace holysheep::http {
namespace {

/// A stream as upstream sends it when asked for usage, what it adds then between `<<` and `>>`.
struct Pair {
  explicit Pair(std::string_view marked) {
    while (!marked.empty()) {
      const std::size_t open = std::min(marked.find("<<"), marked.size());
      with += marked.substr(0, open);
      without += marked.substr(0, open);
      marked.remove_prefix(open);
      if (marked.empty()) return;
      const std::size_t close = marked.find(">>");
      with += marked.substr(2, close - 2);
      marked.remove_prefix(close + 2);
    }
  }
  std::string with;
  std::string without;
};

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

const std::string head =
    R"({"id":"c-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4.1",)";
const std::string usage = R"({"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,)"
                          R"("prompt_tokens_details":{"cached_tokens":0},"usage":null})";

std::string openai_stream() {
  return "data: " + head +
         R"("choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"finish_reason":null}]<<,"usage":null>>,"obfuscation":"aB3"})"
         "\n\ndata: " +
         head +
         R"("choices":[{"index":0,"delta":{"content":"a \"usage\":null, \\\",\"usage\":null} \ud83d\ude00 é"}}]<<,"usage":null>>,"obfuscation":"x"})"
         "\n\ndata: " +
         head + R"("choices":[{"index":0,"delta":{},"finish_reason":"stop"}]<<,"usage":null>>})" +
         "\n\n<<data: " + head + R"("choices":[],"usage":)" + usage + "}\n\n>>data: [DONE]\n\n";
}

std::string deepseek_stream() {
  return "data: " + head +
         R"("system_fingerprint":"fp","choices":[{"index":0,"delta":{"reasoning_content":"usage"},"logprobs":null}]<<,"usage":null>>})"
         "\n\n: keep-alive\n\ndata: " +
         head +
         R"("choices":[{"index":0,"delta":{"tool_calls":[{"id":"t","function":{"name":"usage","arguments":"{\"usage\":null"}}]},"usage":null}]<<,"usage":null>>})"
         "\n\n: keep-alive\n\ndata: " +
         head + R"("choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],"usage":)" + usage +
         "}\n\ndata: [DONE]\n\n";
}

std::vector<std::string> marked_streams() {
  const std::string openai = openai_stream();
  return {
      openai,
      deepseek_stream(),
      replaced(openai, "\n", "\r\n"),
      replaced(openai, "\n", "\r"),
      "\xef\xbb\xbf" + openai,
      replaced(openai, "data: ", "id: 7\nevent: message\ndata:"),
      // where the member stands, and what a serializer leaves around it
      R"(data: {<<"usage":null,>>"choices":[{}]})"
      "\n\ndata: {<<\"usage\":null,>>\"a\":1}\n\n",
      R"(data: {<<"usage": null, >>"choices": [{"usage": null}]})"
      "\n\n",
      R"(data: { <<"usage" : null , >>"choices" : [] })"
      "\n\n",
      R"(data: {"choices": [{"a": 1}]<<, "usage": null>>})"
      "\n\n",
      R"(data: { "choices": [ {} ]<<, "usage": null>> })"
      "\n\n",
      R"(data: {"a":1<<,"usage":null>>,"choices":[]})"
      "\n\n",
      R"(data: {<<"usage":null>>})"
      "\n\n",
      // several choices, tool calls, log probabilities, escapes, and lines longer than a read
      "data: " + head +
          R"("choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"usage"}}]<<,"usage":null>>})"
          "\n\n",
      "data: " + head +
          R"("choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"usage\":null,"}}]}}]<<,"usage":null>>})"
          "\n\n",
      "data: " + head +
          R"("choices":[{"index":0,"delta":{"content":"\u0022usage\u0022:null"},"logprobs":{"content":[{"token":",\"usage\":null","logprob":-0.5,"bytes":null,"top_logprobs":[]}],"refusal":null}}]<<,"usage":null>>})"
          "\n\n",
      R"(data: {"us\u0061ge":null,"choices":[]<<,"usage":null>>})"
      "\n\n",
      "data: {\"choices\":[{\"delta\":{\"content\":\"" + std::string(700, 'x') +
          "\"}}]<<,\"usage\":null>>}\r\n\r\n: ping\r\n\r\n<<data: "
          "{\"choices\":[],\"usage\":{}}\r\n\r\n>>data: "
          "[DONE]\r\n\r\n",
      // the last chunk, in other orders, with other things around it
      "<<data: {\"usage\":{\"total_tokens\":1},\"choices\":[]}\n\n>>data: [DONE]\n\n",
      "<<data: { \"choices\" : [ ] , \"usage\" : { } }\n\n>>data: {\"a\":1}\n\n",
      ": a\n\n<<id: 1\ndata: {\"choices\":[],\"usage\":{}}\n: b\nretry: 1\n\n>>: c\n\ndata: [DONE]\n\n",
      ": stays\n<<data: {\"choices\":[],\"usage\":{}}\n\n>>data: [DONE]\n\n",
      "\xef\xbb\xbf<<data: {\"choices\":[],\"usage\":{}}\n\n>>data: [DONE]\n\n",
      "<<data: {\"choices\":[],\"usage\":{}}\r\n\r\n>><<data: {\"choices\":[],\"usage\":{}}\r\r>>data: 1\n\n",
      "data: {\"a\":1}\n\n<<data: {\"choices\":[],\"usage\":{}}>>",
      "data: {\"a\":1}\n\n<<data: {\"choices\":[],\"usage\":{}}\n>>",
      "data: {\"a\":1<<,\"usage\":null>>}\ndata: {\"a\":2<<,\"usage\":null>>}\n\n",
      // what stays
      "data: {\"error\":{\"message\":\"no\",\"usage\":null,\"code\":500}}\n\ndata: [DONE]\n\n",
      "data: {\"choices\":[],\"usage\":{}}\ndata: more\n\ndata: {\"choices\":[],\ndata: \"usage\":{}}\n\n",
      "data: {\"choices\":[{}],\"usage\":{}}\n\ndata: {\"choices\":null,\"usage\":{}}\n\ndata: "
      "{\"usage\":{}}\n\n",
      "data: {\"choices\":[],\"x\":{\"usage\":{}}}\n\ndata: {\"x\":{\"choices\":[]},\"usage\":{}}\n\n",
      "data: {\"choices\":[],\"usage\":\"x\"}\n\ndata: {\"choices\":[],\"usage\":[{}]}\n\n",
      "data: {\"choices\":[],\"usage\":0}\n\ndata: {\"choices\":[],\"usage\":nul}\n\ndata: "
      "{\"a\":,\"usage\":nuxl}\n\n",
      "data: "
      "{\"a\":1,\"usages\":null,\"usag\":null,\"Usage\":null,\"u\\\"sage\":null,\"usage\\\"\":null}\n\n",
      "data: {\"a\":\"\\\\\",\"b\":\",\\\"usage\\\":null\",\"c\":\"usage\",\"usage\":\"null\"}\n\n",
      "data: [{\"a\":1,\"usage\":null}]\n\ndata: usage,\"usage\":null\n\ndata\n\nx: "
      "{\"a\":1,\"usage\":null}\n\n",
      "data: {\"a\":1]\"b\":2,\"usage\":null}\n\nevent: x\n\n: {\"a\":1,\"usage\":null}\n\n",
      "data: {\"choices\":[],\"usage\":{}\n\ndata: {\"a\":[\"],\",{\"b\":[]}]<<,\"usage\":null>>}\n\n",
      "",
  };
}

/// In memory that is the test's own, so that moved bytes harm nobody, and a step beyond them is seen.
std::string receive(const std::vector<std::string_view>& cuts, std::size_t most_held, std::size_t at_once,
                    bool complete) {
  WholeEvents whole(Dialect::openai, most_held);
  UsageRemoval removal;
  std::string received;
  std::size_t next = 0;
  do {
    std::vector<std::unique_ptr<char[]>> memory;
    WholeEvents::Pieces pieces;
    for (std::size_t i = 0; i < at_once && next < cuts.size(); ++i, ++next) {
      memory.emplace_back(new char[cuts[next].size()]);
      cuts[next].copy(memory.back().get(), cuts[next].size());
      pieces.emplace_back(memory.back().get(), cuts[next].size());
    }
    const bool last = complete && next == cuts.size();
    whole.pass(pieces, last);
    removal.pass(pieces, last);
    for (const auto piece : pieces) {
      EXPECT_FALSE(piece.empty());
      received += piece;
    }
  } while (next < cuts.size());
  return received;
}

std::string unfiltered(std::string_view stream, std::size_t most_held) {
  WholeEvents whole(Dialect::openai, most_held);
  WholeEvents::Pieces pieces{stream};
  whole.pass(pieces, false);
  std::string out;
  for (const auto piece : pieces) out += piece;
  return out;
}

std::vector<Pair> corpus() {
  std::vector<Pair> all;
  for (const auto& marked : marked_streams()) all.emplace_back(marked);
  return all;
}

std::vector<std::string_view> in_steps(std::string_view text, std::size_t step) {
  std::vector<std::string_view> pieces;
  for (; !text.empty(); text.remove_prefix(std::min(step, text.size())))
    pieces.push_back(text.substr(0, step));
  return pieces;
}

TEST(UsageRemoval, LeavesWhatUpstreamWouldHaveSentUnasked) {
  for (const Pair& pair : corpus()) EXPECT_EQ(receive({pair.with}, 4096, 1, true), pair.without) << pair.with;
}

TEST(UsageRemoval, LeavesAStreamThatWasNotAddedToAlone) {
  for (const Pair& pair : corpus())
    EXPECT_EQ(receive({pair.without}, 4096, 1, true), pair.without) << pair.without;
}

TEST(UsageRemoval, CutAnywhereGivesTheSame) {
  for (const Pair& pair : corpus()) {
    const std::string_view with = pair.with;
    for (std::size_t cut = 0; cut <= with.size(); ++cut) {
      for (const std::size_t at_once : {1, 2})
        ASSERT_EQ(receive({with.substr(0, cut), with.substr(cut)}, 1024, at_once, true), pair.without)
            << with << " at " << cut;
    }
    for (const std::size_t step : {1, 2, 3, 7, 64}) {
      for (const std::size_t at_once : {1, 2, 24})
        ASSERT_EQ(receive(in_steps(with, step), 4096, at_once, true), pair.without) << with << " by " << step;
    }
  }
}

TEST(UsageRemoval, CutAtRandomGivesTheSame) {
  std::mt19937 random(20261124);
  for (const Pair& pair : corpus()) {
    for (int round = 0; round < 200; ++round) {
      const std::size_t longest = random() % 300 + 1;
      const std::size_t held = round % 2 == 0 ? 1024 : 4096;
      ASSERT_EQ(receive(random_cuts(pair.with, random, longest), held, random() % 24 + 1, true), pair.without)
          << pair.with;
    }
  }
}

// Of an event too large to be held nothing may be shown that would have to be taken back.
TEST(UsageRemoval, FindsTheMemberInEventsThatAreNotHeld) {
  for (const char* const shape :
       {R"({"a":"x<>"<<,"usage":null>>,"b":[{"usage":null}]})",
        R"({<<"usage": null, >>"a":"<>","b":",\"usage\":null"})", R"({"a":["<>"]<<,  "usage" :  null>>})",
        R"({"a":"<>","usag":1,"usage":nul})"}) {
    const Pair pair("data: " + replaced(shape, "<>", std::string(200, 'x')) + "\n\n" + openai_stream());
    for (std::size_t cut = 0; cut <= 330; ++cut) {
      for (std::size_t more = 0; more < 12; ++more) {
        const std::string_view with = pair.with;
        const std::string_view rest = with.substr(cut);
        ASSERT_EQ(receive({with.substr(0, cut), rest.substr(0, more), rest.substr(more)}, 1, 1, true)
                      .substr(0, 200),
                  pair.without.substr(0, 200));
      }
    }
    for (const std::size_t step : {1, 2, 3, 7, 24}) {
      // A usage chunk that is not held passes, all but its end known: only the first event is looked at.
      const std::size_t first = pair.without.find("\n\n");
      ASSERT_EQ(receive(in_steps(pair.with, step), 40, 3, true).substr(0, first),
                pair.without.substr(0, first))
          << pair.with << " by " << step;
    }
  }
}

TEST(UsageRemoval, BrokenOffAnywhereShowsTheBeginningOfWhatItWouldHaveShown) {
  for (const Pair& pair : corpus()) {
    for (std::size_t size = 0; size <= pair.with.size(); ++size) {
      const std::string_view got = std::string_view(pair.with).substr(0, size);
      for (const std::size_t held : {1024, 4096}) {
        const std::string received = receive({got}, held, 1, false);
        ASSERT_TRUE(pair.without.starts_with(received)) << got;
        const std::string step_by_step = receive(in_steps(got, 5), held, 2, false);
        ASSERT_EQ(step_by_step, received) << got;
      }
    }
  }
}

TEST(UsageRemoval, BrokenOffBetweenEventsShowsAllThatWholeEventsWouldShow) {
  const Pair pair(openai_stream());
  std::size_t at = 0;
  for (std::string_view rest = pair.without; !rest.empty();) {
    const std::size_t event = rest.find("\n\n") + 2;
    rest.remove_prefix(event);
    at += event;
    const std::string shown = unfiltered(std::string_view(pair.without).substr(0, at), 4096);
    ASSERT_EQ(shown.size(), at);
    bool reached = false;
    for (std::size_t size = 0; size <= pair.with.size() && !reached; ++size)
      reached = receive({std::string_view(pair.with).substr(0, size)}, 4096, 1, false) == shown;
    EXPECT_TRUE(reached) << at;
  }
}

TEST(UsageRemoval, HasRoomForWhatWaitedWhateverCameBetween) {
  WholeEvents gate(Dialect::openai, 16);
  UsageRemoval removal;
  std::string out;
  const auto receive = [&](std::vector<std::string> came) {
    WholeEvents::Pieces pieces;
    for (std::string& piece : came) pieces.emplace_back(piece);
    gate.pass(pieces, false);
    removal.pass(pieces, false);
    for (const auto piece : pieces) out += piece;
  };
  receive({R"(data: {"choices":[{}],"usa)"});
  receive({});
  receive({"ge"});
  receive(std::vector<std::string>(WholeEvents::most_pieces, "x"));
  receive({"\":1}\n\n"});
  EXPECT_EQ(out,
            R"(data: {"choices":[{}],"usage)" + std::string(WholeEvents::most_pieces, 'x') + "\":1}\n\n");
}

TEST(UsageRemoval, BreaksOffAnEventThatIsNotHeldBeforeTheMember) {
  const Pair pair("data: {\"a\":\"" + std::string(60, 'x') + "\"<<,\"usage\":null>>,\"b\":1}\n\n");
  for (std::size_t size = 0; size <= pair.with.size(); ++size) {
    for (const bool complete : {false, true}) {
      const std::string received =
          receive(in_steps(std::string_view(pair.with).substr(0, size), 4), 16, 1, complete);
      ASSERT_TRUE(pair.without.starts_with(received)) << received;
      ASSERT_GE(received.size() + UsageRemoval::longest_member + 16, std::min(size, pair.without.size()));
    }
  }
}

TEST(UsageRemoval, LetsAChunkOfUsagePassThatIsTooLargeToBeHeld) {
  const std::string large =
      "data: {\"x\":\"" + std::string(1200, 'x') + "\",\"choices\":[],\"usage\":{}}\n\n";
  EXPECT_EQ(receive({large}, 1024, 1, true), "") << "it came at once";
  EXPECT_EQ(receive(in_steps(large, 1100), 1024, 1, true), large);
  EXPECT_EQ(receive(in_steps(large, 1100), 4096, 1, true), "");
}

TEST(UsageRemoval, GivesUpAMemberWithMoreSpaceThanItHolds) {
  const std::string wide =
      "data: {\"a\":\"" + std::string(20, 'x') + "\"," + std::string(100, ' ') + "\"usage\":null}\n\n";
  EXPECT_EQ(receive(in_steps(wide, 1), 16, 1, true), wide);
}

TEST(UsageRemoval, GivesUpAMemberWhereverInItItNoLongerFits) {
  for (std::size_t spaces = 0; spaces < 64; ++spaces) {
    for (const std::size_t step : {1, 2, 3, 5}) {
      const std::string begin = "data: {\"a\":\"" + std::string(20, 'x') + "\"";
      const std::string member = "," + std::string(spaces, ' ') + "\"usage\":null";
      const std::string end = ",\"b\":1}\n\n";
      const std::string received = receive(in_steps(begin + member + end, step), 16, 1, true);
      EXPECT_TRUE(received == begin + end || received == begin + member + end) << spaces << ": " << received;
    }
  }
}

/// The relay's buffers are used again and again: what lies behind a read is somebody else's.
TEST(UsageRemoval, ShowsNothingBehindAReadHoweverTheMemberIsCut) {
  const std::string stream =
      "data: {\"a\":\"" + std::string(200, 'x') + "\"," + std::string(60, ' ') + "\"usage\":null}\n\n";
  for (std::size_t cut = 1; cut < stream.size(); ++cut) {
    WholeEvents whole(Dialect::openai, 16);
    UsageRemoval removal;
    std::string received;
    for (const std::string& part : {stream.substr(0, cut), stream.substr(cut)}) {
      std::string buffer = part + std::string(1000, '#');
      WholeEvents::Pieces pieces{std::string_view(buffer).substr(0, part.size())};
      whole.pass(pieces, false);
      removal.pass(pieces, false);
      for (const auto piece : pieces) received += piece;
    }
    EXPECT_EQ(received.find('#'), std::string::npos) << cut;
    EXPECT_TRUE(stream.starts_with(received) || received.ends_with("}\n\n")) << received;
  }
}

TEST(UsageRemoval, OfRandomEventsTakesOutTheMemberAlone) {
  std::mt19937 random(6);
  const std::vector<std::string_view> values = {"1",
                                                "null",
                                                "\"usage\"",
                                                R"("\"usage\":null")",
                                                R"({"usage":null})",
                                                "[]",
                                                R"([{"usage":null},"]"])",
                                                "{}",
                                                "true",
                                                R"("\\")",
                                                "\"\"",
                                                R"(["usage",null])",
                                                "-1e5",
                                                R"("\\\",\"usage\":null")"};
  for (int round = 0; round < 3000; ++round) {
    std::string marked;
    for (unsigned n = random() % 3 + 1; n > 0; --n) {
      const std::string_view space = random() % 2 == 0 ? "" : " ";
      const unsigned members = random() % 5 + 1;
      const unsigned at = random() % (members + 1);
      marked += "data: {";
      for (unsigned i = 0; i <= members; ++i) {
        const std::string comma = i == 0 ? "" : "," + std::string(space);
        if (i == at) {
          const std::string member = "\"usage\":" + std::string(space) + "null";
          marked += i == 0 ? "<<" + member + "," + std::string(space) + ">>" : "<<" + comma + member + ">>";
        } else {
          if (i > 0 && (at != 0 || i > 1)) marked += comma;
          marked += "\"k" + std::to_string(i) + "\":" + std::string(space);
          marked += values[random() % values.size()];
        }
      }
      marked += "}\n\n";
    }
    const Pair pair(marked);
    const std::size_t longest = random() % 20 + 1;
    const std::size_t held = random() % 3 == 0 ? 8 : 1024;
    ASSERT_EQ(receive(random_cuts(pair.with, random, longest), held, random() % 24 + 1, true), pair.without)
        << pair.with;
  }
}

}  // namespace
}  // namespace holysheep::http
