"""Expect, and interim answers of every kind."""
from table import Answer, Await, Broken, Case, Forwarded, OK, Refused, Reply, Request, answer, chunked, get, post

STORY = "Expect and interim answers"

KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
CONTINUE = Await(b"100 Continue\r\n\r\n")
hello = Request("POST /v1/x", body=b"hello")
without = Request("POST /v1/x", body=b"hello", lacks=["Expect"])
HINTS = answer("Link: </s.css>; rel=preload", status="103 Early Hints")
FINAL = answer("Content-Length: 2", body=b"ok")


def expects(name, *lines, section="RFC 9110 §10.1.1", steps=None, rfc=None, version="1.1", **more):
    steps = steps or [post(*lines, version=version), CONTINUE, b"hello"]
    ours = more.pop("ours", None) or (None if rfc else Forwarded(without, interims=[100]))
    return Case(name, section, steps, rfc or Forwarded(hello, interims=[100]), methods=("POST",), ours=ours, **more)


def interim(name, heads, wanted, sent=None, section="RFC 9110 §15.2", rfc=None, methods=("GET",), body=b"ok", **more):
    rfc = rfc or Forwarded(Request(methods[0] + " /v1/x"), Answer(body=body), interims=wanted)
    return Case(name, section, sent or get(), rfc, replies=[Reply([heads + FINAL])], methods=methods, **more)


CASES = [
    expects("Expect: 100-continue", "Content-Length: 5", "Expect: 100-continue"),
    expects("Expect in capitals", "Content-Length: 5", "Expect: 100-Continue"),
    expects("Expect of a chunked body", steps=[post("Transfer-Encoding: chunked", "Expect: 100-continue"), CONTINUE,
                                               chunked(b"hello")]),
    expects("Expect twice", "Content-Length: 5", "Expect: 100-continue", "Expect: 100-continue"),
    expects("Expect as a list", "Content-Length: 5", "Expect: 100-continue, 100-continue"),
    expects("Expect with the body at once", steps=[post("Content-Length: 5", "Expect: 100-continue", body=b"hello")],
            rfc=Forwarded(hello)),
    expects("Expect in HTTP/1.0", steps=[post("Content-Length: 5", "Expect: 100-continue", version="1.0", body=b"hello")],
            rfc=Forwarded(Request("POST /v1/x", body=b"hello"), interims=[])),
    expects("Expect without a body", steps=[get("/v1/x", "Expect: 100-continue", method="POST")],
            rfc=Forwarded(Request("POST /v1/x", body=b""))),
    expects("Expect of something else", steps=[post("Content-Length: 5", "Expect: magic", body=b"hello")],
            rfc=Forwarded(Request("POST /v1/x", body=b"hello", has={"Expect": "magic"})) | Refused(417, closed=False)),
    expects("100 for a client that waits, and from upstream too", steps=[post("Content-Length: 5", "Expect: 100-continue"),
            CONTINUE, b"hello"], replies=[Reply([answer(status="100 Continue") + FINAL])],
            rfc=Forwarded(hello, interims=[100, 100]) | Forwarded(hello, interims=[100])),
    interim("100", answer(status="100 Continue"), [100]),
    interim("102", answer(status="102 Processing"), [102]),
    interim("103", HINTS, [103]),
    interim("one that nobody knows", answer(status="199 Odd"), [199]),
    interim("three, and one of them twice", answer(status="100 Continue") + HINTS + HINTS + answer(status="102 Processing"),
            [100, 103, 103, 102]),
    interim("103 for HEAD", HINTS, [103], sent=get(method="HEAD"), methods=("HEAD",), body=b"",
            rfc=Forwarded(Request("HEAD /v1/x"), Answer(), interims=[103], pooled=False)),
    interim("none for HTTP/1.0", HINTS, [], sent=get(version="1.0")),
    interim("no 100 for HTTP/1.0", answer(status="100 Continue"), [], sent=get(version="1.0")),
    interim("one with a length", answer("Content-Length: 2", status="103 Early Hints"), None, section="RFC 9110 §8.6",
            rfc=Broken() | Forwarded(Request(), Answer(body=b"ok")), ours=Broken(),
            note="it may have none: two readings"),
    interim("one that is chunked", answer("Transfer-Encoding: chunked", status="103 Early Hints"), None,
            section="RFC 9112 §6.1", rfc=Broken() | Forwarded(Request(), Answer(body=b"ok")), ours=Broken(),
            note="it may not be: two readings"),
    Case("nothing behind an interim answer", "RFC 9110 §15.2", get(), Broken(502, 504),
         replies=[Reply([HINTS], then="close")]),
    interim("two thousand of them", HINTS * 2000, None, section="RFC 9110 §17",
            rfc=Broken() | Forwarded(Request(), Answer(body=b"ok")), ours=Broken(), note="64 KiB of them at most"),
    Case("101 that nobody asked for", "RFC 9110 §15.2.2", get(), Broken(),
         replies=[Reply([answer("Upgrade: websocket", "Connection: upgrade", status="101 Switching Protocols")])]),
    Case("101 for a client that asked", "RFC 9110 §7.8",
         get("/v1/x", "Connection: upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", KEY),
         Forwarded(Request(lacks=["Upgrade"])) | Forwarded(Request(has={"Upgrade": "websocket"})),
         ours=Forwarded(Request(lacks=["Upgrade"])), note="spec.md: Upgrade is not passed on; no WebSocket yet"),
    Case("HTTP/2 as an upgrade", "RFC 9110 §7.8",
         get("/v1/x", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
         Forwarded(Request(lacks=["Upgrade", "HTTP2-Settings"]), after="open")),
    Case("Upgrade that Connection does not name", "RFC 9110 §7.8", get("/v1/x", "Upgrade: websocket"),
         Forwarded(Request(lacks=["Upgrade"]))),
    Case("Upgrade in HTTP/1.0", "RFC 9110 §7.8", get("/v1/x", "Connection: upgrade", "Upgrade: websocket", KEY, version="1.0"),
         Forwarded(Request(lacks=["Upgrade"]))),
    Case("426 and what to upgrade to", "RFC 9110 §15.5.22", get(),
         Forwarded(Request(), Answer(426, lacks=["Upgrade"])) | Forwarded(Request(), Answer(426, has={"Upgrade": "h2"})),
         replies=[answer("Upgrade: h2", "Connection: upgrade", "Content-Length: 0", status="426 Upgrade Required")]),
]
