"""Bytes that are no answer to what was asked: they reach nobody, and their connection carries nothing else."""
from table import Answer, Broken, Case, Forwarded, OK, Refused, Reply, Request, answer, chunked, get, post

STORY = "Bytes left over"

LEFT = "RFC 9112 §9.2"
EVIL = answer("Content-Length: 4", body=b"evil")
OWN = answer("Content-Length: 5", body=b"hello")


def behind(name, reply, status=200, body=b"hello", method="GET", section=LEFT, sent=None, **more):
    """The client gets its own answer and nothing else, and the connection is not used again."""
    rfc = Forwarded(Request(f"{method} /v1/x"), Answer(status, body=body), pooled=False)
    reply = reply if isinstance(reply, Reply) else Reply(reply if isinstance(reply, list) else [reply])
    return Case(name, section, sent or get(method=method), rfc | Broken(), replies=[reply], methods=(method,), ours=rfc, **more)


CHUNKED = answer("Transfer-Encoding: chunked", body=chunked(b"hello"))
BIG = post("Content-Length: 6000000", body=b"b" * 6000000)  # more than sockets take in

CASES = [
    behind("a byte behind an answer", OWN + b"x"),
    behind("an empty line behind an answer", OWN + b"\r\n"),
    behind("an answer behind an answer", OWN + EVIL),
    behind("an answer behind an answer, in a record of its own", [OWN, EVIL]),
    behind("an answer behind chunks", CHUNKED + EVIL),
    behind("an answer behind chunks, in a record of its own", [CHUNKED, EVIL]),
    behind("an interim answer behind an answer", OWN + answer(status="103 Early Hints")),
    behind("a thousand bytes more than the length", answer("Content-Length: 5", body=b"hello" + b"x" * 1000)),
    behind("20,000 bytes more than the length", answer("Content-Length: 5", body=b"hello" + b"x" * 20000)),
    behind("a body for HEAD", OWN, body=b"", method="HEAD", section="RFC 9110 §9.3.2"),
    behind("chunks for HEAD", CHUNKED, body=b"", method="HEAD", section="RFC 9110 §9.3.2"),
    behind("an answer as the body for HEAD", answer(f"Content-Length: {len(EVIL)}", body=EVIL), body=b"", method="HEAD",
           section="RFC 9110 §9.3.2"),
    behind("an answer behind a 204", answer(status="204 No Content") + EVIL, 204, b"", section="RFC 9110 §15.3.5"),
    behind("a body for a 304", answer("Content-Length: 5", status="304 Not Modified", body=b"hello"), 304, b"",
           section="RFC 9110 §15.4.5"),
    behind("an answer as the body of a 304", answer(f"Content-Length: {len(EVIL)}", status="304 Not Modified", body=EVIL), 304, b"",
           section="RFC 9110 §15.4.5"),
    behind("an answer, and then the connection's end", Reply([OWN + EVIL], then="close")),
    behind("an answer before its request was all sent", Reply([OWN], when="head", reads_on=False), method="POST", sent=BIG, section="RFC 9112 §9.5"),
    behind("a refusal before the request was all sent", Reply([answer("Content-Length: 0", status="413 Content Too Large")],
           when="head", then="close"), 413, b"", method="POST", sent=BIG, section="RFC 9112 §9.5"),
]
