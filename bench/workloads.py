"""What is measured, one function each. Times in microseconds, memory in KiB."""
import contextlib
import json
import pathlib
import re
import subprocess
import tempfile

import counters
import processes

CHAT = pathlib.Path(__file__).with_name("chat.lua")
MODELS = pathlib.Path(__file__).with_name("models.lua")


def wrk(port, connections, seconds, cpus=processes.LOAD, headers=(), script=CHAT):
    more = [part for header in headers for part in ("-H", header)]
    out = processes.output_of(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(script),
                               *more, f"http://127.0.0.1:{port}"], seconds + 20, cpus)
    result = json.loads(out.strip().splitlines()[-1])
    if result["errors"] or not result["requests"]:
        raise RuntimeError(f"wrk saw errors: {result}")
    return result


def _h2load(port, folder, *arguments):
    body = pathlib.Path(folder) / "body.json"
    body.write_text('{"model":"gpt-4.1","messages":[{"role":"user","content":"' + "lorem ipsum " * 80 + '"}]}')
    out = processes.output_of(["h2load", "--h1", "-t1", "-d", str(body), "-H", "Content-Type: application/json",
                               *map(str, arguments), f"http://127.0.0.1:{port}/v1/chat/completions"], 300)
    done = re.search(r"(\d+) succeeded, (\d+) failed", out)
    if int(done.group(2)) or not int(done.group(1)):
        raise RuntimeError(f"h2load saw errors: {done.group(0)}")
    return int(done.group(1)), float(re.search(r"finished in ([\d.]+)(ms|s)", out).group(1))


def at_rate(port, rate, connections, seconds, log):
    """So many requests a second, whether answers come quickly or not; `log` is the file to count them in."""
    requests, taken = _h2load(port, log.parent, f"-c{connections}", f"--rps={rate / connections:.2f}",
                              f"--duration={seconds}", f"--log-file={log}")
    times = sorted(int(line.split("\t")[2]) for line in log.read_text().splitlines())
    log.unlink()
    return {"requests": requests, "seconds": taken, "p50_us": times[len(times) // 2],
            "p99_us": times[len(times) * 99 // 100]}


def so_many(port, requests, connections):
    """Exactly that many requests."""
    with tempfile.TemporaryDirectory() as folder:
        _h2load(port, folder, f"-c{connections}", f"-n{requests}")


def plain(port, pid, upstream, connections, warm, seconds, cpus=processes.LOAD, headers=(), script=CHAT):
    """Keep-alive connections that ask as fast as answers come."""
    wrk(port, connections, warm, cpus, headers, script)
    window = counters.Window(pid, [upstream])
    load = wrk(port, connections, seconds, cpus, headers, script)
    counted = window.end()
    return {
        "requests_per_second": load["requests"] / load["seconds"],
        "cpu_us": counted["cpu_us"] / load["requests"],
        "user_us": counted["cpu_us"] * counted["user_share"] / load["requests"],
        "busy": counted["busy"],
        "p50_us": load["p50_us"],
        "p99_us": load["p99_us"],
        "foreign": counted["foreign"],
    }


@contextlib.contextmanager
def _reader(program, *arguments):
    with processes.Running([program, *map(str, arguments)], processes.LOAD, stdin=subprocess.PIPE,
                           stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.stdin.close()
        if process.wait(10) != 0:
            raise RuntimeError("the stream reader failed")


def _expect(process, word):
    line = process.stdout.readline()
    if not line.startswith(word):
        raise RuntimeError(f"the stream reader said {line!r} instead of {word}")
    return line[len(word):]


def streams(program, port, pid, upstream, count, interval_ms, seconds):
    """Event streams that all run: CPU an event, and how long each was on its way."""
    with _reader(program, port, count, interval_ms, 1, seconds) as reader:
        _expect(reader, "begin")
        window = counters.Window(pid, [upstream, reader.pid])
        read = json.loads(_expect(reader, "end"))
        counted = window.end()
    return {
        "cpu_us": counted["cpu_us"] / read["events"],
        "events": read["events"],
        "p50_us": read["p50_us"],
        "p99_us": read["p99_us"],
        "foreign": counted["foreign"],
    }


def idle_streams(program, port, pid, count):
    """Event streams that are open and silent after their first event: memory each."""
    before = counters.resident_kib(pid)
    with _reader(program, port, count, 3_600_000, 0.5, 0) as reader:
        _expect(reader, "begin")
        _expect(reader, "end")
        return (counters.resident_kib(pid) - before) / count
