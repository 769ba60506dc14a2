"""Answers that no upstream should give. Each kind is made for one request, whose target stands in every part that is
meant for it as `<target>`; what is meant for nobody is marked `evil`."""
from table import chunked
from upstream import Reply

# What the client must get: its whole answer; that without a body; half of it, or the gateway's error; the error alone; or
# whatever of all that is its own.
WHOLE, EMPTY, CUT, ERROR, EITHER = "whole", "empty", "cut", "error", "either"
# May the connection carry another request? Yes, no, or it depends on whether it was for HEAD, whose answers have no body.
UNLESS_HEAD, FOR_HEAD = "unless HEAD", "for HEAD"
EVIL = b"HTTP/1.1 200 OK\r\nContent-Type: text/x-test\r\nContent-Length: 6\r\n\r\n<evil>"


def body_of(request):
    return f"<{request.target}>".encode()


def ok(request, *lines, status=b"200 OK", body=None, version=b"1.1", length=None):
    body = body_of(request) if body is None else body
    lines = [b"Content-Type: text/x-test", *lines]
    if length is not None:
        lines.append(b"Content-Length: %d" % length)
    sent = b"" if request.method == "HEAD" else body
    return b"HTTP/" + version + b" " + status + b"\r\n" + b"\r\n".join(lines) + b"\r\n\r\n" + sent


def framed(request, **more):
    return ok(request, length=len(body_of(request)), **more)


def in_chunks(request, end=b"0\r\n\r\n"):
    body = body_of(request)
    coded = chunked(body[:3], body[3:], end=end)
    return ok(request, b"Transfer-Encoding: chunked", body=coded)


def event_bytes(own):
    """A stream's body: one event, and the end mark."""
    return b"data: " + own + b"\n\ndata: [DONE]\n\n"


def events(request, in_chunks=False, until_end=False, cut=False, error=False):
    own = body_of(request)
    body = b'data: {"error":{"message":"' + own + b'","code":400}}\n\ndata: <evil>\n\n' if error else event_bytes(own)
    body = body[:-9] if cut else body
    frame = [] if until_end else [b"Transfer-Encoding: chunked" if in_chunks else b"Content-Length: %d" % len(body)]
    head = b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Type: text/event-stream", *frame, b"", b""])
    if request.method == "HEAD":
        return head
    return head + (chunked(body[:5], body[5:], end=b"" if cut else b"0\r\n\r\n") if in_chunks else body)


def with_body(request, status, *lines):
    """A body where there may be none, whatever the method."""
    return b"HTTP/1.1 " + status + b"\r\n" + b"\r\n".join(lines) + b"\r\nContent-Type: text/x-test\r\n\r\n"


