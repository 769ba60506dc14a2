"""Field lines of a request, Host among them."""
from table import Case, Forwarded, Refused, Request, get

STORY = "Field lines"

passes = Forwarded(Request())
refused = Refused(400)
fold = "spec.md: obs-fold is refused"


def field(name, section, line, rfc, ours=None, note=""):
    """`line` in a request, its CRLF added."""
    sent = b"GET /v1/x HTTP/1.1\r\nHost: proxy.test\r\n" + line + b"\r\n\r\n"
    return Case(name, section, sent, rfc, ours=ours, note=note)


def host(name, section, *lines, rfc=refused, version="1.1", ours=None, note=""):
    return Case(name, section, get("/v1/x", *lines, host=None, version=version), rfc, ours=ours, note=note)


def value(text):
    return Forwarded(Request(values={"X-A": [text]}))


def unfolded(text):
    return Forwarded(Request(like={"X-A": "1[ \t]+" + text}))


CASES = [
    field("no space behind the colon", "RFC 9112 §5", b"X-A:1", value("1")),
    field("blanks and tabs around a value", "RFC 9112 §5.1", b"X-A: \t 1 2 \t ", value("1 2")),
    field("an empty value", "RFC 9110 §5.5", b"X-A:", value("")),
    field("a colon in a value", "RFC 9110 §5.5", b"X-A: b: c", value("b: c")),
    field("bytes beyond ASCII in a value", "RFC 9110 §5.5", b"X-A: \xc3\xa9\xff", value("\xc3\xa9\xff") | refused),
    field("fields of one name in their order", "RFC 9110 §5.3", b"X-A: 1\r\nX-B: 9\r\nx-a: 2",
          Forwarded(Request(values={"X-A": ["1", "2"]}))),
    field("every character of a token as a name", "RFC 9110 §5.6.2", b"!#$%&'*+.^_`|~9aZ-: 1",
          Forwarded(Request(has={"!#$%&'*+.^_`|~9aZ-": "1"})) | refused, ours=Forwarded(Request(has={"!#$%&'*+.^_`|~9aZ-": "1"}))),
    field("a blank before the colon", "RFC 9112 §5.1", b"X-A : 1", refused),
    field("a tab before the colon", "RFC 9112 §5.1", b"Content-Length\t: 1", refused),
    field("a line folded", "RFC 9112 §5.2", b"X-A: 1\r\n 2", refused | unfolded("2"), refused, fold),
    field("a line folded with a tab", "RFC 9112 §5.2", b"X-A: 1\r\n\t2", refused | unfolded("2"), refused, fold),
    field("a folded line that is another field", "RFC 9112 §5.2", b"X-A: 1\r\n Content-Length: 5",
          refused | unfolded("Content-Length: 5"), refused, fold),
    field("no colon", "RFC 9112 §5", b"X-A", refused),
    field("no name", "RFC 9112 §5", b": 1", refused),
    field("a blank in a name", "RFC 9110 §5.1", b"X A: 1", refused),
    field("a delimiter in a name", "RFC 9110 §5.1", b"X(A): 1", refused),
    field("a byte beyond ASCII in a name", "RFC 9110 §5.1", b"X-\xc3\xa9: 1", refused),
    field("a NUL in a name", "RFC 9110 §5.1", b"X-\0A: 1", refused),
    field("a NUL in a value", "RFC 9110 §5.5", b"X-A: 1\0" b"2", refused | value("1 2"), refused),
    field("a CR in a value", "RFC 9110 §5.5", b"X-A: 1\r2", refused | value("1 2"), refused),
    field("a CR at a value's end", "RFC 9110 §5.5", b"X-A: 1\r", refused | value("1"), refused),
    field("a field smuggled behind a CR", "RFC 9112 §2.2", b"X-A: 1\rContent-Length: 5", refused | value("1 Content-Length: 5"),
          refused),
    field("a line that ends in LF alone", "RFC 9112 §2.2", b"X-A: 1\nX-B: 2", refused | value("1"), refused,
          "spec.md: bare CR or LF is refused"),
    field("a control character in a value", "RFC 9110 §5.5", b"X-A: 1\x012", refused | value("1\x012") | value("1 2"), refused,
          "spec.md: control characters but tab are refused"),
    field("DEL in a value", "RFC 9110 §5.5", b"X-A: 1\x7f2", refused | value("1\x7f2") | value("1 2"), refused,
          "spec.md: control characters but tab are refused"),
    field("three hundred fields", "RFC 9110 §5.4", b"\r\n".join(b"X-%d: 1" % i for i in range(300)),
          passes | Refused(400, 431), Refused(431), "256 at most"),
    host("no Host", "RFC 9112 §3.2"),
    host("no Host in HTTP/1.0", "RFC 9112 §3.2", version="1.0", rfc=passes),
    host("two Hosts", "RFC 9112 §3.2", "Host: proxy.test", "Host: other.test"),
    host("the same Host twice", "RFC 9112 §3.2", "Host: proxy.test", "Host: proxy.test"),
    host("two Hosts in one line", "RFC 9112 §3.2", "Host: proxy.test, other.test"),
    host("an empty Host", "RFC 9110 §7.2", "Host:", rfc=refused | passes, ours=refused),
    host("a Host with a path", "RFC 9110 §7.2", "Host: proxy.test/v1"),
    host("a Host with a user", "RFC 9110 §7.2", "Host: me@proxy.test"),
    host("a Host with a blank", "RFC 9110 §7.2", "Host: proxy test"),
    host("a Host with letters for a port", "RFC 9110 §7.2", "Host: proxy.test:http"),
    host("a Host that is an IPv6 address", "RFC 3986 §3.2.2", "Host: [::1]:8080", rfc=passes),
    host("a Host that is half an IPv6 address", "RFC 3986 §3.2.2", "Host: [::1"),
    host("a blank before Host's colon", "RFC 9112 §5.1", "Host : proxy.test"),
]
