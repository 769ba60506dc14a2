#include <holysheep/http/request_scan.hpp>

#include <initializer_list>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unit/http/cutting.hpp>

namespace holysheep {
namespace {

using http::RequestScan;

/// All that a scan says; `span` is the part of the body that it names.
struct Reading {
  std::string model;
  unsigned models = 0;
  std::string span;
  bool stream = false;

  bool operator==(const Reading&) const = default;
  friend std::ostream& operator<<(std::ostream& out, const Reading& r) {
    return out << '"' << r.model << "\" of " << r.models << ", span " << r.span << ", stream " << r.stream;
  }
};

Reading read(std::string_view body, const std::vector<std::string_view>& pieces) {
  RequestScan scan;
  for (const auto piece : pieces) {
    const std::string own(piece);  // so that a sanitizer sees every step beyond it
    scan.feed(own);
  }
  Reading reading;
  reading.model = scan.model();
  reading.models = scan.models();
  reading.stream = scan.stream();
  if (const auto span = scan.model_span()) reading.span = body.substr(span->offset, span->size);
  return reading;
}

Reading read(std::string_view body) {
  return read(body, {body});
}

std::vector<std::string_view> single_bytes(std::string_view body) {
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; i < body.size(); ++i) pieces.push_back(body.substr(i, 1));
  return pieces;
}

std::string model_of(std::string_view body) {
  return read(body).model;
}

struct Case {
  std::string_view body;
  std::string_view model;
  bool stream = false;
};

const std::vector<Case> cases = {
    {R"({"model":"gpt-4.1"})", "gpt-4.1"},
    {R"({"model":"gpt-4.1","messages":[)", "gpt-4.1"},
    {R"({"messages":[{"role":"user","content":"hi"}],"model":"a","stream":true})", "a", true},
    {" {\r\n\t\"model\" \n: \"a\" , \"stream\"\t:\ttrue\n}", "a", true},
    {R"({"stream":true,"n":-1.5e3,"x":null,"y":false,"model":"a"})", "a", true},
    {R"({"stream":false,"model":"a"})", "a"},
    {R"({"a":{"b":[{}, [], {"c":"}"}]},"model":"a"})", "a"},
    {R"({"a":{},"b":[],"model":"a"})", "a"},
    {R"({"":"","model":""})", ""},
    {R"({"x":"\\","y":"\\\"","model":"a"})", "a"},
    {R"({"model":"org/name:free"})", "org/name:free"},
    {R"({"mod\u0065l":"a","\u0073tream":true})", "a", true},
    {R"({"model":"\u0067pt\u002D4"})", "gpt-4"},
    {"{\"model\":\"mod\xc3\xa8le\"}", "mod\xc3\xa8le"},
    {"\xef\xbb\xbf{\"model\":\"a\"}", "a"},
};

TEST(RequestScan, FindsModelAndStreamAtTheTopLevel) {
  for (const Case& c : cases) {
    EXPECT_EQ(model_of(c.body), c.model) << c.body;
    EXPECT_EQ(read(c.body).stream, c.stream) << c.body;
  }
}

TEST(RequestScan, SaysTheSameWhereverItIsCut) {
  for (const Case& c : cases) {
    const Reading whole = read(c.body);
    EXPECT_EQ(read(c.body, single_bytes(c.body)), whole) << c.body;
    for (std::size_t cut = 0; cut <= c.body.size(); ++cut)
      EXPECT_EQ(read(c.body, {c.body.substr(0, cut), c.body.substr(cut)}), whole) << c.body << " at " << cut;
  }
}

TEST(RequestScan, IsNotFooledByOtherMembers) {
  for (const std::string_view body : {
           R"({"x":{"model":"a","stream":true}})",
           R"({"x":[{"model":"a","stream":true}]})",
           R"({"x":"\"model\":\"a\",\"stream\":true"})",
           R"({"x":"\\","y":"\\\",\"model\":\"a"})",
           R"({"x":"model","y":"stream","z":true})",
           R"({"models":"a","mode":"l","xmodel":"a","streams":true,"strea":true})",
           R"({"x":["}",{"y":"]"},"model"],"z":"a"})",
           R"({"x":1 "model":"a"})",
           R"({"x" "model":"a"})",
           R"({x:1,"model":"a"})",
           R"({"x":"y""model":"a"})",
           R"({"x":[]]},"model":"a"})",
           R"({} {"model":"a","stream":true})",
           R"({"x":1},"model":"a")",
           R"({"x":,"y" : })",
           "",
           "{",
           "{}",
       }) {
    EXPECT_EQ(read(body), Reading()) << body;
    EXPECT_EQ(read(body, single_bytes(body)), Reading()) << body;
  }
}

