#pragma once

#include "support/files.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace holysheep::testing {

/// A control group with a memory limit, version 1 or 2, that ends with this. Processes are started in it by
/// way of `wrapper`.
class MemoryGroup {
 public:
  /// Nothing where this machine or this user cannot make one; `why` says what failed.
  static std::unique_ptr<MemoryGroup> make(std::uint64_t limit, std::string& why);
  MemoryGroup(const MemoryGroup&) = delete;
  MemoryGroup& operator=(const MemoryGroup&) = delete;
  ~MemoryGroup();

  /// A program that enters the group and then becomes `binary`.
  std::string wrapper(const std::string& binary) const;
  /// Processes that the OOM killer has ended in it.
  std::uint64_t kills() const;
  /// How often the limit was met; the kernel's answer to that is to take page cache back, at first.
  std::uint64_t failures() const;
  /// The most that was ever charged, in bytes; 0 where the kernel does not say.
  std::uint64_t peak() const;

 private:
  MemoryGroup(std::filesystem::path folder, bool version2);
  std::uint64_t number(const char* file, const std::string& name = {}) const;

  std::filesystem::path folder_;
  bool version2_;
  TempDirectory programs_;
};

}  // namespace holysheep::testing
