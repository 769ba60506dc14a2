"""Where a proxy runs: its folder, ports and upstream; starting it and asking it for its first answer."""
import contextlib
import pathlib
import re
import socket
import subprocess
import time

import processes

REQUEST = (b"POST /v1/chat/completions HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
           b"Authorization: Bearer a-client-key\r\nContent-Length: %d\r\n\r\n%s")
BODY = b'{"model":"gpt-4.1","messages":[{"role":"user","content":"hello"}]}'


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Upstream:
    """A program that says where it listens, on the load generator's CPU."""

    def __init__(self, command, cpus=processes.LOAD):
        self._running = processes.Running(command, cpus, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        self.process = self._running.__enter__()
        line = self.process.stdout.readline()
        self.port = int(re.search(r"listening on \D*(?:127\.0\.0\.1:)?(\d+)", line).group(1))
        self.pid = self.process.pid
        return self

    def __exit__(self, *error):
        self._running.__exit__(*error)


def streaming_upstream(build, folder):
    """The simulated API; makes the certificates."""
    return Upstream([build / "holysheep-simulator", "--no-record", "--make-ca", folder / "ca"])


def plain_upstream(build, folder, cpus=processes.LOAD, body=None):
    """One answer of 1 KiB, or what the file `body` holds."""
    command = [build / "holysheep-bench-upstream", folder / "ca/server.pem", folder / "ca/server.key"]
    return Upstream(command + ([body] if body else []), cpus)


class Place:
    def __init__(self, folder, upstream, streams=1024, cpus=processes.PROXY):
        self.cpus = cpus
        self.folder = pathlib.Path(folder)
        self.upstream_port = upstream.port
        self.ca = self.folder / "ca/ca.pem"
        self.port = free_port()
        self.streams = streams


def first_answer(port, process, seconds=10):
    """Asks until a whole 200 begins to come."""
    end_at = time.monotonic() + seconds
    answer = b""
    while time.monotonic() < end_at:
        if process.poll() is not None:
            raise RuntimeError(f"the proxy ended with status {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 2) as client:
            client.sendall(REQUEST % (len(BODY), BODY))
            answer = client.recv(4096)
            if answer.startswith(b"HTTP/1.1 200"):
                return
        time.sleep(0.0005)
    raise RuntimeError(f"no answer within {seconds} s; last: {answer[:200]!r}")


@contextlib.contextmanager
def started(system, place):
    """The proxy, running and answering; and the milliseconds that took."""
    command, environment, out = system.command(place)
    begin = time.monotonic()
    with processes.Running(command, place.cpus, env=environment, cwd=place.folder,
                           stdout=out or subprocess.DEVNULL) as process:
        if out:
            out.close()
        first_answer(place.port, process)
        yield process, (time.monotonic() - begin) * 1000
