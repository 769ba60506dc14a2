#include "support/own_hosts.hpp"

#include "support/process.hpp"

namespace holysheep::testing {
namespace fs = std::filesystem;

std::unique_ptr<OwnHosts> OwnHosts::make(std::string& why) {
  std::unique_ptr<OwnHosts> hosts(new OwnHosts);
  hosts->directory_.write("nsswitch.conf", "hosts: files\n");
  hosts->say("127.0.0.1 holysheep.test\n");
  const auto tried = run_to_end(hosts->wrapper("/usr/bin/getent"), {"hosts", "holysheep.test"}, {});
  if (tried.code() == 0) return hosts;
  why = tried.err + tried.out;
  return nullptr;
}

std::string OwnHosts::wrapper(const std::string& binary) const {
  const auto inside = directory_.write(
      "inside", "#!/bin/sh\nmount --bind " + (directory_.path() / "hosts").string() +
                    " /etc/hosts && mount --bind " + (directory_.path() / "nsswitch.conf").string() +
                    " /etc/nsswitch.conf || exit 1\nexec " + binary + " \"$@\"\n");
  fs::permissions(inside, fs::perms::owner_all);
  const auto path =
      directory_.write("in-namespace", "#!/bin/sh\nexec unshare --mount " + inside + " \"$@\"\n");
  fs::permissions(path, fs::perms::owner_all);
  return path;
}

void OwnHosts::say(const std::string& lines) const {
  directory_.write("hosts", lines);  // in place: what is mounted is this file, not its name
}

}  // namespace holysheep::testing
