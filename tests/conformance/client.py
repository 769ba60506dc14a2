"""A raw client: it sends the very bytes that a case has, and keeps all that comes."""
import contextlib
import dataclasses
import select
import socket
import time

import messages


@dataclasses.dataclass
class Await:
    """In a case's steps: nothing more is sent until this has come (or the connection's end, or the patience)."""
    mark: bytes


@dataclasses.dataclass
class Got:
    """What a client got."""
    responses: list  # final ones and interim ones, in their order
    rest: bytes = b""  # what belongs to no response
    malformed: str = ""
    after: str = ""  # open, closed; what became of the connection
    silent: bool = False  # it waited in vain
    raw: bytes = b""

    @property
    def finals(self):
        return [one for one in self.responses if one.status >= 200 or one.status == 101]

    @property
    def interims(self):
        return [one for one in self.responses if one.status < 200 and one.status != 101]


class Client:
    def __init__(self, port, patience):
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setblocking(False)
        self._patience = patience
        self.data = b""
        self.ended = False
        self.reset = False  # it ended without being closed: what came may not be all

    def close(self):
        self._socket.close()

    def half_close(self):
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def read(self, until):
        """Until this time at most: False when nothing came by then."""
        if self.ended or not select.select([self._socket], [], [], max(0, until - time.monotonic()))[0]:
            return False
        try:
            more = self._socket.recv(262144)
        except OSError:
            more, self.reset = b"", True
        self.data += more
        self.ended = not more
        return True

    def send(self, data):
        """As much as is taken: a peer that has answered need not read on."""
        until = time.monotonic() + self._patience
        while data and not self.ended and time.monotonic() < until:
            _, writable, _ = select.select([], [self._socket], [], max(0, until - time.monotonic()))
            if not writable:
                return
            try:
                data = data[self._socket.send(data[:65536]):]
            except BlockingIOError:
                continue
            except OSError:
                return

    def wait_for(self, mark):
        until = time.monotonic() + self._patience
        while mark not in self.data and self.read(until):
            pass

    def read_responses(self, methods):
        """Until as many final responses are whole as there are methods, or nothing more comes."""
        until = time.monotonic() + self._patience
        while True:
            try:
                found, rest = messages.responses(self.data, methods, self.ended and not self.reset)
            except messages.Malformed as wrong:
                return Got([], self.data, f"{wrong}")
            got = Got(found, rest)
            whole = len(got.finals) == len(methods) and got.finals[-1].complete if methods else True
            if whole or self.ended:
                return got
            if not self.read(until):
                if not self.ended:
                    got.silent = True
                    return got


PROBE = b"GET /v1/probe HTTP/1.1\r\nHost: proxy.test\r\nConnection: close\r\n\r\n"


def ends(response):
    """Does it say that its connection ends with it?"""
    options = response.options()
    return "close" in options or response.framing == "close" or \
        (response.start[0] == b"0" and "keep-alive" not in options)


def converse(port, steps, methods, patience):
    """Sends `steps` and reads answers to `methods`; then finds out whether the connection goes on: either it ends, or
    one more request gets the answer that is its own."""
    client = Client(port, patience)
    try:
        for step in steps:
            client.wait_for(step.mark) if isinstance(step, Await) else client.send(step)
        got = client.read_responses(methods)
        got.raw = client.data
        if got.silent or got.malformed:
            return got
        if client.ended or (got.finals and ends(got.finals[-1])) or not methods:
            until = time.monotonic() + patience
            while client.read(until):
                pass
            got.after = "closed" if client.ended else "says that it closes, and does not"
        else:
            client.send(PROBE)
            after = client.read_responses([*methods, "GET"])
            if len(after.finals) > len(methods) and after.finals[-1].body == b"/v1/probe":
                got.after = "open"
            else:
                got.after = "closed" if client.ended and len(after.finals) == len(methods) else "out of step"
        try:
            _, got.rest = messages.responses(client.data, [*methods, "GET"] if got.after == "open" else methods, True)
        except messages.Malformed as wrong:
            got.malformed = f"{wrong}"
        got.raw = client.data
        return got
    finally:
        client.close()
