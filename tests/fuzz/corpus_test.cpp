// Every input that is kept, through the target it was found for: with no fuzzer, in every build.
#include "fuzz.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace holysheep::fuzz {
namespace {

std::vector<std::filesystem::path> kept_inputs(std::string_view target) {
  std::vector<std::filesystem::path> files;
  const std::filesystem::path folder =
      std::filesystem::path(HOLYSHEEP_SOURCE_DIR) / "tests/fuzz/corpus" / target;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class FuzzCorpus : public testing::TestWithParam<Entry> {};

TEST_P(FuzzCorpus, BreaksNothing) {
  const auto files = kept_inputs(GetParam().name);
  EXPECT_GE(files.size(), 5u);
  for (const auto& file : files) {
    // In memory of exactly its size, so that a step beyond it is seen.
    const std::string read = bytes_of(file);
    const std::vector<char> input(read.begin(), read.end());
    EXPECT_NO_THROW(GetParam().run({input.data(), input.size()})) << file;
  }
}

INSTANTIATE_TEST_SUITE_P(All, FuzzCorpus, testing::ValuesIn(targets().begin(), targets().end()),
                         [](const auto& info) { return std::string(info.param.name); });

// The targets themselves must be able to find something.
TEST(FuzzCorpus, AnInvariantThatDoesNotHoldIsTold) {
  EXPECT_THROW(expect(false, "something"), Violation);
  EXPECT_EQ(find_target("no such target"), nullptr);
}

}  // namespace
}  // namespace holysheep::fuzz
