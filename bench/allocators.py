"""What three allocators do with the memory of a load that has gone: resident before, at the peak and ten seconds
after it, and CPU a request. Each is put under the same binary by LD_PRELOAD; one event loop.

The proxy asks glibc to give memory back (`malloc_trim`) by itself; the others are asked for nothing, and do what
they do by themselves.
"""
import argparse
import contextlib
import pathlib
import socket
import statistics
import tempfile
import time

import counters
import place
import processes
import systems
import workloads

BUILD = pathlib.Path(__file__).parent.parent / "build/release"
LIBRARIES = pathlib.Path("/usr/lib/x86_64-linux-gnu")
ALLOCATORS = {
    "glibc": {},
    "glibc, one arena": {"GLIBC_TUNABLES": "glibc.malloc.arena_max=1"},
    "mimalloc": {"LD_PRELOAD": str(LIBRARIES / "libmimalloc.so.2")},
    "jemalloc": {"LD_PRELOAD": str(LIBRARIES / "libjemalloc.so.2")},
}
STREAMS = 1000
STALLED = b"GET /v1/stream?events=1000000&size=4000&interval_ms=0 HTTP/1.1\r\nHost: bench\r\n\r\n"
ROW = "{:<18} {:>9} {:>9} {:>9} {:>12} {:>12}"


class Under:
    """The proxy with one of the allocators."""

    def __init__(self, environment):
        self.environment = environment
        self.system = systems.Holysheep(argparse.Namespace(build=BUILD))

    def command(self, where):
        command, environment, out = self.system.command(where)
        return command, environment | self.environment, out


def stopped_readers(port, count):
    """Streams that are asked for and not read."""
    clients = []
    for _ in range(count):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", port))
        client.sendall(STALLED)
        clients.append(client)
    return clients


def measure(environment, folder):
    system = Under(environment)
    with place.streaming_upstream(BUILD, folder) as upstream:
        where = place.Place(folder, upstream, streams=2 * STREAMS)
        with place.started(system, where) as (process, start_ms):
            time.sleep(1)
            before = counters.resident_kib(process.pid)
            clients = stopped_readers(where.port, STREAMS)
            time.sleep(4)
            peak = counters.resident_kib(process.pid)
            for client in clients:
                with contextlib.suppress(OSError):
                    client.close()
            time.sleep(10)
            after = counters.resident_kib(process.pid)
    with place.plain_upstream(BUILD, folder) as upstream:
        where = place.Place(folder, upstream)
        with place.started(system, where) as (process, start_ms):
            cpu = workloads.plain(where.port, process.pid, upstream.pid, 64, 1, 4)["cpu_us"]
    return before, peak, after, start_ms, cpu


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=1)
    rounds = options.parse_args().rounds
    processes.raise_open_files()
    processes.end_on_signals()
    print(ROW.format("resident, KiB", "before", "peak", "after 10s", "start ms", "CPU µs/req"))
    for name, environment in ALLOCATORS.items():
        if "LD_PRELOAD" in environment and not pathlib.Path(environment["LD_PRELOAD"]).exists():
            print(f"{name:<18} is not installed")
            continue
        taken = []
        for _ in range(rounds):
            with tempfile.TemporaryDirectory(prefix="holysheep-bench-") as folder:
                taken.append(measure(environment, pathlib.Path(folder)))
        before, peak, after, start_ms, cpu = (statistics.median(column) for column in zip(*taken))
        print(ROW.format(name, f"{before:.0f}", f"{peak:.0f}", f"{after:.0f}", f"{start_ms:.0f}", f"{cpu:.1f}"))


if __name__ == "__main__":
    main()
