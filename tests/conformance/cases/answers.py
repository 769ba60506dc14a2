"""What upstream may answer: framing, HEAD, 204, 304, and what is no answer."""
from table import Answer, Broken, Case, Forwarded, Reply, Request, answer, chunked, get

STORY = "Answers"

FRAMING = "RFC 9112 §6.3"
broken = Broken()
strict = "spec.md: the same strictness holds for upstream's answers"


def says(name, section, reply, rfc, method="GET", version="1.1", ours=None, note=""):
    return Case(name, section, get(method=method, version=version), rfc, replies=[reply], methods=(method,), ours=ours, note=note)


def got(status=200, body=b"hello", **checks):
    pooled, after = checks.pop("pooled", True), checks.pop("after", "")
    return Forwarded(Request(checks.pop("request", "GET /v1/x")), Answer(status, body=body, **checks), pooled=pooled, after=after)


def head(*lines, status="200 OK"):
    return answer(*lines, status=status)


def line(name, text, rfc=broken, ours=None, note="", section="RFC 9112 §4"):
    return says(name, section, Reply([text + b"\r\nContent-Length: 5\r\n\r\nhello"], then="close"), rfc, ours=ours, note=note)


def field(name, text, rfc=broken, section="RFC 9112 §5", ours=None, note=""):
    return says(name, section, Reply([b"HTTP/1.1 200 OK\r\n" + text + b"\r\nContent-Length: 5\r\n\r\nhello"], then="close"), rfc,
                ours=ours, note=note)


def cut(data, then="close", **more):
    return Reply([data], then=then, **more)


HELLO = answer("Content-Length: 5", body=b"hello")
CHUNKED = "Transfer-Encoding: chunked"

