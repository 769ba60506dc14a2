"""HTTP/1.1 messages read as strictly as RFC 9112 lets a recipient be: a second opinion, sharing no code with the proxy.

What may be read two ways is Malformed, so that no bytes pass here whose end another reader would put elsewhere.
"""
import dataclasses
import re

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
REQUEST_LINE = re.compile(rb"(%s) ([\x21-\x7e]+) HTTP/1\.([0-9])" % TOKEN)
STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d) ([\t\x20-\x7e\x80-\xff]*)")
FIELD_LINE = re.compile(rb"(%s):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*" % TOKEN)
CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(;[\t\x20-\x7e\x80-\xff]*)?")


class Malformed(Exception):
    """Not a message of HTTP/1.1, or one whose end is a matter of opinion."""


@dataclasses.dataclass
class Message:
    """A request or a response; texts are bytes as they came, field names too."""
    start: tuple
    fields: list
    body: bytes = b""
    trailers: list = dataclasses.field(default_factory=list)
    complete: bool = True  # False: the connection ended first
    framing: str = "none"  # none, length, chunked, close

    @property
    def method(self):
        return self.start[0].decode()

    @property
    def target(self):
        return self.start[1].decode()

    @property
    def status(self):
        return int(self.start[1])

    def values(self, name):
        """All values of a field, in their order; the name's case does not matter."""
        wanted = name.lower().encode()
        return [value.decode("latin-1") for each, value in self.fields if each.lower() == wanted]

    def value(self, name):
        found = self.values(name)
        return found[0] if found else None

    def options(self, name="Connection"):
        """The members of a list field, in lower case."""
        return [one.strip().lower() for value in self.values(name) for one in value.split(",") if one.strip()]


def _line(data, at):
    """The line at `at` without its CRLF, and where the next begins; None: it is not all here."""
    end = data.find(b"\n", at)
    if end < 0:
        if b"\r" in data[at:-1]:
            raise Malformed("a bare CR")
        return None
    if end == at or data[end - 1:end] != b"\r" or b"\r" in data[at:end - 1]:
        raise Malformed("a bare LF or CR")
    return data[at:end - 1], end + 1


def _fields(data, at):
    found = []
    while True:
        line = _line(data, at)
        if line is None:
            return None
        text, at = line
        if not text:
            return found, at
        field = FIELD_LINE.fullmatch(text)
        if not field:
            raise Malformed(f"field line {text[:60]!r}")
        found.append((field[1], field[2]))


def _head(data, at, pattern, what):
    line = _line(data, at)
    if line is None:
        return None
    start = pattern.fullmatch(line[0])
    if not start:
        raise Malformed(f"{what} {line[0][:80]!r}")
    fields = _fields(data, line[1])
    if fields is None:
        return None
    return Message(start.groups(), fields[0]), fields[1]


def _framing(message, version_minor):
    codings = message.values("Transfer-Encoding")
    lengths = message.values("Content-Length")
    if codings:
        if lengths or [one.lower() for one in codings] != ["chunked"] or version_minor == b"0":
            raise Malformed(f"framed by {codings} and {lengths}")
        return "chunked", 0
    if lengths:
        if len(lengths) > 1 or not re.fullmatch(r"\d{1,18}", lengths[0]):
            raise Malformed(f"lengths {lengths}")
        return "length", int(lengths[0])
    return "none", 0


def _chunks(message, data, at):
    """The index behind the body, its bytes in `message`; None: not all here."""
    while True:
        line = _line(data, at)
        if line is None:
            return None
        size = CHUNK_LINE.fullmatch(line[0])
        if not size or (line[0][-1:] in b" \t" and not size[2]):
            raise Malformed(f"chunk size {line[0][:40]!r}")
        at, length = line[1], int(size[1], 16)
        if length == 0:
            break
        if len(data) < at + length + 2:
            message.body += data[at:at + length]
            return None
        if data[at + length:at + length + 2] != b"\r\n":
            raise Malformed("a chunk longer than its size")
        message.body += data[at:at + length]
        at += length + 2
    trailers = _fields(data, at)
    if trailers is None:
        return None
    message.trailers, at = trailers
    return at


def _body(message, data, at, framing, length):
    """As above, for any framing; what has come is in the message either way."""
    message.framing = framing
    if framing == "chunked":
        return _chunks(message, data, at)
    message.body = data[at:at + length] if framing == "length" else b""
    return at + length if len(data) >= at + length else None


def request_head(data, at=0):
    """(message without its body, where the head ends), or None while it is not all here."""
    return _head(data, at, REQUEST_LINE, "request line")


def request(data, at=0):
    """(message, where it ends), or None while it is not all here."""
    head = request_head(data, at)
    if head is None:
        return None
    message, end = head
    if len(message.values("Host")) != 1 and message.start[2] != b"0":
        raise Malformed(f"Host {message.values('Host')}")
    framing, length = _framing(message, message.start[2])
    end = _body(message, data, end, framing, length)
    return None if end is None else (message, end)


def responses(data, methods, ended):
    """All responses to requests with these methods, and the bytes behind the last; `ended`: nothing more will come.

    The last of them may be incomplete (`complete`). A response to a request that was not made is left over."""
    found, at = [], 0
    waiting = list(methods)
    while waiting and at < len(data):
        head = _head(data, at, STATUS_LINE, "status line")
        if head is None:
            return found, data[at:]
        message, end = head
        found.append(message)
        if message.status < 200 and message.status != 101:
            at = end
            continue
        framing, length = _framing(message, message.start[0])
        without_body = waiting.pop(0) == "HEAD" or message.status in (101, 204, 304)
        if message.status == 204 and framing != "none":
            raise Malformed("a 204 that delimits a body")
        if without_body:
            framing, length = "none", 0
        elif framing == "none":
            message.framing, message.body, message.complete = "close", data[end:], ended
            return found, b""
        at = _body(message, data, end, framing, length)
        if at is None:
            message.complete = False
            return found, b""
    return found, data[at:]
