"""What the proxy says that it did, from its log and its metrics, beside what upstream was sent."""
import json
import re
import time
import urllib.request


def log_lines(system):
    lines = []
    for text in system.log.read_text(errors="replace").splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            continue  # still being written
        if "request_id" in line and "status" in line:
            lines.append(line)
    return lines


def wait_for_lines(system, count, ids=(), seconds=10):
    """The log is written behind the answers. At least `count` of them, and one of each of `ids`: requests that got no
    answer have lines too."""
    until = time.monotonic() + seconds
    while True:
        lines = log_lines(system)
        there = len(lines) >= count and set(ids) <= {line["request_id"] for line in lines}
        if there or time.monotonic() >= until:
            return lines
        time.sleep(0.02)


def attempts_counted(system):
    with urllib.request.urlopen(f"http://127.0.0.1:{system.admin_port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return sum(float(value) for value in re.findall(r"^holysheep_upstream_attempts_total\{[^}]*\} (\S+)", text, re.M))


def disagreements(system, asked, answers, replaced=None, streamed=False):
    """Between log, metrics, what upstream was asked (a Counter of request ids) and the answers that clients got (at least
    so many log lines). `replaced`: how often a request was sent again because its kept connection was found dead, which
    does not count (spec.md). `streamed`: an
    attempt may have broken off with its client's body, or on a connection
    that upstream had just ended and that could not be replaced, so that upstream was asked nothing."""
    replaced = replaced or {}
    found = []
    lines = wait_for_lines(system, answers, asked)
    sent = {}
    for line in lines:
        if line.get("attempts", 0) > 0:
            sent[line["request_id"]] = sent.get(line["request_id"], 0) + line["attempts"]
    broken_off = 0
    for own in sorted(set(sent) | set(asked), key=str):
        expected = sent.get(own, 0) + replaced.get(own, 0)
        if streamed and own not in asked:
            broken_off += expected
        elif expected != asked[own]:
            found.append(f"request {own}: {sent.get(own, 0)} attempts in the log, {asked[own]} requests upstream")
    counted = attempts_counted(system) + sum(replaced.values())
    if counted - broken_off != sum(asked.values()):
        found.append(f"{counted:.0f} attempts in the metrics, {sum(asked.values())} requests upstream")
    if len(lines) < answers:
        found.append(f"{answers} answers, {len(lines)} lines in the log")
    return found