TEST(RequestScan, LooksAtNoBodyThatIsNoObject) {
  for (const std::string_view body : {
           R"([{"model":"a"}])",
           R"("model")",
           "null",
           "--boundary\r\n\r\n{\"model\":\"a\"}",
           "model=a&x={\"model\":\"a\"}",
           "\xef\xbb\xbf\xef\xbb\xbf{\"model\":\"a\"}",
           " \xef\xbb\xbf{\"model\":\"a\"}",
       }) {
    EXPECT_EQ(read(body), Reading()) << body;
    EXPECT_EQ(read(body, single_bytes(body)), Reading()) << body;
  }
}

TEST(RequestScan, SaysNothingBeforeAWholeValueIsThere) {
  const std::string body =
      R"({"messages":[{"content":"say \"model\": x\\"}],"model":"a-model","n":1,"stream":true})";
  const std::size_t named = body.find("a-model") + 8;
  for (std::size_t size = 0; size <= body.size(); ++size) {
    const Reading reading = read(body.substr(0, size));
    EXPECT_EQ(reading.model, size < named ? "" : "a-model") << size;
    EXPECT_EQ(reading.span, size < named ? "" : "\"a-model\"") << size;
    EXPECT_EQ(reading.stream, size == body.size()) << size;
  }
}

/// Some readers (Go's encoding/json) take such a key for it.
TEST(RequestScan, CountsAModelInCapitalsWithoutTakingItsName) {
  const Reading alone{.model = "", .models = 1, .span = ""};
  const Reading beside{.model = "a", .models = 2, .span = ""};
  for (const std::string_view body : {R"({"Model":"b"})", R"({"MODE\u004c":"b"})"}) {
    EXPECT_EQ(read(body), alone) << body;
    EXPECT_EQ(read(body, single_bytes(body)), alone) << body;
  }
  for (const std::string_view body : {R"({"Model":"b","model":"a"})", R"({"model":"a","mODEL":"b"})"}) {
    EXPECT_EQ(read(body), beside) << body;
    EXPECT_EQ(read(body, single_bytes(body)), beside) << body;
  }
}

TEST(RequestScan, KnowsABodyThatIsOneObjectAndNothingElse) {
  const auto whole = [](std::string_view body) {
    RequestScan at_once;
    at_once.feed(body);
    RequestScan by_bytes;
    for (const auto byte : single_bytes(body)) by_bytes.feed(byte);
    EXPECT_EQ(at_once.whole(), by_bytes.whole()) << body;
    return at_once.whole();
  };
  EXPECT_TRUE(whole(R"({"model":"a"})"));
  EXPECT_TRUE(whole("\xef\xbb\xbf {\"model\":\"a\"} \r\n\t"));
  EXPECT_FALSE(whole(R"({"model":"a")"));
  EXPECT_FALSE(whole(R"({"model":"a"}{"model":"b"})"));
  EXPECT_FALSE(whole("{\"model\":\"a\"}\r\n--x"));
  EXPECT_FALSE(whole(R"({"model":"a"/**/,"model":"b"})"));
  EXPECT_FALSE(whole(""));
}

