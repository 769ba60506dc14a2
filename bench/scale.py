"""What one pod can do with the CPU that Kubernetes gives it, and how many pods a load needs: the article's table.

A pod is the proxy alone on one CPU, held to a quota by the kernel. First as many requests as it takes; then the
load that Kubernetes' autoscaler aims at, 70 % of that, and how long requests take there. Also: what a second event
loop costs, and whether memory stays flat over a million requests.
"""
import argparse
import contextlib
import math
import os
import pathlib
import statistics
import sys
import tempfile

import cgroup
import counters
import place
import processes
import report
import systems
import workloads

QUOTAS = (0.5, 1.0)
TARGET = 0.7  # the HPA's averageUtilization
LOADS = (1_200, 4_800, 9_500, 18_000)  # requests a second
ARTICLE = (2, 5, 10, 20)  # the replicas that it names for them
BOTH = {0, 1}


@contextlib.contextmanager
def _ground():
    """A folder in memory that is gone afterwards."""
    memory = "/dev/shm" if pathlib.Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield pathlib.Path(folder)


@contextlib.contextmanager
def _pod(options, cpus=processes.PROXY, load=processes.LOAD, loops="1"):
    """The proxy with its access log on, as it ships, and an upstream: place, proxy's and upstream's processes."""
    with _ground() as folder, place.streaming_upstream(options.build, folder):  # which makes the certificates
        with place.plain_upstream(options.build, folder, load) as upstream:
            where = place.Place(folder, upstream, cpus=cpus)
            with place.started(systems.Holysheep(options, access_log=True, loops=loops), where) as (proxy, _):
                yield where, proxy, upstream


def one_pod(options, quota, seconds):
    with cgroup.quota(quota) as join, _pod(options) as (where, proxy, _):
        join(proxy.pid)
        workloads.wrk(where.port, 64, 1)
        most = workloads.wrk(where.port, 64, seconds)
        capacity = most["requests"] / most["seconds"]
        used = counters.cpu_ns(proxy.pid)
        held = workloads.at_rate(where.port, TARGET * capacity, 64, seconds, where.folder / "rate.log")
        used = (counters.cpu_ns(proxy.pid) - used) / 1e9 / held["seconds"]
        return {
            "most_per_second": capacity,
            "most_p99_ms": most["p99_us"] / 1000,
            "target_per_second": held["requests"] / held["seconds"],
            "target_p50_ms": held["p50_us"] / 1000,
            "target_p99_ms": held["p99_us"] / 1000,
            "target_cpu": used / quota,
            "resident_kib": counters.resident_kib(proxy.pid),
        }


def loops(options, count, seconds):
    """CPU a request with so many event loops; proxy, upstream and load generator share two CPUs."""
    with _pod(options, BOTH, BOTH, str(count)) as (where, proxy, upstream):
        return workloads.plain(where.port, proxy.pid, upstream.pid, 64, 1, seconds, BOTH)


def memory(options, first, all_of_them):
    """Resident size after `first` requests and after `all_of_them`."""
    with _pod(options) as (where, proxy, _):
        workloads.so_many(where.port, first, 64)
        early = counters.resident_kib(proxy.pid)
        workloads.so_many(where.port, all_of_them - first, 64)
        return {"early_kib": early, "late_kib": counters.resident_kib(proxy.pid)}


def replicas(load, pod):
    return math.ceil(load / pod["target_per_second"])


def _median(runs):
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def table(pods):
    lines = ["| one pod | requests/s at most | at 70 % of that | its p50 | its p99 | CPU of its limit | resident |",
             "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for quota, pod in pods.items():
        lines.append(f"| {quota * 1000:.0f}m | {pod['most_per_second']:,.0f} | {pod['target_per_second']:,.0f} | "
                     f"{pod['target_p50_ms']:.1f} ms | {pod['target_p99_ms']:.1f} ms | {pod['target_cpu']:.0%} | "
                     f"{pod['resident_kib'] / 1024:.0f} MiB |")
    heads = [f"pods of {quota * 1000:.0f}m" for quota in pods]
    lines += ["", "| requests/s | " + " | ".join(heads) + " | the article's replicas |",
              "| ---: |" + " ---: |" * (len(heads) + 1)]
    for load, theirs in zip(LOADS, ARTICLE):
        lines.append(f"| {load:,} | " + " | ".join(str(replicas(load, pod)) for pod in pods.values()) + f" | {theirs} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench --scale", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5, help="of each load")
    parser.add_argument("--requests", type=int, default=1_000_000, help="over which memory must stay flat")
    parser.add_argument("--build", default="build/release", help=argparse.SUPPRESS)
    parser.add_argument("--out", default="build/bench", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.build = pathlib.Path(options.build).resolve()
    processes.raise_open_files()
    processes.end_on_signals()

    try:
        pods = {quota: _median([one_pod(options, quota, options.seconds) for _ in range(options.rounds)])
                for quota in QUOTAS}
    except cgroup.NoQuota as reason:
        sys.exit(f"bench: no CPU quota can be set here ({reason}); run as root where control groups are writable")
    runs = [[loops(options, count, options.seconds) for count in (1, 2)] for _ in range(options.rounds)]
    one, two = (statistics.median(run[i]["cpu_us"] for run in runs) for i in (0, 1))
    sizes = memory(options, options.requests // 10, options.requests)

    about = report.machine() | {"version": systems.Holysheep(options).version()}
    report.write(f"{options.out}/scale.json", {"machine": about, "pods": pods, "loops_cpu_us": [one, two]} | sizes)
    print(table(pods))
    print(f"\nCPU a request: one event loop {one:.1f} µs, two {two:.1f} µs, {two / one:.2f} times; "
          f"on {len(os.sched_getaffinity(0))} CPUs that load generator and upstream share")
    print(f"resident after {options.requests // 10:,} requests {sizes['early_kib']:,} KiB, after {options.requests:,} "
          f"{sizes['late_kib']:,} KiB, {sizes['late_kib'] / sizes['early_kib'] - 1:+.1%}")
    print(f"\n{report.machine_line(about)}; HolySheep {about['version']}")


if __name__ == "__main__":
    main()
