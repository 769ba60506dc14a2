"""Writes the README's figures and charts from what scripts/bench, --scale, --gzip and --cache found last."""
import json
import pathlib
import sys

import caching
import chart
import compression
import report
import scale

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOUND = ROOT / "build/bench"
CHARTS = ROOT / "bench/charts"
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"


def read(name, command):
    path = FOUND / name
    if not path.exists():
        sys.exit(f"bench: {path} is missing: run {command} first")
    return json.loads(path.read_text())


def rounds(found):
    return len(found["rounds"]["nginx"])


def text(results, scaled, packed, kept):
    about = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items() if "+" not in name)
    pods = {float(quota): pod for quota, pod in scaled["pods"].items()}
    one, two = scaled["loops_cpu_us"]
    return "\n".join([
        "![CPU a request](bench/charts/cpu.svg)", "", report.table(results["medians"], "nginx"), "",
        "What one pod does with its access log on, held to a CPU limit, and at 70 % of it as the autoscaler aims:", "",
        scale.table(pods), "",
        f"Two event loops cost {two / one:.2f} times one's CPU a request. Resident after 100,000 requests "
        f"{scaled['early_kib'] / 1024:.1f} MiB, after a million {scaled['late_kib'] / 1024:.1f} MiB.", "",
        f"Chat answers compressed (`ENABLE_GZIP`), CPU a request and bytes sent; interleaved rounds: {rounds(packed)}:", "",
        compression.table(packed["medians"]), "",
        f"Answers from the cache, nginx's from its own (`busy`: of one CPU); interleaved rounds: {rounds(kept)}:",
        "", caching.table(kept["medians"]), "",
        f"{report.machine_line(about)}; {versions}. Medians of {len(results['rounds']['nginx'])} interleaved rounds."])


def main():
    results = read("results.json", "scripts/bench")
    scaled = read("scale.json", "scripts/bench --scale")
    packed = read("gzip.json", "scripts/bench --gzip")
    kept = read("cache.json", "scripts/bench --cache")
    readme = ROOT / "README.md"
    before, _, rest = readme.read_text().partition(BEGIN + "\n")
    _, _, after = rest.partition(END + "\n")
    if not after:
        sys.exit(f"bench: README.md has no lines {BEGIN} and {END}")
    readme.write_text(f"{before}{BEGIN}\n{text(results, scaled, packed, kept)}\n{END}\n{after}")
    chart.write_all(CHARTS, results["medians"], results["machine"])


if __name__ == "__main__":
    main()
