#pragma once

namespace holysheep {

/// From here on this process leaves no core dump, whatever `ulimit -c` and the kernel's core_pattern say, and
/// no other process of its user may attach to it or read its memory and environment (prctl(2)
/// PR_SET_DUMPABLE; RLIMIT_CORE). Who may trace any process (CAP_SYS_PTRACE) still may. Its own looks into
/// /proc/self are not hindered, but for the files that only their owner may open (`environ`, `mem`, `io`).
void forbid_dumps() noexcept;

}  // namespace holysheep
