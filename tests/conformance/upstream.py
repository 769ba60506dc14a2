"""A scripted upstream on a raw socket, over TLS: it answers with the very bytes that it is told to, and keeps all that
it was sent."""
import contextlib
import dataclasses
import pathlib
import socket
import ssl
import subprocess
import threading
import time

import messages

OK = "ok"  # a reply: 200 with the request's target as its body


@dataclasses.dataclass
class Reply:
    """What is sent for one request. `pieces` go out together, each as one TLS record."""
    pieces: list
    then: str = "keep"  # keep, close (close_notify, then FIN), cut (FIN alone)
    when: str = "whole"  # whole: after the request; head: after its head
    reads_on: bool = True  # False: nothing more is read, and the connection left open


def reply_of(given):
    if isinstance(given, Reply):
        return given
    return Reply([given])


def plain_ok(request):
    body = request.target.encode() if request.method != "HEAD" else b""
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/x-test\r\nContent-Length: %d\r\n\r\n%s" % (len(request.target), body)


class Wire:
    """TLS over one socket, a record at a time."""

    def __init__(self, connection, context):
        self.socket = connection
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)

    def _flush(self):
        pending = self._out.read()
        if pending:
            self.socket.sendall(pending)

    def _step(self, action):
        while True:
            try:
                result = action()
                self._flush()
                return result
            except ssl.SSLWantReadError:
                self._flush()
                more = self.socket.recv(65536)
                if not more:
                    raise ConnectionError("ended") from None
                self._in.write(more)

    def handshake(self):
        self._step(self._tls.do_handshake)

    def read(self):
        """Empty at the end, in order or not."""
        try:
            return self._step(lambda: self._tls.read(65536))
        except (ssl.SSLError, OSError):
            return b""

    def send(self, records):
        for record in records:
            if record:
                self._tls.write(record)
        self._flush()

    def close(self, then):
        with contextlib.suppress(ssl.SSLError, OSError):
            if then == "close":
                with contextlib.suppress(ssl.SSLWantReadError):
                    self._tls.unwrap()
                self._flush()
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR if then == "end" else socket.SHUT_WR)


@dataclasses.dataclass
class Connection:
    """What came on one connection."""
    number: int
    requests: list = dataclasses.field(default_factory=list)
    malformed: str = ""  # what was sent that is no request
    rest: bytes = b""  # begun and never ended
    odd: str = ""  # what was said on it after which it may carry no other request


class Upstream:
    """Serves 127.0.0.1 with a certificate for localhost. `answer(request, connection)` gives each reply; by default
    the script of `begin`."""

    def __init__(self, folder, answer=None):
        self.folder = pathlib.Path(folder)
        self.ca = self.folder / "ca.pem"
        key = self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", key, "-out", self.ca, "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_3
        self._context.load_cert_chain(self.ca, key)
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)  # little is taken in unread
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(512)
        self.port = self._listener.getsockname()[1]
        self.answer = answer or self._scripted
        self.connections = []
        self.arrived = []  # all requests in the order in which their ends came
        self._script, self._given = [], 0
        self._open = set()
        self._released = threading.Event()  # ends those that read no more
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        threading.Thread(target=self._accept, daemon=True).start()

    def begin(self, script):
        """Forgets what was and ends its connections, both sides, so that the proxy has none left; `script` has a reply
        for each request, the last for all further ones."""
        self._released.set()
        self._released = threading.Event()
        self._end_all(socket.SHUT_WR)
        if not self.wait(lambda: not self._open, 2):
            self._end_all(socket.SHUT_RDWR)
            self.wait(lambda: not self._open, 2)
        with self._lock:
            self.connections, self.arrived, self._script, self._given = [], [], list(script), 0

    def _end_all(self, how):
        with self._lock:
            for wire in self._open:
                with contextlib.suppress(OSError):
                    wire.socket.shutdown(how)

    def wait(self, done, seconds):
        """Until `done()`, asked whenever something was received; False when `seconds` passed before."""
        with self._lock:
            return self._changed.wait_for(done, seconds)

    def requests(self):
        with self._lock:
            return [request for connection in self.connections for request in connection.requests]

    def oddities(self):
        """What was received that is no request, or only the beginning of one."""
        with self._lock:
            return [connection.malformed or f"the beginning of a request: {connection.rest[:60]!r}"
                    for connection in self.connections if connection.malformed or connection.rest]

    def close(self):
        self._listener.close()
        self.begin([])

    def _scripted(self, request, _connection):
        if request.target == "/v1/probe":
            return OK
        with self._lock:
            reply = self._script[min(self._given, len(self._script) - 1)] if self._script else OK
            self._given += 1
        return reply

    def _accept(self):
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wire = Wire(accepted, self._context)
            with self._lock:
                connection = Connection(len(self.connections) + 1)
                self.connections.append(connection)
                self._open.add(wire)
            threading.Thread(target=self._serve, args=(wire, connection), daemon=True).start()

    def _serve(self, wire, connection):
        try:
            self._talk(wire, connection)
        except (OSError, ssl.SSLError):
            pass
        finally:
            wire.close("end")
            wire.socket.close()
            with self._lock:
                self._open.discard(wire)
                self._changed.notify_all()

    def _talk(self, wire, connection):
        wire.handshake()
        data, early, said = b"", None, False
        while True:
            try:
                whole = messages.request(data)
                if whole is None and early is None and (head := messages.request_head(data)):
                    early = reply_of(self.answer(head[0], connection) or OK)
                    said = early.when == "head"
                    if said and (early.then != "keep" or not early.reads_on):
                        with self._lock:
                            connection.requests.append(head[0])
                            self.arrived.append(head[0])
                            self._changed.notify_all()
                    if said and not self._say(wire, head[0], early):
                        return
                    if not said and "100-continue" in head[0].options("Expect"):
                        wire.send([b"HTTP/1.1 100 Continue\r\n\r\n"])
            except messages.Malformed as wrong:
                with self._lock:
                    connection.malformed, connection.rest = f"{wrong}", data
                    self._changed.notify_all()
                return
            if whole is None:
                with self._lock:
                    connection.rest = data
                more = wire.read()
                if not more:
                    return
                data += more
                continue
            request, end = whole
            data = data[end:]
            reply = early or reply_of(self.answer(request, connection) or OK)
            with self._lock:
                connection.requests.append(request)
                self.arrived.append(request)
                connection.rest = data
                self._changed.notify_all()
            if not said and not self._say(wire, request, reply):
                return
            early, said = None, False

    def _say(self, wire, request, reply):
        """False: nothing more is read."""
        pieces = [plain_ok(request) if piece is OK else piece for piece in reply.pieces]
        wire.send(pieces)
        if reply.then == "keep":
            if not reply.reads_on:
                released = self._released
                released.wait(30)
            return reply.reads_on
        wire.close(reply.then)
        wire.socket.settimeout(2)
        with contextlib.suppress(OSError):
            while wire.socket.recv(65536):
                pass
        return False