CASES = [
    says("a length", FRAMING, HELLO, got(after="open")),
    says("chunks", FRAMING, answer(CHUNKED, body=chunked(b"hel", b"lo")), got(after="open")),
    says("chunks for HTTP/1.0", "RFC 9112 §6.1", answer(CHUNKED, body=chunked(b"hel", b"lo")),
         got(after="closed", lacks=["Transfer-Encoding"]), version="1.0"),
    says("chunks with extensions", "RFC 9112 §7.1.1", answer(CHUNKED, body=b'5;a="b"\r\nhello\r\n0;c\r\n\r\n'), got()),
    says("a trailer", "RFC 9112 §7.1.2", answer(CHUNKED, "Trailer: X-T", body=chunked(b"hello", end=b"0\r\nX-T: 1\r\n\r\n")),
         got(trailers=[[], [("x-t", "1")]]), ours=got(trailers=[[("x-t", "1")]])),
    says("a trailer that delimits", "RFC 9110 §6.5.1",
         answer(CHUNKED, body=chunked(b"hello", end=b"0\r\nContent-Length: 1\r\n\r\n")),
         got(trailers=[[], [("content-length", "1")]]), ours=got(trailers=[[]]), note="dropped, or left a trailer"),
    says("a trailer for HTTP/1.0", "RFC 9112 §7.1.2", answer(CHUNKED, body=chunked(b"hello", end=b"0\r\nX-T: 1\r\n\r\n")), got(),
         version="1.0"),
    says("the connection's end", FRAMING, cut(answer(body=b"hello")), got(pooled=False), ours=got(after="open", pooled=False)),
    says("the connection's end, for HTTP/1.0", FRAMING, cut(answer(body=b"hello")), got(after="closed"), version="1.0"),
    says("an end that TLS did not announce", "RFC 9112 §9.8", cut(answer(body=b"hello"), then="cut"), broken),
    says("a length in HTTP/1.0", FRAMING, cut(answer("Content-Length: 5", body=b"hello", version="1.0")), got(after="open")),
    says("no length in HTTP/1.0", FRAMING, cut(answer(body=b"hello", version="1.0")), got(), ours=got(after="open")),
    says("a body's length for HEAD", "RFC 9110 §9.3.2", head("Content-Length: 5"),
         got(body=b"", has={"Content-Length": "5"}, request="HEAD /v1/x", after="open"), method="HEAD"),
    says("chunked for HEAD", "RFC 9112 §6.1", head(CHUNKED), got(body=b"", request="HEAD /v1/x", after="open"), method="HEAD"),
    says("nothing of a body for HEAD", FRAMING, head("X-A: 1"), got(body=b"", request="HEAD /v1/x"), method="HEAD"),
    says("204", "RFC 9110 §15.3.5", head(status="204 No Content"),
         got(204, b"", lacks=["Content-Length", "Transfer-Encoding"], after="open")),
    says("204 with a length of 0", "RFC 9110 §8.6", head("Content-Length: 0", status="204 No Content"),
         got(204, b"", lacks=["Content-Length", "Transfer-Encoding"], after="open")),
    says("304", "RFC 9110 §15.4.5", head('ETag: "a"', status="304 Not Modified"), got(304, b"", has={"ETag": '"a"'}, after="open")),
    says("304 with the length of what it stands for", "RFC 9110 §8.6", head("Content-Length: 5", status="304 Not Modified"),
         got(304, b"", after="open")),
    says("304 that is chunked", "RFC 9112 §6.1", head(CHUNKED, status="304 Not Modified"), got(304, b"", after="open")),
    says("205", "RFC 9110 §15.3.6", head("Content-Length: 0", status="205 Reset Content"), got(205, b"", after="open")),
    says("206", "RFC 9110 §15.3.7", answer("Content-Range: bytes 0-4/9", "Content-Length: 5", status="206 Partial Content", body=b"hello"),
         got(206, has={"Content-Range": "bytes 0-4/9"})),
    says("what upstream encoded", "RFC 9110 §8.4", answer("Content-Encoding: br", "Content-Length: 5", body=b"hello"),
         got(has={"Content-Encoding": "br"})),
    says("a status that nobody knows", "RFC 9110 §15", answer("Content-Length: 5", status="299 Odd", body=b"hello"), got(299)),
    line("no reason", b"HTTP/1.1 200 ", got()),
    line("no space before no reason", b"HTTP/1.1 200", got() | broken, ours=got(), note="many leave it out"),
    line("a reason beyond ASCII", b"HTTP/1.1 200 \xc3\xa9", got()),
    line("HTTP/1.7", b"HTTP/1.7 200 OK", got() | broken, ours=got(), section="RFC 9110 §2.5"),
    line("HTTP/2", b"HTTP/2 200 OK"),
    line("HTTP/2.0", b"HTTP/2.0 200 OK"),
    line("lower case", b"http/1.1 200 OK"),
    line("another protocol", b"ICY 200 OK"),
    line("two digits", b"HTTP/1.1 20 OK"),
    line("four digits", b"HTTP/1.1 2000 OK"),
    line("a status below 100", b"HTTP/1.1 099 OK"),
    line("a signed status", b"HTTP/1.1 +20 OK"),
    line("two spaces", b"HTTP/1.1  200 OK"),
    line("a control character in the reason", b"HTTP/1.1 200 O\x01K"),
    line("a NUL in the reason", b"HTTP/1.1 200 O\0K"),
    line("an empty line first", b"\r\nHTTP/1.1 200 OK", broken | got(), ours=broken, note=strict, section="RFC 9112 §2.2"),
    line("bytes before the answer", b"x HTTP/1.1 200 OK"),
    says("no HTTP at all", "RFC 9112 §4", cut(b"hello there\r\n\r\n"), broken),
    says("nothing", "RFC 9110 §15.6.3", cut(b""), Broken(502, 504)),
    says("half a header", "RFC 9112 §8", cut(b"HTTP/1.1 200 OK\r\nContent-Le"), Broken(502, 504)),
    says("a header without its end", "RFC 9112 §8", cut(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"), Broken(502, 504)),
    field("lines that end in LF", b"X-A: 1\nX-B: 2", broken | got(has={"X-A": "1", "X-B": "2"}), section="RFC 9112 §2.2",
          ours=broken, note=strict),
    field("a folded line", b"X-A: 1\r\n 2", broken | got(like={"X-A": "1[ \t]+2"}), section="RFC 9112 §5.2", ours=broken, note=strict),
    field("a blank before the colon", b"X-A : 1", got(has={"X-A": "1"}) | got(lacks=["X-A"]), section="RFC 9112 §5.1", ours=broken,
          note="the RFC has the blank taken out; spec.md: " + strict.split(": ")[1]),
    field("no colon", b"X-A"),
    field("a NUL", b"X-A: 1\0", broken | got(has={"X-A": "1"}), section="RFC 9110 §5.5", ours=broken),
    field("a CR", b"X-A: 1\rX-B: 2", broken | got(has={"X-A": "1 X-B: 2"}), section="RFC 9110 §5.5", ours=broken),
    field("a header of 70,000 bytes", b"X-A: " + b"a" * 70000, broken | got(), ours=broken, section="RFC 9110 §5.4", note="64 KiB"),
    says("two lengths", FRAMING, answer("Content-Length: 5", "Content-Length: 2", body=b"hello"), broken),
    says("two equal lengths", FRAMING, answer("Content-Length: 5", "Content-Length: 5", body=b"hello"),
         broken | got(values={"Content-Length": ["5"]}), ours=broken, note=strict),
    says("a list of equal lengths", FRAMING, answer("Content-Length: 5, 5", body=b"hello"),
         broken | got(values={"Content-Length": ["5"]}), ours=broken, note=strict),
    says("a list of lengths", FRAMING, answer("Content-Length: 5, 2", body=b"hello"), broken),
    says("a signed length", FRAMING, answer("Content-Length: +5", body=b"hello"), broken),
    says("a length beyond 2^64", FRAMING, answer("Content-Length: 18446744073709551621", body=b"hello"), broken),
    says("an empty length", FRAMING, answer("Content-Length:", body=b"hello"), broken),
    says("a length and chunked", FRAMING, answer("Content-Length: 15", CHUNKED, body=chunked(b"hello")),
         broken | got(pooled=False), ours=broken, note=strict),
    says("an unknown coding", FRAMING, cut(answer("Transfer-Encoding: gzip", body=b"hello")), broken | got(has={"Transfer-Encoding": ""}),
         ours=broken, note=strict),
    says("chunked twice", "RFC 9112 §7.1", answer("Transfer-Encoding: chunked, chunked", body=chunked(chunked(b"hello"))), broken),
    says("chunked before gzip", FRAMING, cut(answer("Transfer-Encoding: chunked, gzip", body=chunked(b"hello"))), broken),
    says("chunked in HTTP/1.0", "RFC 9112 §6.1", cut(answer(CHUNKED, body=chunked(b"hello"), version="1.0")),
         broken | got(pooled=False), ours=broken, note=strict),
    says("204 that is chunked", "RFC 9112 §6.1", answer(CHUNKED, status="204 No Content", body=chunked(b"hello")),
         broken | got(204, b"", pooled=False), ours=broken),
    says("204 with a length", "RFC 9110 §8.6", answer("Content-Length: 5", status="204 No Content", body=b"hello"),
         broken | got(204, b"", pooled=False), ours=broken),
    says("a body cut short", "RFC 9112 §8", cut(answer("Content-Length: 9", body=b"hello")), broken),
    says("chunks cut short", "RFC 9112 §8", cut(answer(CHUNKED, body=b"5\r\nhel")), broken),
    says("chunks without the last", "RFC 9112 §8", cut(answer(CHUNKED, body=b"5\r\nhello\r\n")), broken),
    says("a last chunk without its end", "RFC 9112 §8", cut(answer(CHUNKED, body=b"5\r\nhello\r\n0\r\n")), broken),
    says("chunks cut short, for HTTP/1.0", "RFC 9112 §8", cut(answer(CHUNKED, body=b"5\r\nhello\r\n")), broken, version="1.0"),
    says("a chunk size that is none", "RFC 9112 §7.1", cut(answer(CHUNKED, body=b"5\r\nhello\r\nzz\r\n\r\n")), broken),
    says("0x before a chunk's size", "RFC 9112 §7.1", cut(answer(CHUNKED, body=b"0x5\r\nhello\r\n0\r\n\r\n")), broken),
    says("a chunk's size beyond 2^64", "RFC 9112 §7.1", cut(answer(CHUNKED, body=b"10000000000000005\r\nhello\r\n0\r\n\r\n")), broken),
    says("a chunk longer than its size", "RFC 9112 §7.1", cut(answer(CHUNKED, body=b"4\r\nhello\r\n0\r\n\r\n")), broken),
    says("a chunk line that ends in LF", "RFC 9112 §2.2", cut(answer(CHUNKED, body=b"5\nhello\n0\n\n")), broken | got(), ours=broken,
         note=strict),
    says("a malformed trailer", "RFC 9112 §7.1.2", cut(answer(CHUNKED, body=chunked(b"hello", end=b"0\r\nX T\r\n\r\n"))),
         broken | got(trailers=[[]], pooled=False), ours=broken, note=strict),
]
