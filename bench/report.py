"""Rounds to medians, medians to a table and a file."""
import json
import os
import pathlib
import platform
import statistics
import subprocess
import time

# key, heading, unit, decimals
ROWS = [
    ("plain64.requests_per_second", "requests/s, 64 connections", "", 0),
    ("plain64.cpu_us", "CPU a request, 64 connections", "µs", 1),
    ("plain64.user_us", "… of it in user space", "µs", 1),
    ("plain64.busy", "proxy's CPU busy at 64 connections", "", 2),
    ("plain1.p50_us", "latency p50, one connection", "µs", 0),
    ("plain1.p99_us", "latency p99, one connection", "µs", 0),
    ("plain1.cpu_us", "CPU a request, one connection", "µs", 1),
    ("streams.cpu_us", "CPU a streamed event, 100 × 50/s", "µs", 1),
    ("streams.p50_us", "event on its way p50", "µs", 0),
    ("streams.p99_us", "event on its way p99", "µs", 0),
    ("start_ms", "start to first answer", "ms", 0),
    ("idle_kib", "resident, idle", "KiB", 0),
    ("loaded_kib", "resident, after 64 connections' load", "KiB", 0),
    ("stream1000_kib", "resident an open stream, 1,000 open", "KiB", 1),
    ("stream5000_kib", "resident an open stream, 5,000 open", "KiB", 1),
]


def flat(measured, prefix=""):
    out = {}
    for key, value in measured.items():
        if isinstance(value, dict):
            out |= flat(value, f"{prefix}{key}.")
        else:
            out[prefix + key] = value
    return out


def medians(rounds):
    rounds = [flat(one) for one in rounds]
    return {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}


def warn_of_others(results, limit):
    """Says so when others used more than that share of the machine, in the middle of all figures taken."""
    foreign = statistics.median(value for one in results.values() for key, value in one.items()
                                if key.endswith("foreign"))
    if foreign > limit:
        print(f"not to be relied on: others used {foreign:.0%} of the machine")


def table(results, base):
    names = list(results)
    head = ["", *names, *[f"{name} / {base}" for name in names if name != base]]
    lines = [head, ["---"] + ["---:"] * (len(head) - 1)]
    for key, heading, unit, decimals in ROWS:
        if key not in results[base]:
            continue
        cells = [f"{results[name][key]:,.{decimals}f}" for name in names]
        ratios = [f"{results[name][key] / results[base][key]:.2f}" if results[base][key] else "–"
                  for name in names if name != base]
        lines.append([f"{heading}, {unit}" if unit else heading, *cells, *ratios])
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |"
                     for line in lines)


def machine():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown CPU")
    return {
        "cpu": model,
        "cpus": os.cpu_count(),
        "kernel": platform.release(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", "unknown"),
        "openssl": subprocess.run(["openssl", "version"], capture_output=True, text=True).stdout.split()[1],
        "date": time.strftime("%Y-%m-%d"),
    }


def machine_line(about):
    return (f"{about['cpu']}, {about['cpus']} CPUs, {about['system']}, kernel {about['kernel']}, "
            f"OpenSSL {about['openssl']}, {about['date']}")


def write(path, content):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
