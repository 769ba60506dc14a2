#include <holysheep/core/dumps.hpp>

#include <sys/prctl.h>
#include <sys/resource.h>

namespace holysheep {

void forbid_dumps() noexcept {
  // Neither can fail with these arguments.
  ::prctl(PR_SET_DUMPABLE, 0);
  constexpr rlimit nothing{0, 0};
  ::setrlimit(RLIMIT_CORE, &nothing);
}

}  // namespace holysheep
