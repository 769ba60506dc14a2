// A second opinion on the kept fuzz inputs: what the proxy accepts, Node's parser reads the same, or refuses.
#include <holysheep/http/head_scanner.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fuzz/message_reader.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace holysheep {
namespace {

using nlohmann::json;

const std::string fuzz_folder = std::string(HOLYSHEEP_SOURCE_DIR) + "/tests/fuzz/";

/// One line for each file; none without node.
std::vector<json> opinions_of_node(const std::string& kind, const std::string& corpus) {
  std::vector<json> opinions;
  const std::string command =
      "node '" + fuzz_folder + "llhttp.mjs' " + kind + " '" + fuzz_folder + "corpus/" + corpus + "'";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::string text;
  std::array<char, 65536> piece;
  while (const auto count = std::fread(piece.data(), 1, piece.size(), pipe.get()))
    text.append(piece.data(), count);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    opinions.push_back(json::parse(text.substr(at, end - at)));
    at = end + 1;
  }
  return opinions;
}

/// Node tells bytes as the characters of that number, JSON those in UTF-8.
std::string bytes_of(const json& told) {
  std::string bytes;
  const auto& text = told.get_ref<const std::string&>();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    bytes += static_cast<char>(lead < 0x80 ? lead
                                           : (lead << 6U) | (static_cast<unsigned char>(text[++i]) & 0x3fU));
  }
  return bytes;
}

std::string input(const std::string& corpus, const json& opinion) {
  std::ifstream file(fuzz_folder + "corpus/" + corpus + "/" + opinion["file"].get<std::string>(),
                     std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool has_node() {
  return std::system("command -v node >/dev/null") == 0;  // NOLINT(concurrency-mt-unsafe)
}

TEST(NodesParser, ReadsTheHeadsThatAreAcceptedTheSame) {
  if (!has_node()) GTEST_SKIP() << "node is not installed";
  int compared = 0;
  for (const json& opinion : opinions_of_node("head", "request_head")) {
    const std::string bytes = input("request_head", opinion);
    http::HeadScanner scanner(http::Side::request);
    if (bytes.empty() || scanner.scan(bytes) != http::HeadScanner::State::complete) continue;
    http::RequestHead head;
    const auto text = std::string_view(bytes).substr(scanner.begin(), scanner.end() - scanner.begin());
    if (http::parse_request_head(text, head).fault != Fault::none || opinion.contains("refused")) continue;
    ++compared;
    EXPECT_EQ(bytes_of(opinion["method"]), head.method_text) << opinion;
    EXPECT_TRUE(bytes_of(opinion["target"]).ends_with(head.target) || head.target.size() == 1) << opinion;
    std::vector<std::string> fields;
    for (const auto& field : head.fields) {
      fields.emplace_back(field.name);
      fields.emplace_back(field.value);
    }
    std::vector<std::string> nodes;
    for (const auto& part : opinion["fields"]) nodes.push_back(bytes_of(part));
    EXPECT_EQ(nodes, fields) << opinion;
  }
  EXPECT_GE(compared, 8);
}

TEST(NodesParser, ReadsTheChunkedBodiesThatAreAcceptedTheSame) {
  if (!has_node()) GTEST_SKIP() << "node is not installed";
  int compared = 0;
  for (const json& opinion : opinions_of_node("chunked", "chunked_body")) {
    const auto body = fuzz::read_body(http::Framing::chunked, 0, input("chunked_body", opinion), true);
    if (!body.complete || opinion.contains("refused")) continue;
    ++compared;
    EXPECT_EQ(bytes_of(opinion["body"]), body.payload) << opinion;
  }
  EXPECT_GE(compared, 4);
}

}  // namespace
}  // namespace holysheep
