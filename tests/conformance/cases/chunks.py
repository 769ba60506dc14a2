"""The chunked coding of a request: sizes, extensions, trailers."""
from table import Case, Forwarded, Refused, Request, chunked, post

STORY = "Chunked coding"

refused = Refused(400)
whole = Forwarded(Request("POST /v1/x", body=b"hello"))
END = b"0\r\n\r\n"


def body(name, data, rfc=refused, section="RFC 9112 §7.1", ours=None, note=""):
    return Case(name, section, post("Transfer-Encoding: chunked", body=data), rfc, methods=("POST",), ours=ours, note=note)


def size(name, line, rfc=refused, **more):
    return body(name, line + b"\r\nhello\r\n" + END, rfc, **more)


def trailers(name, lines, rfc=refused, **more):
    return body(name, b"5\r\nhello\r\n0\r\n" + lines + b"\r\n", rfc, section="RFC 9112 §7.1.2", **more)


def with_trailers(*allowed):
    return Forwarded(Request("POST /v1/x", body=b"hello", trailers=list(allowed)))


def forbidden(name, field, value):
    """A field that no trailer may be: it may be dropped or stay where it is, and never joins the header."""
    line = f"{field}: {value}\r\n".encode()
    return trailers(name, line, with_trailers([], [(field.lower(), value)]), ours=with_trailers([]),
                    note="dropped, or left a trailer")


EXTENSION = "RFC 9112 §7.1.1"
may_drop = with_trailers([], [("x-t", "1")])
dropped = with_trailers([])

CASES = [
    body("several chunks", chunked(b"he", b"l", b"lo"), whole),
    body("no chunk but the last", END, Forwarded(Request("POST /v1/x", body=b""))),
    body("a size in capitals", b"A\r\n0123456789\r\n" + END, Forwarded(Request("POST /v1/x", body=b"0123456789"))),
    size("a size with zeros in front", b"0005", whole),
    size("a size of 20 digits, most of them 0", b"00000000000000000005", whole | refused),
    body("a last chunk of many zeros", b"5\r\nhello\r\n0000\r\n\r\n", whole),
    size("an extension", b"5;a=b", whole, section=EXTENSION),
    size("an extension in quotes", b'5;a="b;\\"c"', whole, section=EXTENSION),
    size("blanks around an extension", b"5 ; a = b", whole | refused, section=EXTENSION),
    body("an extension of the last chunk", b"5\r\nhello\r\n0;a=b\r\n\r\n", whole, section=EXTENSION),
    size("an extension of 5,000 bytes", b"5;" + b"a" * 5000, whole | Refused(400, 413, 431), section=EXTENSION, ours=refused,
         note="spec.md: 4 KiB a chunk"),
    body("17 extensions of 4,000 bytes", chunked(end=b"") + (b"1;" + b"a" * 4000 + b"\r\na\r\n") * 17 + END,
         Forwarded(Request("POST /v1/x", body=b"a" * 17)) | Refused(400, 413, 431), section=EXTENSION, ours=refused,
         note="spec.md: 64 KiB a body"),
    size("a NUL in an extension", b"5;a\0b", section=EXTENSION),
    size("a CR in an extension", b"5;a\rb", section=EXTENSION),
    size("an LF in an extension", b"5;a\nb", section=EXTENSION),
    size("no size", b""),
    size("0x", b"0x5"),
    size("a plus sign", b"+5"),
    size("a minus sign", b"-5"),
    size("an underscore", b"0_5"),
    size("two sizes", b"5 5"),
    size("a blank before the size", b" 5"),
    size("a blank behind the size", b"5 ", refused | whole, ours=refused, note="one reading"),
    size("a tab behind the size", b"5\t", refused | whole, ours=refused, note="one reading"),
    size("a comma behind the size", b"5,0"),
    size("letters", b"five"),
    size("a size beyond 2^64", b"10000000000000005", Refused(400, 413)),
    size("a size of 2^63", b"8000000000000000", Refused(400, 413)),
    body("a size line that ends in LF alone", b"5\nhello\r\n" + END, refused | whole, ours=refused,
         note="spec.md: bare CR or LF is refused"),
    body("a size line that ends in CR alone", b"5\rhello\r\n" + END),
    body("a chunk that ends in LF alone", b"5\r\nhello\n" + END, refused | whole, ours=refused,
         note="spec.md: bare CR or LF is refused"),
    body("a chunk that ends in CR alone", b"5\r\nhello\r" + END),
    body("a chunk that ends in nothing", b"5\r\nhello" + END),
    body("a chunk longer than its size", b"4\r\nhello\r\n" + END),
    body("a chunk shorter than its size", b"6\r\nhello\r\n" + END),
    trailers("a trailer", b"X-T: 1\r\n", may_drop),
    forbidden("a trailer that delimits", "Content-Length", "99"),
    forbidden("a trailer that codes", "Transfer-Encoding", "gzip"),
    forbidden("a trailer that routes", "Host", "other.test"),
    forbidden("a trailer with credentials", "Authorization", "Bearer other"),
    trailers("a trailer without a colon", b"X-T\r\n"),
    trailers("a trailer with a blank before its colon", b"X-T : 1\r\n"),
    trailers("a folded trailer", b"X-T: 1\r\n 2\r\n", refused | dropped, ours=refused, note="spec.md: obs-fold is refused"),
    trailers("a NUL in a trailer", b"X-T: 1\0\r\n", refused | dropped, ours=refused),
    trailers("a CR in a trailer", b"X-T: 1\rX-U: 2\r\n", refused | dropped, ours=refused),
    trailers("a trailer that ends in LF alone", b"X-T: 1\n", refused | may_drop, ours=refused,
             note="spec.md: bare CR or LF is refused"),
]
