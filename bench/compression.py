"""What compressing answers costs and saves: CPU a request and bytes, beside nginx with the same level."""
import argparse
import contextlib
import gzip
import http.client
import json
import pathlib

import place
import processes
import report
import run
import systems
import workloads

ROOT = pathlib.Path(__file__).resolve().parent.parent
KIBIBYTES = (2, 20, 200)
ACCEPT = {"plain": (), "gzip": ("Accept-Encoding: gzip",)}


def text():
    """Prose, tables and code as a model writes them: this tree's own."""
    files = [ROOT / "ARCHITECTURE.md", ROOT / "README.md", *sorted(ROOT.glob("src/proxy/*.cpp")),
             *sorted(ROOT.glob("*/README.md")), *sorted(ROOT.glob("src/http/*.cpp"))]
    return "".join(file.read_text() for file in files)


def answer(size):
    """A chat answer of `size` bytes."""
    whole = {"id": "chatcmpl-BzKq3vT9mXwR5uYc1LhJ8sNdPfA2E", "object": "chat.completion", "created": 1767225600,
             "model": "gpt-4.1", "choices": [{"index": 0, "message": {"role": "assistant", "content": ""},
                                              "finish_reason": "stop"}],
             "usage": {"prompt_tokens": 200, "completion_tokens": size // 4, "total_tokens": 200 + size // 4}}
    frame, content = len(json.dumps(whole)), json.dumps(text())[1:-1]
    if len(content) < size:
        raise RuntimeError("this tree has too little text")
    cut = content[:size - frame]
    cut = cut[:cut.rfind(" ")]  # not within an escape
    whole["choices"][0]["message"]["content"] = json.loads(f'"{cut}"') + "." * (size - frame - len(cut))
    return json.dumps(whole).encode()


def body_bytes(port, wanted, coding):
    """Of one answer's body as it is sent; it must be what upstream gave."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as client:
        headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip" if coding == "gzip" else "identity"}
        client.request("POST", "/v1/chat/completions", place.BODY, headers)
        response = client.getresponse()
        sent = response.read()
    is_packed = response.getheader("Content-Encoding") == "gzip"
    if is_packed != (coding == "gzip") or (gzip.decompress(sent) if is_packed else sent) != wanted:
        raise RuntimeError(f"not the answer that upstream gave: {response.status} {response.headers}")
    return len(sent)


def one_size(system, folder, options, kibibytes):
    wanted = answer(kibibytes * 1024)
    body = folder / "answer.json"
    body.write_bytes(wanted)
    out = {}
    with place.plain_upstream(options.build, folder, body=body) as upstream:
        where = place.Place(folder, upstream)
        with place.started(system, where) as (process, _):
            for coding, headers in ACCEPT.items():
                out[coding] = {"bytes": body_bytes(where.port, wanted, coding)} | run.quiet(
                    lambda: workloads.plain(where.port, process.pid, upstream.pid, 32, options.warm, options.seconds,
                                            headers=headers), options.retries)
    return out


def table(results):
    names = list(results)
    lines = ["| chat answer | " + " | ".join(f"{name}: CPU plain | CPU gzip | bytes sent" for name in names) + " |",
             "| ---: |" + " ---: | ---: | ---: |" * len(names)]
    for size in KIBIBYTES:
        cells = []
        for name in names:
            one = results[name]
            cells.append(f"{one[f'{size}.plain.cpu_us']:,.0f} µs | {one[f'{size}.gzip.cpu_us']:,.0f} µs | "
                         f"{one[f'{size}.gzip.bytes'] / one[f'{size}.plain.bytes']:.0%}")
        lines.append(f"| {size} KiB | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench --gzip", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, under a minute")
    parser.add_argument("--rounds", type=int, help="how many rounds (3; with --quick 1)")
    parser.add_argument("--build", default="build/release", help=argparse.SUPPRESS)
    parser.add_argument("--out", default="build/bench", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.warm, options.seconds = (1, 1) if options.quick else (1, 4)
    options.retries = 0 if options.quick else 2
    options.build = pathlib.Path(options.build).resolve()
    processes.end_on_signals()

    compared = [systems.Nginx(options, gzip=True), systems.Nginx(options, gzip=True, buffered=True),
                systems.Holysheep(options)]
    rounds = run.interleaved(compared, options.rounds, run.of_sizes(KIBIBYTES, one_size, options))
    results = {name: report.medians(taken) for name, taken in rounds.items()}
    about = report.machine() | {"versions": {system.name: system.version() for system in compared}}
    report.write(f"{options.out}/gzip.json",
                 {"machine": about, "quick": options.quick, "medians": results, "rounds": rounds})
    print(table(results))
    print(f"\n{report.machine_line(about)}")
    report.warn_of_others(results, run.FOREIGN_LIMIT)


if __name__ == "__main__":
    main()
