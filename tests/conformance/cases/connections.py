"""Connection management: who keeps what open, and pipelining."""
from table import Answer, Await, Case, Forwarded, OK, Refused, Reply, Request, answer, chunked, get, post

STORY = "Connections and pipelining"

FINAL = answer("Content-Length: 2", body=b"ok")
SAYS_CLOSE = Answer(like={"Connection": "(?i).*close.*"})


def connection(name, section, *lines, rfc, version="1.1", **more):
    return Case(name, section, get("/v1/x", *lines, version=version), rfc, **more)


def upstream_says(name, section, reply, rfc, **more):
    return Case(name, section, get(), rfc, replies=[reply], **more)


def two(first, second):
    return [Answer(body=first.encode()), Answer(body=second.encode())]


closes = Forwarded(Request(), SAYS_CLOSE, after="closed")
stays = Forwarded(Request(), Answer(lacks=["Keep-Alive"]), after="open")

CASES = [
    connection("HTTP/1.1 stays open", "RFC 9112 §9.3", rfc=Forwarded(Request(), after="open")),
    connection("close", "RFC 9112 §9.6", "Connection: close", rfc=closes),
    connection("close in capitals", "RFC 9110 §7.6.1", "Connection: CLOSE", rfc=closes),
    connection("close behind keep-alive", "RFC 9112 §9.3", "Connection: keep-alive, close", rfc=closes),
    connection("close in a second line", "RFC 9110 §5.3", "Connection: keep-alive", "Connection: close", rfc=closes),
    connection("close among empty elements", "RFC 9110 §5.6.1", "Connection: , ,close,", rfc=closes),
    connection("HTTP/1.0 closes", "RFC 9112 §9.3", version="1.0", rfc=Forwarded(Request(), after="closed")),
    connection("keep-alive in HTTP/1.0", "RFC 9112 §9.3", "Connection: keep-alive", version="1.0",
               rfc=Forwarded(Request(), Answer(like={"Connection": "(?i).*keep-alive.*"}), after="open") |
               Forwarded(Request(), after="closed"),
               ours=Forwarded(Request(), Answer(like={"Connection": "(?i)keep-alive"}), after="open")),
    connection("Proxy-Connection in HTTP/1.0", "RFC 9112 §C.2.2", "Proxy-Connection: keep-alive", version="1.0",
               rfc=Forwarded(Request(lacks=["Proxy-Connection"]), after="closed")),
    connection("an option that nobody knows", "RFC 9110 §7.6.1", "Connection: X-Odd", rfc=Forwarded(Request(), after="open")),
    Case("three requests at once", "RFC 9112 §9.3.2", get("/v1/a") + get("/v1/b") + get("/v1/c"),
         Forwarded([Request("GET /v1/a"), Request("GET /v1/b"), Request("GET /v1/c")],
                   [Answer(body=b"/v1/a"), Answer(body=b"/v1/b"), Answer(body=b"/v1/c")], after="open"),
         methods=("GET",) * 3),
    Case("bodies and requests at once", "RFC 9112 §9.3.2",
         post("Content-Length: 5", target="/v1/a", body=b"hello") +
         post("Transfer-Encoding: chunked", target="/v1/b", body=chunked(b"hel", b"lo")) + get("/v1/c", method="HEAD") +
         get("/v1/d"),
         Forwarded([Request("POST /v1/a", body=b"hello"), Request("POST /v1/b", body=b"hello"), Request("HEAD /v1/c"),
                    Request("GET /v1/d")],
                   [Answer(body=b"/v1/a"), Answer(body=b"/v1/b"), Answer(body=b""), Answer(body=b"/v1/d")], after="open"),
         methods=("POST", "POST", "HEAD", "GET")),
    Case("an empty line between two requests", "RFC 9112 §2.2", post("Content-Length: 5", body=b"hello\r\n") + get("/v1/y"),
         Forwarded([Request("POST /v1/x", body=b"hello"), Request("GET /v1/y")], two("/v1/x", "/v1/y")),
         methods=("POST", "GET")),
    Case("a request behind close", "RFC 9112 §9.6", get("/v1/x", "Connection: close") + get("/v1/y"), closes),
    Case("a request behind HTTP/1.0", "RFC 9112 §9.3", get("/v1/x", version="1.0") + get("/v1/y"),
         Forwarded(Request(), after="closed")),
    Case("a request behind one that is refused", "RFC 9112 §9.3.2", get("/v1/x", "X A: 1") + get("/v1/y"), Refused(400)),
    Case("a request behind half a body", "RFC 9112 §9.3.2",
         post("Transfer-Encoding: chunked", body=b"5\r\nhello\r\nzz\r\n") + get("/v1/y"), Refused(400), methods=("POST",)),
    Case("a good request, then a bad one", "RFC 9112 §9.3.2", get() + get("/v1/y", "X A: 1"),
         Forwarded(Request(), [Answer(body=b"/v1/x"), Answer(400)], after="closed"), methods=("GET", "GET")),
    Case("one byte behind a body", "RFC 9112 §6.3", post("Content-Length: 5", body=b"hello!") + get("/v1/y"),
         Forwarded(Request("POST /v1/x", body=b"hello"), [Answer(body=b"/v1/x"), Answer(400)], after="closed") |
         Forwarded([Request("POST /v1/x", body=b"hello"), Request("!GET /v1/y")], two("/v1/x", "/v1/y")),
         methods=("POST", "GET"), note="`!GET` is a method: a token"),
    Case("a POST on a kept connection that ends without a word", "RFC 9110 §9.2.2",
         [get(), Await(b"/v1/x"), post("Content-Length: 5", body=b"hello")],
         Forwarded([Request(), Request("POST /v1/x", body=b"hello")], [Answer(), Answer(502)]) |
         Forwarded([Request(), Request("POST /v1/x", body=b"hello")], Answer(), after="closed"), methods=("GET", "POST"),
         replies=[OK, Reply([b""], then="close"), OK],
         ours=Forwarded([Request(), *[Request("POST /v1/x", body=b"hello")] * 2], [Answer(), Answer()]),
         note="the RFC has a proxy not send it again; spec.md has such a connection replaced once"),
    upstream_says("upstream closes", "RFC 9110 §7.6.1", Reply([answer("Connection: close", "Content-Length: 2", body=b"ok")],
                  then="close"), Forwarded(Request(), Answer(body=b"ok"), after="open", pooled=False)),
    upstream_says("upstream says close, and does not", "RFC 9112 §9.6",
                  answer("Connection: close", "Content-Length: 2", body=b"ok"),
                  Forwarded(Request(), Answer(body=b"ok"), after="open", pooled=False)),
    upstream_says("upstream says Keep-Alive", "RFC 9110 §7.6.1",
                  answer("Connection: keep-alive", "Keep-Alive: timeout=5", "Content-Length: 2", body=b"ok"), stays),
    upstream_says("upstream answers in HTTP/1.0", "RFC 9112 §9.3", Reply([answer("Content-Length: 2", body=b"ok", version="1.0")],
                  then="close"), Forwarded(Request(), Answer(body=b"ok"), after="open", pooled=False)),
    upstream_says("HTTP/1.0 that says nothing of its connection", "RFC 9112 §9.3",
                  answer("Content-Length: 2", body=b"ok", version="1.0"),
                  Forwarded(Request(), Answer(body=b"ok"), after="open", pooled=False)),
    upstream_says("upstream answers in HTTP/1.0 and keeps alive", "RFC 9112 §9.3",
                  answer("Connection: keep-alive", "Content-Length: 2", body=b"ok", version="1.0"),
                  Forwarded(Request(), Answer(body=b"ok", lacks=["Keep-Alive"]), after="open")),
]