TEST(RequestScan, TakesTheLastOfSeveralMembers) {
  EXPECT_EQ(model_of(R"({"model":"first","model":"second"})"), "second");
  EXPECT_EQ(model_of(R"({"model":null,"model":"second"})"), "second");
  EXPECT_EQ(model_of(R"({"model":"first","m\u006fdel":7})"), "");
  EXPECT_EQ(model_of(R"({"model":"first","model":"sec)"), "");
  EXPECT_FALSE(read(R"({"stream":true,"stream":false})").stream);
  EXPECT_FALSE(read(R"({"stream":true,"stream":[true]})").stream);
  EXPECT_TRUE(read(R"({"stream":0,"stream":true})").stream);
}

TEST(RequestScan, TakesOnlyStringsForModelsAndTheLiteralTrueForStream) {
  for (const std::string_view value : {"7", "null", "true", R"(["a"])", R"({"model":"a"})"})
    EXPECT_EQ(model_of(R"({"model":)" + std::string(value) + "}"), "") << value;
  for (const std::string_view value :
       {"false", "1", R"("true")", "[true]", "truer", "tru", "True", "xtrue", "null", R"({"stream":true})"})
    EXPECT_FALSE(read(R"({"stream":)" + std::string(value) + "}").stream) << value;
}

TEST(RequestScan, CountsModels) {
  EXPECT_EQ(read(R"({"model":"a","x":{"model":"b"},"y":"model"})").models, 1u);
  EXPECT_EQ(read(R"({"model":"a","x":[1],"m\u006fdel":7})").models, 2u);
  EXPECT_EQ(read(R"({"x":1})").models, 0u);
  EXPECT_EQ(read(R"([])").models, 0u);
}

TEST(RequestScan, ShowsWhereTheOnlyModelStands) {
  const auto span_of = [](std::string_view body) { return read(body).span; };
  EXPECT_EQ(span_of(R"({"x":[1], "model" : "gpt\u002d4" , "y":"z"})"), R"("gpt\u002d4")");
  EXPECT_EQ(span_of(R"({"model":""})"), R"("")");
  EXPECT_EQ(span_of("\xef\xbb\xbf {\"model\":\"a\"}"), "\"a\"");
  EXPECT_EQ(span_of(R"({"model":")" + std::string(5000, 'm') + R"("})").size(), 5002u);
  EXPECT_EQ(span_of(R"({"model":"a","model":"b"})"), "");
  EXPECT_EQ(span_of(R"({"model":7,"model":"b"})"), "");
  EXPECT_EQ(span_of(R"({"model":7,"x":"b"})"), "");
  EXPECT_EQ(span_of(R"({"model":"a)"), "");
}

// RFC 8259 §7
TEST(RequestScan, TakesEscapesOff) {
  EXPECT_EQ(model_of(R"({"model":"org\/name"})"), "org/name");
  EXPECT_EQ(model_of(R"({"model":"a\"b\\c"})"), "a\"b\\c");
  EXPECT_EQ(model_of(R"({"model":"\u00e9\u20AC\ud83d\ude00"})"), "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  EXPECT_EQ(model_of(R"({"\u006do\u0064\u0065l":"a"})"), "a") << "the key too";
}

TEST(RequestScan, RefusesMalformedNames) {
  for (const std::string_view name :
       {R"(\x)", R"(\u12)", R"(\u12g4)", R"(\ud83d)", R"(\ud83dx)", R"(\ud83d\u0041)", R"(\ude00)", R"(a\nb)",
        R"(\u0000)", R"(\u007f)", "a\nb", "a\x7f"}) {
    EXPECT_EQ(model_of(R"({"model":")" + std::string(name) + R"("})"), "") << name;
  }
}

TEST(RequestScan, TakesNoNameOfMoreThan128Bytes) {
  std::string escaped;
  for (int i = 0; i < 128; ++i) escaped += R"(\u006d)";
  const std::string longest(128, 'm');
  for (const std::string& name : {longest, escaped}) {
    const std::string fits = R"({"model":")" + name + R"("})";
    const std::string too_long = R"({"model":")" + name + R"(m"})";
    EXPECT_EQ(model_of(fits), longest);
    EXPECT_EQ(read(fits, single_bytes(fits)).model, longest);
    EXPECT_EQ(model_of(too_long), "");
    EXPECT_EQ(read(too_long, single_bytes(too_long)).model, "");
  }
}

TEST(RequestScan, PassesOverLongStringsHoweverTheyAreCut) {
  std::mt19937 random(815);
  const std::string key(5000, 'k');
  const std::string escaped_quote = std::string(9999, '\\') + '"';
  const std::string body =
      R"({")" + key + R"(":")" + escaped_quote + R"(","messages":[")" + escaped_quote + R"("],"model":"a"})";
  EXPECT_EQ(model_of(body), "a");
  for (const std::size_t longest : {1, 2, 7, 4096})
    EXPECT_EQ(read(body, random_cuts(body, random, longest)), read(body)) << longest;
}

TEST(RequestScan, GoesThroughDeepNestingWithoutRecursion) {
  const std::string deep = R"({"x":)" + std::string(1'000'000, '[') + std::string(1'000'000, ']');
  EXPECT_EQ(model_of(deep + R"(,"model":"a"})"), "a");
}

/// Writes JSON documents: an object with the keys in question more often than not, of any nesting and
/// spelling.
class RandomDocument {
 public:
  explicit RandomDocument(std::mt19937& random) : random_(random) {}

  std::string write() {
    text_.clear();
    space();
    object(0);
    space();
    return text_;
  }

 private:
  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }

  std::string_view one_of(std::initializer_list<std::string_view> choices) {
    return choices.begin()[below(static_cast<unsigned>(choices.size()))];
  }

  void space() {
    while (below(4) == 0) text_ += one_of({" ", "\n", "\t", "\r\n"});
  }

  void object(int depth) {
    text_ += '{';
    space();
    for (unsigned i = 0, n = below(6); i < n; ++i) {
      if (i > 0) text_ += ',';
      space();
      text_ += one_of({R"("model")", R"("model")", R"("stream")", R"("m\u006fdel")", R"("\u0073tream")",
                       R"("Model")", R"("models")", R"("")", R"("x\"model")", R"("messages")"});
      space();
      text_ += ':';
      space();
      value(depth);
    }
    space();
    text_ += '}';
  }

  void array(int depth) {
    text_ += '[';
    for (unsigned i = 0, n = below(4); i < n; ++i) {
      if (i > 0) text_ += ',';
      space();
      value(depth);
    }
    space();
    text_ += ']';
  }

  void value(int depth) {
    const unsigned kind = below(depth < 4 ? 7 : 5);
    if (kind < 2) return string();
    if (kind < 4)
      text_ += one_of({"true", "true", "false", "null"});
    else if (kind == 4)
      text_ += one_of({"0", "-1.5e+30", "12345678901234567890", "0.25"});
    else if (kind == 5)
      object(depth + 1);
    else
      array(depth + 1);
  }

  void string() {
    text_ += '"';
    for (unsigned i = 0, n = below(12); i < n; ++i) {
      text_ += one_of({"a", "gpt-4.1", "}", "]", "{", ":", ",", R"(\")", R"(\\)", R"(\\\")", R"(\/)", R"(\n)",
                       R"(\u0041)", R"(\ud83d\ude00)", R"(\u00e9)", "\xc3\xa9", R"(\"model\":\"b)"});
      if (below(40) == 0) text_ += std::string(below(300), 'l');
    }
    text_ += '"';
  }

  std::mt19937& random_;
  std::string text_;
};

bool is_usable(const std::string& name) {
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return name.size() <= http::longest_model_name;
}

/// What nlohmann's reader says. It takes the last of two members with one key.
Reading nlohmann_reading(const std::string& body, const Reading& ours) {
  Reading reading;
  const auto count = [&](int depth, nlohmann::json::parse_event_t event, const nlohmann::json& parsed) {
    if (depth == 1 && event == nlohmann::json::parse_event_t::key && (parsed == "model" || parsed == "Model"))
      ++reading.models;
    return true;
  };
  const auto json = nlohmann::json::parse(body, count);
  reading.stream = json.contains("stream") && json["stream"] == true;
  if (!json.contains("model") || !json["model"].is_string()) return reading;
  const auto name = json["model"].get<std::string>();
  if (is_usable(name)) reading.model = name;
  // The span has many spellings: right is what reads as the value.
  if (reading.models == 1 && nlohmann::json::parse(ours.span, nullptr, false) == json["model"])
    reading.span = ours.span;
  else if (reading.models == 1)
    reading.span = "one that reads " + name;
  return reading;
}

TEST(RequestScan, ReadsRandomDocumentsAsAFullReaderDoesHoweverTheyAreCut) {
  std::mt19937 random(20261124);
  RandomDocument document(random);
  int found = 0;
  for (int round = 0; round < 5000; ++round) {
    const std::string body = document.write();
    const Reading whole = read(body);
    ASSERT_EQ(whole, nlohmann_reading(body, whole)) << body;
    for (const std::size_t longest : {1, 7, 60})
      ASSERT_EQ(read(body, random_cuts(body, random, longest)), whole) << body;
    if (!whole.model.empty()) ++found;
  }
  EXPECT_GT(found, 300);
}

TEST(RequestScan, SaysTheSameOfGarbageHoweverItIsCut) {
  std::mt19937 random(42);
  const std::vector<std::string_view> parts = {
      "{",           "}",    "[",        "]",    "\"", ":", ",",       "\\",
      R"(\u00)",     " ",    "\n",       "true", "-1", "x", "model\"", "{\"model\":\"",
      "\"stream\":", "\xef", "\xbb\xbf", "\xff"};
  for (int round = 0; round < 5000; ++round) {
    std::string body = round % 2 == 0 ? "{\"model\":" : "";
    for (int i = 0; i < 20; ++i) body += parts[random() % parts.size()];
    const Reading whole = read(body);
    for (const std::size_t longest : {1, 3, 12})
      ASSERT_EQ(read(body, random_cuts(body, random, longest)), whole) << body;
  }
}

}  // namespace
}  // namespace holysheep
