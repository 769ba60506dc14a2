"""What the kernel counted: CPU of the proxy, CPU of everybody else, resident memory."""
import os
import resource
import time

from processes import family

TICK = os.sysconf("SC_CLK_TCK")


def _threads(pid):
    try:
        return [f"/proc/{pid}/task/{thread}" for thread in os.listdir(f"/proc/{pid}/task")]
    except FileNotFoundError:
        return []


def cpu_ns(pid):
    """Nanoseconds on a CPU, every thread of the process and of its children."""
    total = 0
    for member in family(pid):
        for thread in _threads(member):
            with open(f"{thread}/schedstat") as file:
                total += int(file.read().split()[0])
    return total


def user_and_system_s(pid):
    user = system = 0
    for member in family(pid):
        with open(f"/proc/{member}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        user += int(fields[11])
        system += int(fields[12])
    return user / TICK, system / TICK


def resident_kib(pid):
    """Of the process that does the work: of several, the largest."""
    def one(member):
        with open(f"/proc/{member}/smaps_rollup") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Rss:"))
    return max(one(member) for member in family(pid))


def _machine_busy_s():
    """User and system time of all CPUs; interrupts belong to nobody and are left out."""
    with open("/proc/stat") as file:
        fields = file.readline().split()
    return sum(int(fields[i]) for i in (1, 2, 3)) / TICK


def _reaped_s():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Window:
    """The counters between `begin` (the constructor) and `end`. `load`: ids of other processes of this run."""

    def __init__(self, proxy, load):
        self.proxy = proxy
        self.load = load
        self._reaped = _reaped_s()
        self._at = time.monotonic()
        self._busy = _machine_busy_s()
        self._own = self._own_s()
        self._split = user_and_system_s(proxy)
        self._cpu = cpu_ns(proxy)

    def _own_s(self):
        return (sum(cpu_ns(pid) for pid in [self.proxy, *self.load]) / 1e9) + time.process_time()

    def end(self):
        cpu = cpu_ns(self.proxy) - self._cpu
        seconds = time.monotonic() - self._at
        user, system = (now - then for now, then in zip(user_and_system_s(self.proxy), self._split))
        own = self._own_s() - self._own + _reaped_s() - self._reaped
        foreign = _machine_busy_s() - self._busy - own
        return {
            "cpu_us": cpu / 1000,
            "user_share": user / (user + system) if user + system > 0 else 0.0,
            "busy": cpu / 1e9 / seconds,
            "foreign": max(0.0, foreign / (seconds * os.cpu_count())),
        }
