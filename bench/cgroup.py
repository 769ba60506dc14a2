"""A CPU quota as Kubernetes sets one, from whichever version of control groups this machine has."""
import contextlib
import os
import pathlib

PERIOD_US = 100_000  # the kernel's and Kubernetes' default

V1 = pathlib.Path("/sys/fs/cgroup/cpu")
V2 = pathlib.Path("/sys/fs/cgroup")


class NoQuota(Exception):
    """This machine or this user cannot set a quota."""


@contextlib.contextmanager
def quota(cpus):
    """Gives a function that puts a process into the group, which may use `cpus` CPUs' time and ends with the block."""
    version1 = (V1 / "cpu.cfs_quota_us").exists() or (V1 / "cpu.shares").exists()
    group = (V1 if version1 else V2) / f"holysheep-bench-{os.getpid()}"
    limit = int(PERIOD_US * cpus)
    try:
        group.mkdir()
    except OSError as error:
        raise NoQuota(f"{group}: {error.strerror}") from error
    try:
        try:
            if version1:
                (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
                (group / "cpu.cfs_quota_us").write_text(str(limit))
            else:
                (group / "cpu.max").write_text(f"{limit} {PERIOD_US}")
        except OSError as error:
            raise NoQuota(f"{group}: {error.strerror}") from error
        yield lambda pid: (group / "cgroup.procs").write_text(str(pid))
    finally:
        group.rmdir()
