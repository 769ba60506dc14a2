"""Measures the proxies in turn, round after round. Started by scripts/bench."""
import argparse
import pathlib
import sys
import tempfile

import chart
import counters
import place
import processes
import report
import systems
import workloads

FOREIGN_LIMIT = 0.10  # share of the machine that others may use while a figure is taken


class Lengths:
    """Seconds for each workload."""

    def __init__(self, quick, open_files):
        self.warm, self.plain, self.single, self.streams = (1, 3, 2, 3) if quick else (2, 6, 4, 6)
        # Each stream takes a proxy two open files.
        self.idle_streams = [count for count in ([1000] if quick else [1000, 5000]) if count * 3 < open_files]
        self.starts = 3 if quick else 5
        self.retries = 1 if quick else 2


def quiet(measure, retries):
    """Takes a figure again when others used the machine meanwhile; of all the takes, the quietest."""
    best = None
    for _ in range(1 + retries):
        taken = measure()
        if best is None or taken["foreign"] < best["foreign"]:
            best = taken
        if best["foreign"] <= FOREIGN_LIMIT:
            break
    return best


def start_ms(system, where, starts):
    times = []
    for _ in range(starts):
        with place.started(system, where) as (_, milliseconds):
            times.append(milliseconds)
    return sorted(times)[len(times) // 2]


def plain(system, where, upstream, lengths):
    with place.started(system, where) as (process, _):
        pid = process.pid
        out = {"idle_kib": counters.resident_kib(pid)}
        out["plain64"] = quiet(
            lambda: workloads.plain(where.port, pid, upstream.pid, 64, lengths.warm, lengths.plain), lengths.retries)
        out["loaded_kib"] = counters.resident_kib(pid)
        out["plain1"] = quiet(
            lambda: workloads.plain(where.port, pid, upstream.pid, 1, 1, lengths.single), lengths.retries)
        return out


def streams(system, where, upstream, reader, lengths):
    with place.started(system, where) as (process, _):
        return {"streams": quiet(
            lambda: workloads.streams(reader, where.port, process.pid, upstream.pid, 100, 20, lengths.streams),
            lengths.retries)}


def idle_streams(system, folder, upstream, reader, count):
    where = place.Place(folder, upstream, streams=max(1024, count * 5 // 4))
    with place.started(system, where) as (process, _):
        return {f"stream{count}_kib": workloads.idle_streams(reader, where.port, process.pid, count)}


def one_round(system, folder, options, lengths):
    reader = options.build / "holysheep-stream-reader"
    with place.streaming_upstream(options.build, folder) as streaming:
        with place.plain_upstream(options.build, folder) as plainly:
            where = place.Place(folder, plainly)
            out = {"start_ms": start_ms(system, where, lengths.starts)}
            out |= plain(system, where, plainly, lengths)
        out |= streams(system, place.Place(folder, streaming), streaming, reader, lengths)
        for count in lengths.idle_streams:
            out |= idle_streams(system, folder, streaming, reader, count)
    return out


def interleaved(compared, rounds, one_round, say=lambda result: ""):
    """What `one_round(system, folder)` gives, round after round, by the systems' names."""
    results = {system.name: [] for system in compared}
    memory = "/dev/shm" if pathlib.Path("/dev/shm").is_dir() else None
    for number in range(rounds):
        # Each time another begins, so that nobody is always measured on the machine as its neighbour left it.
        turn = number % len(compared)
        for system in compared[turn:] + compared[:turn]:
            with tempfile.TemporaryDirectory(dir=memory) as folder:
                folder = pathlib.Path(folder)
                folder.chmod(0o755)  # nginx's worker is another user
                result = one_round(system, folder)
            results[system.name].append(result)
            print(f"round {number + 1}/{rounds} {system.name}{say(result)}", file=sys.stderr, flush=True)
    return results


def measure(compared, options, lengths):
    return interleaved(
        compared, options.rounds, lambda system, folder: one_round(system, folder, options, lengths),
        lambda result: f": {result['plain64']['cpu_us']:.1f} µs a request, {result['streams']['cpu_us']:.1f} µs an "
                       f"event, others used "
                       f"{max(result[key]['foreign'] for key in ('plain64', 'plain1', 'streams')):.0%}")


def of_sizes(kibibytes, one_size, options):
    """A round that takes `one_size(system, folder, options, size)` for each size of answer."""
    def one_round(system, folder):
        with place.streaming_upstream(options.build, folder):  # which makes the certificates
            return {str(size): one_size(system, folder, options, size) for size in kibibytes}
    return one_round


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, under two minutes")
    parser.add_argument("--rounds", type=int, help="how many rounds (5; with --quick 1)")
    parser.add_argument("--only", help="names of systems, with commas between; nginx is always among them")
    parser.add_argument("--priority", type=int, default=0, metavar="N",
                        help="nice value of all that takes part, for a machine that has other work (-10, as root)")
    parser.add_argument("--build", default="build/release", help=argparse.SUPPRESS)
    parser.add_argument("--out", default="build/bench", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 5)
    options.build = pathlib.Path(options.build).resolve()
    processes.end_on_signals()
    processes.priority = options.priority

    compared = [systems.Nginx(options), systems.Haproxy(options), systems.Holysheep(options),
                systems.Holysheep(options, access_log=True)]
    if options.only:
        wanted = {"nginx", *options.only.split(",")}
        compared = [system for system in compared if system.name in wanted]
    rounds = measure(compared, options, Lengths(options.quick, processes.raise_open_files()))
    results = {name: report.medians(taken) for name, taken in rounds.items()}
    about = report.machine() | {"versions": {system.name: system.version() for system in compared}}
    report.write(f"{options.out}/results.json",
                 {"machine": about, "quick": options.quick, "medians": results, "rounds": rounds})
    if not options.quick:
        chart.write_all(f"{options.out}/charts", results, about)
    print(report.table(results, "nginx"))
    print(f"\n{report.machine_line(about)}; " + ", ".join(f"{k} {v}" for k, v in about["versions"].items()))
    for name, one in results.items():
        if one["plain64.foreign"] > FOREIGN_LIMIT:
            print(f"not to be relied on: others used {one['plain64.foreign']:.0%} of the machine beside {name}")


if __name__ == "__main__":
    main()
