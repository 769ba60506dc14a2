"""What delimits a request's body."""
from table import Answer, Case, Forwarded, Refused, Request, chunked, get, post

STORY = "Framing of requests"

refused = Refused(400)
unknown = Refused(400, 422, 501)
hello = Request("POST /v1/x", body=b"hello")
whole = Forwarded(hello)
hidden = b"GET /v1/hidden HTTP/1.1\r\nHost: proxy.test\r\n\r\n"


def length(name, text, rfc=refused, ours=None, note="", body=b"hello"):
    return Case(name, "RFC 9112 §6.3", post(f"Content-Length: {text}", body=body), rfc, methods=("POST",), ours=ours,
                note=note)


def coding(name, *lines, section="RFC 9112 §6.1", rfc=unknown, ours=None, note="", version="1.1"):
    return Case(name, section, post(*lines, body=chunked(b"hello"), version=version), rfc, methods=("POST",), ours=ours,
                note=note)


CASES = [
    length("a length", "5", whole),
    length("a length with zeros in front", "0005", whole),
    length("a length of 0", "0", Forwarded(Request("POST /v1/x", body=b"", has={"Content-Length": "0"})), body=b""),
    Case("a POST that says nothing of a body", "RFC 9110 §8.6", post(), Forwarded(Request("POST /v1/x", body=b"")),
         methods=("POST",), ours=Forwarded(Request("POST /v1/x", body=b"", has={"Content-Length": "0"}))),
    Case("a GET with a body", "RFC 9110 §9.3.1", get("/v1/x", "Content-Length: 5", body=b"hello"),
         Forwarded(Request(body=b"hello")) | Refused(400, 413), ours=Forwarded(Request(body=b"hello"))),
    Case("a GET whose body looks like a request", "RFC 9112 §6.3",
         get("/v1/x", f"Content-Length: {len(hidden)}", body=hidden), Forwarded(Request(body=hidden)) | Refused(400, 413)),
    Case("a DELETE with a chunked body", "RFC 9110 §9.3.5", get("/v1/x", "Transfer-Encoding: chunked", method="DELETE",
         body=chunked(b"hello")), Forwarded(Request("DELETE /v1/x", body=b"hello")) | Refused(400), methods=("DELETE",)),
    Case("a request behind the body", "RFC 9112 §9.3.2", post("Content-Length: 5", body=b"hello" + get("/v1/y")),
         Forwarded([hello, Request("GET /v1/y")], [Answer(body=b"/v1/x"), Answer(body=b"/v1/y")]), methods=("POST", "GET")),
    length("a list of equal lengths", "5, 5", refused | whole, refused, "spec.md: repeated lengths are refused"),
    length("a list of lengths", "5, 6"),
    length("a sign", "+5"),
    length("a negative length", "-5"),
    length("a hexadecimal length", "0x5"),
    length("a length with a blank in it", "5 0"),
    length("a length with an underscore", "5_0"),
    length("a length with a fraction", "5.0"),
    length("letters", "five"),
    length("an empty length", ""),
    length("a length of 2^64 and 5", "18446744073709551621", Refused(400, 413)),
    length("a length of thirty digits", "9" * 30, Refused(400, 413)),
    length("a length behind a vertical tab", "\x0b5"),
    Case("two equal lengths", "RFC 9112 §6.3", post("Content-Length: 5", "Content-Length: 5", body=b"hello"),
         refused | Forwarded(Request("POST /v1/x", body=b"hello", values={"Content-Length": ["5"]})), methods=("POST",),
         ours=refused, note="spec.md: repeated lengths are refused"),
    Case("two lengths", "RFC 9112 §6.3", post("Content-Length: 5", "Content-Length: 0", body=b"hello"), refused,
         methods=("POST",)),
    coding("chunked", "Transfer-Encoding: chunked", rfc=whole),
    coding("chunked in capitals", "Transfer-Encoding: CHUNKED", rfc=whole),
    coding("a length before chunked", "Content-Length: 5", "Transfer-Encoding: chunked", section="RFC 9112 §6.3",
           rfc=refused | Forwarded(hello, after="closed"), ours=refused, note="spec.md: both are refused"),
    coding("a length behind chunked", "Transfer-Encoding: chunked", "Content-Length: 15", section="RFC 9112 §6.3",
           rfc=refused | Forwarded(hello, after="closed"), ours=refused, note="spec.md: both are refused"),
    coding("a length beside an unknown coding", "Content-Length: 15", "Transfer-Encoding: xchunked",
           section="RFC 9112 §6.3"),
    coding("an unknown coding", "Transfer-Encoding: xchunked", ours=Refused(501)),
    coding("gzip before chunked", "Transfer-Encoding: gzip, chunked", ours=Refused(501)),
    coding("gzip behind chunked", "Transfer-Encoding: chunked, gzip", ours=Refused(501)),
    coding("chunked twice", "Transfer-Encoding: chunked, chunked", section="RFC 9112 §7.1", ours=Refused(501)),
    coding("chunked in two lines", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked", section="RFC 9112 §7.1",
           ours=Refused(501)),
    coding("gzip and chunked in two lines", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked", ours=Refused(501)),
    coding("identity", "Transfer-Encoding: identity", ours=Refused(501)),
    coding("identity before chunked", "Transfer-Encoding: identity, chunked", ours=Refused(501)),
    coding("an empty coding", "Transfer-Encoding:", ours=Refused(501)),
    coding("chunked and a comma", "Transfer-Encoding: chunked,", rfc=unknown | whole, ours=Refused(501),
           note="spec.md: chunked alone"),
    coding("chunked with a parameter", "Transfer-Encoding: chunked;a=b", ours=Refused(501)),
    coding("chunked in quotes", 'Transfer-Encoding: "chunked"', ours=Refused(501)),
    coding("chunked behind a vertical tab", "Transfer-Encoding: \x0bchunked", ours=refused),
    coding("chunked behind a NUL", "Transfer-Encoding: \0chunked", ours=refused),
    coding("chunked and a bare CR", "Transfer-Encoding: chunked\r", ours=refused),
    coding("a blank before the colon of chunked", "Transfer-Encoding : chunked", section="RFC 9112 §5.1", ours=refused),
    coding("chunked on a folded line", "Transfer-Encoding:\r\n chunked", section="RFC 9112 §5.2", rfc=unknown | whole,
           ours=refused),
    coding("chunked in HTTP/1.0", "Transfer-Encoding: chunked", version="1.0", rfc=unknown | Forwarded(hello, after="closed"),
           ours=refused),
    Case("a name that only looks like Transfer-Encoding", "RFC 9112 §6.3",
         post("Transfer_Encoding: chunked", "Content-Length: 5", body=b"hello"), whole, methods=("POST",)),
    Case("a name that only looks like Content-Length", "RFC 9112 §6.3",
         post("Content_Length: 50", "Content-Length: 5", body=b"hello"), whole, methods=("POST",)),
]
