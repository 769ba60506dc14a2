#include <holysheep/core/secret.hpp>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <support/process_memory.hpp>
#include <sys/mman.h>
#include <unistd.h>

namespace holysheep {
namespace {

constexpr const char* a_key = "sk-0123456789abcdef0123456789abcdef";

testing::Mapping around(const void* address) {
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  for (const auto& mapping : testing::mappings(0)) {
    if (mapping.begin <= wanted && wanted < mapping.end) return mapping;
  }
  return {};
}

/// Anonymous memory of the test's own, locked: whether the machine (and a sanitizer) lets anybody lock.
bool may_lock() {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* const own = ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const bool locked = ::mlock(own, page) == 0 && around(own).has("lo");
  ::munmap(own, page);
  return locked;
}

TEST(Secret, ShowsWhatItWasGiven) {
  const Secret secret{std::string(a_key)};
  EXPECT_EQ(secret.reveal(), a_key);
  EXPECT_FALSE(secret.empty());
  EXPECT_TRUE(Secret().empty());
  EXPECT_EQ(Secret().reveal(), "");
  EXPECT_TRUE(Secret(std::string()).empty());
}

TEST(Secret, LiesInPagesThatNoCoreDumpHolds) {
  const Secret secret{std::string(a_key)};
  EXPECT_TRUE(around(secret.reveal().data()).has("dd"));
  const std::string elsewhere(a_key);
  EXPECT_FALSE(around(elsewhere.data()).has("dd"));
}

TEST(Secret, IsNotSwappedOutWhereMemoryMayBeLocked) {
  if (!may_lock()) GTEST_SKIP() << "memory cannot be locked here";
  const Secret secret{std::string(a_key)};
  EXPECT_TRUE(around(secret.reveal().data()).has("lo"));
}

TEST(Secret, TakesItsPagesWithIt) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  unsigned char resident = 0;
  void* place = nullptr;
  {
    const Secret secret{std::string(a_key)};
    place = const_cast<char*>(secret.reveal().data());
    EXPECT_EQ(::mincore(place, page, &resident), 0);
  }
  EXPECT_EQ(::mincore(place, page, &resident), -1);
  EXPECT_EQ(errno, ENOMEM);
}

TEST(Secret, WipesTheTextThatItTakesOver) {
  std::string text(a_key);
  const char* const bytes = text.data();
  const Secret secret(std::move(text));
  EXPECT_EQ(std::string(bytes, std::strlen(a_key)), std::string(std::strlen(a_key), '\0'));
  EXPECT_EQ(secret.reveal(), a_key);
}

TEST(Secret, IsCopiedMovedAndReplacedAsAValue) {
  Secret first{std::string(a_key)};
  const Secret copy = first;
  EXPECT_EQ(copy.reveal(), a_key);
  EXPECT_NE(copy.reveal().data(), first.reveal().data());
  Secret moved = std::move(first);
  EXPECT_EQ(moved.reveal(), a_key);
  moved = Secret(std::string("another"));
  EXPECT_EQ(moved.reveal(), "another");
  moved = copy;
  EXPECT_EQ(moved.reveal(), a_key);
  EXPECT_EQ(copy.reveal(), a_key);
}

TEST(Wiping, ReachesTheWholeCapacityOfAString) {
  std::string text(200, 'k');
  text.resize(3);
  const char* const bytes = text.data();
  wipe(text);
  EXPECT_TRUE(text.empty());
  ASSERT_GE(text.capacity(), 200U);
  text.resize(200, '\0');  // within its capacity, so that its bytes may be looked at
  EXPECT_EQ(std::string(bytes, 200), std::string(200, '\0'));
}

TEST(Wiping, ReachesAShortStringsOwnBytes) {
  std::string text("sk-short");
  const char* const bytes = text.data();
  wipe(text);
  text.resize(8, '\0');
  EXPECT_EQ(std::string(bytes, 8), std::string(8, '\0'));
}

}  // namespace
}  // namespace holysheep