def kinds():
    """name -> (reply for a request, what the client must get, may the connection be used again)"""
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"
    return {
        "plain": (lambda r: framed(r), WHOLE, True),
        "chunked": (lambda r: in_chunks(r), WHOLE, True),
        "chunked with extensions and trailers": (lambda r: in_chunks(r, b"0;a=b\r\nX-T: 1\r\n\r\n"), WHOLE, True),
        "until the end": (lambda r: Reply([ok(r)], then="close"), WHOLE, False),
        "an end that was not announced": (lambda r: Reply([ok(r)], then="cut"), CUT, False),
        "a few interim answers": (lambda r: hint * 3 + framed(r), WHOLE, True),
        "interim answers without end": (lambda r: hint * 4000 + framed(r), ERROR, False),
        "101": (lambda r: b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n<evil>", ERROR, False),
        "a byte behind": (lambda r: framed(r) + b"<evil>"[:1], WHOLE, False),
        "an answer behind": (lambda r: framed(r) + EVIL, WHOLE, False),
        "an answer behind, in its own record": (lambda r: Reply([framed(r), EVIL]), WHOLE, False),
        "three answers behind": (lambda r: Reply([framed(r), EVIL, EVIL + EVIL]), WHOLE, False),
        "an answer behind chunks": (lambda r: in_chunks(r) + EVIL, WHOLE, False),
        "an answer behind chunks, in its own record": (lambda r: Reply([in_chunks(r), EVIL]), WHOLE, False),
        "20,000 bytes behind": (lambda r: framed(r) + b"<evil>" * 4000, WHOLE, False),
        "an interim answer behind": (lambda r: framed(r) + hint, WHOLE, False),
        "a length too short": (lambda r: ok(r, length=len(body_of(r)), body=body_of(r) + b"<evil>"), WHOLE, UNLESS_HEAD),
        "a length too long": (lambda r: Reply([ok(r, length=len(body_of(r)) + 9)], then="close"), CUT, False),
        "a body for HEAD and all": (lambda r: with_body(r, b"200 OK", b"Content-Length: %d" % len(body_of(r))) + body_of(r) +
                                    (EVIL if r.method == "HEAD" else b""), WHOLE, FOR_HEAD),
        "204 with a body": (lambda r: with_body(r, b"204 No Content", b"Content-Length: 6") + b"<evil>", ERROR, False),
        "204 with chunks": (lambda r: with_body(r, b"204 No Content", b"Transfer-Encoding: chunked") + chunked(b"<evil>"), ERROR, False),
        "204 and an answer": (lambda r: b"HTTP/1.1 204 No Content\r\n\r\n" + EVIL, EMPTY, False),
        "304 with a body": (lambda r: with_body(r, b"304 Not Modified", b"Content-Length: 6") + b"<evil>", EMPTY, False),
        "304 with chunks": (lambda r: with_body(r, b"304 Not Modified", b"Transfer-Encoding: chunked") + chunked(b"<evil>"), EMPTY, False),
        "close, and left open": (lambda r: framed(r).replace(b"\r\n", b"\r\nConnection: close\r\n", 1), WHOLE, False),
        "HTTP/1.0": (lambda r: framed(r, version=b"1.0"), WHOLE, False),
        "two lengths": (lambda r: framed(r).replace(b"\r\n", b"\r\nContent-Length: 1\r\n", 1), ERROR, False),
        "a length and chunks": (lambda r: in_chunks(r).replace(b"\r\n", b"\r\nContent-Length: 1\r\n", 1), ERROR, False),
        "an unknown coding": (lambda r: Reply([ok(r, b"Transfer-Encoding: x")], then="close"), ERROR, False),
        "chunk sizes that are none": (lambda r: ok(r, b"Transfer-Encoding: chunked", body=b"0x5\r\n<evil>\r\n0\r\n\r\n"), CUT, UNLESS_HEAD),
        "no last chunk": (lambda r: Reply([in_chunks(r, end=b"")], then="close"), CUT, False),
        "no HTTP": (lambda r: Reply([b"<evil>\r\n\r\n"], then="close"), ERROR, False),
        "nothing": (lambda r: Reply([b""], then="close"), ERROR, False),
        "half a head": (lambda r: Reply([b"HTTP/1.1 200 OK\r\nX: <evil>"], then="close"), ERROR, False),
        "early": (lambda r: Reply([framed(r)], when="head"), WHOLE, True),
        "early, and reads no more": (lambda r: Reply([framed(r)], when="head", then="close"), WHOLE, False),
        "a refusal with an answer behind": (lambda r: framed(r, status=b"400 Bad Request") + EVIL, WHOLE, False),
        "503 with an answer behind": (lambda r: framed(r, status=b"503 Sorry").replace(b"\r\n", b"\r\nretry-after-ms: 1\r\n", 1) + EVIL,
                                      WHOLE, False),
        "events": (lambda r: events(r), WHOLE, True),
        "events in chunks": (lambda r: events(r, in_chunks=True), WHOLE, True),
        "events with an answer behind": (lambda r: events(r) + EVIL, WHOLE, False),
        "events in chunks with an answer behind": (lambda r: Reply([events(r, in_chunks=True), EVIL]), WHOLE, False),
        "events until the end": (lambda r: Reply([events(r, until_end=True)], then="close"), WHOLE, False),
        "events cut off": (lambda r: Reply([events(r, in_chunks=True, cut=True)], then="close"), CUT, False),
        "an error event, and an answer behind": (lambda r: events(r, error=True) + EVIL, EITHER, False),
        "503": (lambda r: framed(r, status=b"503 Sorry").replace(b"\r\n", b"\r\nretry-after-ms: 1\r\n", 1), WHOLE, True),
    }
