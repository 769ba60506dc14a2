"""What an answer from the cache costs: hits a second and CPU a hit, beside nginx with the same bytes in its own."""
import argparse
import contextlib
import http.client
import pathlib

import compression
import place
import processes
import report
import run
import systems
import workloads

KIBIBYTES = (1, 20, 200)


def check(port, wanted):
    """Fills the cache, and shows that the second answer comes from it and is the same."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as client:
        for state in ("miss", "hit"):
            client.request("GET", "/v1/models", headers={"Authorization": "Bearer a-client-key"})
            response = client.getresponse()
            said = (response.getheader("X-Cache") or response.getheader("Server-Timing") or "").lower()
            if response.read() != wanted or state not in said:
                raise RuntimeError(f"not a {state}: {response.status} {said}")


def one_size(system, folder, options, kibibytes):
    wanted = compression.answer(kibibytes * 1024)
    body = folder / "answer.json"
    body.write_bytes(wanted)
    with place.plain_upstream(options.build, folder, body=body) as upstream:
        where = place.Place(folder, upstream)
        with place.started(system, where) as (process, _):
            check(where.port, wanted)
            return run.quiet(lambda: workloads.plain(where.port, process.pid, upstream.pid, 64, options.warm,
                                                     options.seconds, script=workloads.MODELS), options.retries)


def table(results):
    names = list(results)
    lines = ["| answer | " + " | ".join(f"{name}: hits/s | CPU a hit | busy" for name in names) + " |",
             "| ---: |" + " ---: | ---: | ---: |" * len(names)]
    for size in KIBIBYTES:
        cells = [f"{one[f'{size}.requests_per_second']:,.0f} | {one[f'{size}.cpu_us']:.1f} µs | "
                 f"{one[f'{size}.busy']:.2f}" for one in (results[name] for name in names)]
        lines.append(f"| {size} KiB | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench --cache", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, under a minute")
    parser.add_argument("--rounds", type=int, help="how many rounds (5; with --quick 1)")
    parser.add_argument("--build", default="build/release", help=argparse.SUPPRESS)
    parser.add_argument("--out", default="build/bench", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 5)
    options.warm, options.seconds = (1, 1) if options.quick else (1, 3)
    options.retries = 0 if options.quick else 2
    options.build = pathlib.Path(options.build).resolve()
    processes.end_on_signals()

    compared = [systems.Nginx(options, cache=True), systems.Holysheep(options)]
    rounds = run.interleaved(compared, options.rounds, run.of_sizes(KIBIBYTES, one_size, options))
    results = {name: report.medians(taken) for name, taken in rounds.items()}
    about = report.machine() | {"versions": {system.name: system.version() for system in compared}}
    report.write(f"{options.out}/cache.json",
                 {"machine": about, "quick": options.quick, "medians": results, "rounds": rounds})
    print(table(results))
    print(f"\n{report.machine_line(about)}")
    report.warn_of_others(results, run.FOREIGN_LIMIT)


if __name__ == "__main__":
    main()
