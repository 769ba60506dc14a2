"""How many instructions one plain and one streamed request cost the proxy in user space, counted by callgrind.

Unlike times these hardly vary, so what a change costs is seen in review: bench/instructions.json holds the figures of
the last change that was let in, and more than 5 % above them is an error. OpenSSL's share is shown and not judged: it
depends on the processor.
"""
import argparse
import collections
import http.client
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import place
import processes
import systems

KEPT = pathlib.Path(__file__).with_name("instructions.json")
TOLERANCE = 0.05
PLAIN = 500  # requests that are counted
STREAMS, EVENTS = 2, 100
CRYPTO = re.compile(r"lib(crypto|ssl)\.so")


def counts(path):
    """Instructions by object file (the proxy, a library), from callgrind's output."""
    names, by_object, current, called = {}, collections.Counter(), "", False
    for line in path.read_text().splitlines():
        if match := re.match(r"ob=\((\d+)\)(?: (.*))?$", line):
            names.setdefault(match[1], match[2])
            current = names[match[1]]
        elif match := re.match(r"cob=\((\d+)\) (.*)$", line):
            names.setdefault(match[1], match[2])
        elif line.startswith("calls="):
            called = True  # the next line is what was called: counted where it happens
        elif re.match(r"[+\-*\d]", line):
            if not called:
                by_object[current] += int(line.split()[1])
            called = False
    return by_object


class Counted:
    """The proxy under callgrind; what happens between `begin` and `end` is counted."""

    def __init__(self, options, where):
        self.out = where.folder / "callgrind.out"
        _, environment, log = systems.Holysheep(options, access_log=True).command(where)
        self._log = log
        # Valgrind 3.19 cannot read clang 19's debug information.
        program = where.folder / "holysheep-proxy"
        subprocess.run(["llvm-objcopy-19", "--strip-debug", options.build / "holysheep-proxy", program], check=True)
        self._running = processes.Running(
            ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--compress-pos=no", "--quiet",
             f"--callgrind-out-file={self.out}", str(program)], {0, 1}, env=environment, cwd=where.folder, stdout=log,
            stderr=subprocess.DEVNULL)

    def __enter__(self):
        self.process = self._running.__enter__()
        return self

    def __exit__(self, *error):
        self._running.__exit__(*error)
        self._log.close()

    def begin(self):
        self._control("on")

    def end(self):
        """Instructions by object; the process ends."""
        self._control("off")
        processes.end(self.process, 60)  # callgrind writes at the end, and on a busy machine that takes its time
        found = counts(self.out)
        if not found.total():
            raise RuntimeError("callgrind counted nothing")
        return found

    def _control(self, state):
        subprocess.run(["callgrind_control", "-i", state, str(self.process.pid)], check=True, capture_output=True,
                       timeout=60)


def _ask(client, count):
    head = {"Content-Type": "application/json", "Authorization": "Bearer a-client-key", "Accept": "application/json"}
    body = b'{"model":"gpt-4.1","messages":[{"role":"user","content":"' + b"lorem ipsum " * 80 + b'"}]}'
    for _ in range(count):
        client.request("POST", "/v1/chat/completions", body, head)
        answer = client.getresponse()
        if answer.status != 200 or len(answer.read()) != 1024:
            raise RuntimeError(f"the proxy answered {answer.status}")


def plain(client):
    _ask(client, PLAIN)


def streamed(client):
    for _ in range(STREAMS):
        client.request("GET", f"/v1/stream?events={EVENTS}&size=256&interval_ms=5",
                       headers={"Accept": "text/event-stream", "Authorization": "Bearer a-client-key"})
        answer = client.getresponse()
        if answer.status != 200 or len(answer.read()) < EVENTS * 256:
            raise RuntimeError(f"the proxy answered {answer.status}")


def measure(options, ask, per):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        with place.streaming_upstream(options.build, folder) as streaming:
            with place.plain_upstream(options.build, folder) as plainly:
                where = place.Place(folder, streaming if ask is streamed else plainly)
                with Counted(options, where) as proxy:
                    place.first_answer(where.port, proxy.process, 60)
                    client = http.client.HTTPConnection("127.0.0.1", where.port, timeout=60)
                    ask(client)  # warm: nothing is done for the first time any more
                    proxy.begin()
                    ask(client)
                    found = proxy.end()
    crypto = sum(count for name, count in found.items() if CRYPTO.search(name or ""))
    return {"own": round((found.total() - crypto) / per), "openssl": round(crypto / per)}


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench --instructions", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="these are the figures to hold from now on")
    parser.add_argument("--build", default="build/release", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.build = pathlib.Path(options.build).resolve()
    processes.end_on_signals()

    found = {"plain request": measure(options, plain, PLAIN),
             f"streamed request of {EVENTS} events": measure(options, streamed, STREAMS)}
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    dearer = []
    print("| instructions in user space | the proxy's, with libc | as kept | OpenSSL's |\n| --- | ---: | ---: | ---: |")
    for name, now in found.items():
        before = kept.get(name, {}).get("own")
        print(f"| {name} | {now['own']:,} | {f'{before:,}' if before else '–'} | {now['openssl']:,} |")
        if before and now["own"] > before * (1 + TOLERANCE):
            dearer.append(f"{name}: {now['own'] / before - 1:+.1%}")
    if options.keep:
        KEPT.write_text(json.dumps(found, indent=2) + "\n")
    elif dearer:
        sys.exit(f"dearer than {KEPT} by more than {TOLERANCE:.0%}: {'; '.join(dearer)}. "
                 "If that is meant: scripts/bench --instructions --keep")


if __name__ == "__main__":
    main()
