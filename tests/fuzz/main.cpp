// libFuzzer's side: one program for all targets. HOLYSHEEP_FUZZ names the one (scripts/test --fuzz).
#include "fuzz.hpp"

#include <cstdio>
#include <cstdlib>

namespace {

holysheep::fuzz::Target chosen = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  const char* const name = std::getenv("HOLYSHEEP_FUZZ");
  chosen = name == nullptr ? nullptr : holysheep::fuzz::find_target(name);
  if (chosen != nullptr) return 0;
  std::fputs("HOLYSHEEP_FUZZ must name a target:", stderr);
  for (const auto& entry : holysheep::fuzz::targets())
    std::fprintf(stderr, " %.*s", static_cast<int>(entry.name.size()), entry.name.data());
  std::fputs("\n", stderr);
  std::_Exit(64);
}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  try {
    chosen({reinterpret_cast<const char*>(data), size});
  } catch (const holysheep::fuzz::Violation& found) {
    std::fprintf(stderr, "VIOLATION: %s\n", found.what());
    std::abort();
  }
  return 0;
}
