#pragma once

#include "support/files.hpp"

#include <memory>
#include <string>

namespace holysheep::testing {

/// A hosts file of one's own: a program that is started by way of `wrapper` reads it in place of /etc/hosts,
/// and asks no name server (a mount namespace). What it holds may change while the program runs.
class OwnHosts {
 public:
  /// Nothing where this machine or this user may not make a mount namespace; `why` says what failed.
  static std::unique_ptr<OwnHosts> make(std::string& why);

  /// A program that enters the namespace and becomes `binary`, with the same process id.
  std::string wrapper(const std::string& binary) const;
  /// In lines of hosts(5).
  void say(const std::string& lines) const;

 private:
  OwnHosts() = default;
  TempDirectory directory_;
};

}  // namespace holysheep::testing
