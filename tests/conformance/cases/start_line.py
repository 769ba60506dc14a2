"""Request lines, versions, and what is no HTTP/1.1 at all."""
from table import Case, Forwarded, Outcome, Refused, Request, get

STORY = "Request line and version"

passes = Forwarded(Request())
refused = Refused(400)
strict = "spec.md: bare CR or LF is refused"
one_reading = "what could be read two ways is refused"


class SpeaksHttp2(Outcome):
    """The first frame of an HTTP/2 server: SETTINGS (RFC 9113 §3.4)."""

    def differs(self, seen):
        raw = seen.got.raw
        return "" if len(raw) >= 9 and raw[3:4] == b"\x04" and not seen.requests else seen.summary()


def line(text):
    return text + b"\r\nHost: proxy.test\r\n\r\n"


CASES = [
    Case("an empty line before the request", "RFC 9112 §2.2", b"\r\n" + get(), passes),
    Case("lines that end in LF alone", "RFC 9112 §2.2", b"GET /v1/x HTTP/1.1\nHost: proxy.test\n\n",
         passes | refused, ours=refused, note=strict),
    Case("a request line that ends in LF alone", "RFC 9112 §2.2", b"GET /v1/x HTTP/1.1\nHost: proxy.test\r\n\r\n",
         passes | refused, ours=refused, note=strict),
    Case("a CR within the request line", "RFC 9112 §2.2", line(b"GET /v1/x\rHTTP/1.1"), refused),
    Case("white space between request line and fields", "RFC 9112 §2.2",
         b"GET /v1/x HTTP/1.1\r\n X-A: 1\r\nHost: proxy.test\r\n\r\n", refused | Forwarded(Request(lacks=["X-A"])),
         ours=refused),
    Case("two spaces before the target", "RFC 9112 §3", line(b"GET  /v1/x HTTP/1.1"), passes | refused, ours=refused,
         note=one_reading),
    Case("tabs instead of spaces", "RFC 9112 §3", line(b"GET\t/v1/x\tHTTP/1.1"), passes | refused, ours=refused,
         note=one_reading),
    Case("a space behind the version", "RFC 9112 §3", line(b"GET /v1/x HTTP/1.1 "), passes | refused, ours=refused,
         note=one_reading),
    Case("a space within the target", "RFC 9112 §3", line(b"GET /v1/a b HTTP/1.1"), refused),
    Case("a second version within the target", "RFC 9112 §3", line(b"GET /v1/x HTTP/1.1 HTTP/1.1"), refused),
    Case("no version", "RFC 9112 §3", b"GET /v1/x\r\n\r\n", Refused(400, 505, no_answer=True)),
    Case("a version in lower case", "RFC 9112 §2.3", line(b"GET /v1/x http/1.1"), Refused(400, 505)),
    Case("HTTP/1.2", "RFC 9110 §2.5", line(b"GET /v1/x HTTP/1.2"), passes),
    Case("HTTP/1.10", "RFC 9112 §2.3", line(b"GET /v1/x HTTP/1.10"), Refused(400, 505)),
    Case("HTTP/1", "RFC 9112 §2.3", line(b"GET /v1/x HTTP/1"), Refused(400, 505)),
    Case("HTTP/0.9 with a version", "RFC 9112 §2.3", line(b"GET /v1/x HTTP/0.9"), Refused(400, 505)),
    Case("HTTP/2.0 on HTTP/1.1's port", "RFC 9110 §15.6.6", line(b"GET /v1/x HTTP/2.0"), Refused(400, 505)),
    Case("HTTP/3.7", "RFC 9110 §15.6.6", line(b"GET /v1/x HTTP/3.7"), Refused(400, 505)),
    Case("a method in lower case", "RFC 9110 §9.1", line(b"get /v1/x HTTP/1.1"),
         Forwarded(Request("get /v1/x")) | Refused(400, 405, 501, closed=False)),
    Case("a method that nobody knows", "RFC 9110 §9.1", line(b"M-SEARCH /v1/x HTTP/1.1"),
         Forwarded(Request("M-SEARCH /v1/x")) | Refused(400, 405, 501, closed=False)),
    Case("a method with a delimiter", "RFC 9110 §5.6.2", line(b"GE(T /v1/x HTTP/1.1"), Refused(400, 501)),
    Case("no method", "RFC 9112 §3", line(b" /v1/x HTTP/1.1"), refused),
    Case("a NUL in the method", "RFC 9110 §5.6.2", line(b"GE\0T /v1/x HTTP/1.1"), refused),
    Case("words that are no HTTP", "RFC 9112 §3", b"EHLO proxy.test\r\n\r\n", Refused(400, no_answer=True)),
    Case("a status line", "RFC 9112 §2.1", b"HTTP/1.1 200 OK\r\nHost: proxy.test\r\n\r\n", Refused(400, 405, 501, 505)),
    Case("the preface of HTTP/2", "RFC 9113 §3.4", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0",
         Refused(400, 405, 505, no_answer=True) | SpeaksHttp2(), ours=Refused(400)),
    Case("a TLS ClientHello", "RFC 9112 §2.2",
         bytes.fromhex("16030100c1010000bd0303") + bytes(32) + b"\x20" + bytes(32) + b"\0\2\x13\1\1\0" + bytes(111),
         Refused(400, no_answer=True), ours=Refused(400)),
]
