"""What is for one hop and what is for all: Connection, TE, Via, Date, Max-Forwards."""
from table import Answer, Case, Forwarded, Refused, Reply, Request, answer, chunked, get, post

STORY = "Hop by hop"

HOP = "RFC 9110 §7.6.1"
FINAL = answer("Content-Length: 2", body=b"ok")


def to_upstream(name, section, *lines, rfc, **more):
    return Case(name, section, get("/v1/x", *lines), rfc, **more)


def to_client(name, section, *lines, rfc, **more):
    return Case(name, section, get(), rfc, replies=[answer(*lines, "Content-Length: 2", body=b"ok")], **more)


def sent(**checks):
    return Forwarded(Request(**checks))


def got(**checks):
    return Forwarded(Request(), Answer(**checks))


def options(name, *lines, rfc, **more):
    return Case(name, "RFC 9110 §7.6.2", get("/v1/x", *lines, method="OPTIONS"), rfc, methods=("OPTIONS",), **more)


kept = "a nomination may not make a proxy forget it: spec.md and the RFC's own list of what is no connection option"

CASES = [
    to_upstream("a field that Connection names", HOP, "Connection: X-Hop", "X-Hop: 1", "X-End: 2",
                rfc=sent(lacks=["X-Hop"], has={"X-End": "2"})),
    to_upstream("fields that two Connection lines name", HOP, "X-A: 1", "Connection: x-a , X-B", "Connection: keep-alive,X-C",
                "X-B: 2", "x-c: 3", rfc=sent(lacks=["X-A", "X-B", "X-C"])),
    to_upstream("Connection names Host", HOP, "Connection: host", rfc=sent(has={"Host": "", "X-Forwarded-Host": "proxy.test"})),
    Case("Connection names the body's length", HOP, post("Connection: content-length, transfer-encoding", "Content-Length: 5",
         body=b"hello"), Forwarded(Request("POST /v1/x", body=b"hello")), methods=("POST",)),
    Case("Connection names chunked", HOP, post("Connection: transfer-encoding", "Transfer-Encoding: chunked",
         body=chunked(b"hello")), Forwarded(Request("POST /v1/x", body=b"hello")), methods=("POST",)),
    to_upstream("Connection names what says who asks", HOP, "Connection: authorization, x-forwarded-for",
                "Authorization: Bearer client", "X-Forwarded-For: 203.0.113.9",
                rfc=sent(values={"Authorization": ["Bearer upstream-secret-key"]}),
                ours=sent(values={"Authorization": ["Bearer upstream-secret-key"],
                                  "X-Forwarded-For": ["203.0.113.9, 127.0.0.1"]}), note=kept),
    to_upstream("Connection names the client's credentials, which go upstream", HOP, "Connection: authorization, x-api-key",
                "Authorization: Bearer client", "X-Api-Key: client", pass_through=True,
                rfc=sent(has={"Authorization": "Bearer client", "X-Api-Key": "client"}) |
                sent(lacks=["Authorization", "X-Api-Key"]),
                ours=sent(has={"Authorization": "Bearer client", "X-Api-Key": "client"}), note=kept),
    to_upstream("Connection names the content's type and the cache's orders", HOP, "Connection: content-type, cache-control",
                "Content-Type: text/plain", "Cache-Control: no-store",
                rfc=sent(has={"Content-Type": "text/plain", "Cache-Control": "no-store"}) |
                sent(lacks=["Content-Type", "Cache-Control"]),
                ours=sent(has={"Content-Type": "text/plain", "Cache-Control": "no-store"}), note=kept),
    to_upstream("TE: trailers", "RFC 9110 §10.1.4", "TE: trailers", "Connection: TE",
                rfc=sent(lacks=["TE"]) | sent(has={"TE": "trailers"}, like={"Connection": "(?i).*\\bte\\b.*"}), ours=sent(lacks=["TE"])),
    to_upstream("TE that Connection does not name", "RFC 9110 §10.1.4", "TE: trailers, deflate;q=0.5", rfc=sent(lacks=["TE"])),
    to_upstream("Keep-Alive", HOP, "Keep-Alive: timeout=5", rfc=sent(lacks=["Keep-Alive"])),
    to_upstream("Proxy-Connection", "RFC 9112 §C.2.2", "Proxy-Connection: keep-alive", rfc=sent(lacks=["Proxy-Connection"])),
    to_upstream("Proxy-Authorization", "RFC 9110 §11.7.2", "Proxy-Authorization: Basic eA==",
                rfc=sent(lacks=["Proxy-Authorization"]) | sent(has={"Proxy-Authorization": ""}), ours=sent(lacks=["Proxy-Authorization"]),
                note="it is between the client and this proxy"),
    to_upstream("a field that nobody knows", "RFC 9110 §5.1", "X-Odd: a, b;c", rfc=sent(has={"X-Odd": "a, b;c"})),
    to_upstream("Via", "RFC 9110 §7.6.3", rfc=sent(like={"Via": r"(HTTP/)?1\.1 \S+.*"})),
    to_upstream("Via behind those before", "RFC 9110 §7.6.3", "Via: 1.0 a", "Via: 1.1 b (c)",
                rfc=sent(like={"Via": r"1\.0 a, 1\.1 b \(c\), (HTTP/)?1\.1 \S+.*"})),
    Case("Via of HTTP/1.0", "RFC 9110 §7.6.3", get(version="1.0"), sent(like={"Via": r"(HTTP/)?1\.0 \S+.*"})),
    Case("a version of its own upstream", "RFC 9110 §2.5", get(version="1.0"), sent(version=b"1")),
    options("OPTIONS with Max-Forwards: 0", "Max-Forwards: 0", rfc=Refused(200, 204, 405, closed=False), ours=Refused(200, closed=False)),
    options("OPTIONS with Max-Forwards: 00", "Max-Forwards: 00", rfc=Refused(200, 204, 405, closed=False), ours=Refused(200, closed=False)),
    options("OPTIONS with Max-Forwards: 5", "Max-Forwards: 5", rfc=Forwarded(Request("OPTIONS /v1/x", values={"Max-Forwards": ["4"]}))),
    options("OPTIONS with Max-Forwards and no number", "Max-Forwards: many", rfc=Forwarded(Request("OPTIONS /v1/x"))),
    options("OPTIONS without Max-Forwards", rfc=Forwarded(Request("OPTIONS /v1/x", lacks=["Max-Forwards"]))),
    to_upstream("GET with Max-Forwards", "RFC 9110 §7.6.2", "Max-Forwards: 0", rfc=Forwarded(Request())),
    Case("TRACE", "RFC 9110 §9.3.8", get(method="TRACE"), Refused(405, 501, closed=False) | Forwarded(Request("TRACE /v1/x")),
         methods=("TRACE",), ours=Refused(405, closed=False), note="spec.md: an echo would hand out the key"),
    Case("TRACE with Max-Forwards: 0", "RFC 9110 §7.6.2", get("/v1/x", "Max-Forwards: 0", method="TRACE"),
         Refused(200, 405, 501, closed=False), methods=("TRACE",)),
    to_client("a field that upstream's Connection names", HOP, "Connection: X-Hop", "X-Hop: 1", "X-End: 2",
              rfc=got(lacks=["X-Hop"], has={"X-End": "2"})),
    to_client("upstream's Proxy-Connection", "RFC 9112 §C.2.2", "Proxy-Connection: keep-alive", rfc=got(lacks=["Proxy-Connection"])),
    to_client("upstream's Connection names the length", HOP, "Connection: content-length", rfc=got(body=b"ok")),
    to_client("a field of upstream's that nobody knows", "RFC 9110 §5.1", "X-Odd: a, b;c", rfc=got(has={"X-Odd": "a, b;c"})),
    to_client("cookies, each in its line", "RFC 9110 §5.3", "Set-Cookie: a=1", "Set-Cookie: b=2, c",
              rfc=got(values={"Set-Cookie": ["a=1", "b=2, c"]})),
    to_client("Via on the way back", "RFC 9110 §7.6.3", "Via: 1.1 a", rfc=got(like={"Via": r"1\.1 a.*"}),
              ours=got(like={"Via": r"1\.1 a, 1\.1 \S+"}), note="a gateway may leave it out there; spec.md has it both ways"),
    to_client("Date where upstream says none", "RFC 9110 §6.6.1", rfc=got(like={"Date": r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"})),
    to_client("Date of upstream's", "RFC 9110 §6.6.1", "Date: Sun, 06 Nov 1994 08:49:37 GMT",
              rfc=got(values={"Date": ["Sun, 06 Nov 1994 08:49:37 GMT"]})),
]
