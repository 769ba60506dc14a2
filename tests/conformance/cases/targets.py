"""The four forms of a target, and one reading of each path."""
from table import Case, Forwarded, Refused, Request, get

STORY = "Request target"

refused = Refused(400)
elsewhere = Refused(400, 404, closed=False)
here = "this proxy forwards what is below /v1/ and /v1beta/ (spec.md); anything else is 404"


def unchanged(target):
    return Forwarded(Request(f"GET {target}"))


def path(name, section, target, rfc, ours=None, note=""):
    return Case(name, section, get(target), rfc, ours=ours, note=note)


dots = "spec.md: a path with a dot segment in any spelling is refused"
rfc3986_dots = "RFC 3986 §6.2.2.3"

CASES = [
    path("a query", "RFC 9112 §3.2.1", "/v1/x?a=b&c=%20?d", unchanged("/v1/x?a=b&c=%20?d")),
    path("an empty query", "RFC 3986 §6.2.3", "/v1/x?", unchanged("/v1/x?")),
    path("sub-delimiters", "RFC 3986 §3.3", "/v1/a;b=1,c!$&'()*+:@~", unchanged("/v1/a;b=1,c!$&'()*+:@~")),
    path("a fragment", "RFC 9112 §3.2", "/v1/x#y", refused),
    path("characters that a URI does not have", "RFC 9112 §3.2", '/v1/a"<>^`{|}', refused | unchanged('/v1/a"<>^`{|}'),
         note="SDKs send some of them: they pass as they are"),
    Case("absolute-form", "RFC 9112 §3.2.2", get("http://proxy.test/v1/x"), Forwarded(Request(has={"Host": ""}))),
    Case("absolute-form, https", "RFC 9112 §3.2.2", get("https://proxy.test/v1/x"), Forwarded(Request())),
    Case("absolute-form, a scheme in capitals", "RFC 9110 §4.2.3", get("HTTP://proxy.test/v1/x"), Forwarded(Request())),
    Case("absolute-form with a query and no path", "RFC 9112 §3.2.2", get("http://proxy.test?a"), elsewhere, note=here),
    Case("absolute-form without a path", "RFC 9112 §3.2.2", get("http://proxy.test"), elsewhere, note=here),
    Case("absolute-form that Host disagrees with", "RFC 9112 §3.2.2", get("http://other.test/v1/x"),
         Forwarded(Request(has={"X-Forwarded-Host": "other.test"})), ours=refused,
         note="the RFC has Host ignored; spec.md has it refused"),
    Case("absolute-form with Host's port only", "RFC 9112 §3.2", get("http://proxy.test:8080/v1/x"),
         Forwarded(Request(like={"X-Forwarded-Host": r"proxy\.test(:8080)?"})), ours=refused,
         note="the RFC has Host ignored; spec.md has it refused"),
    Case("absolute-form without Host", "RFC 9112 §3.2", get("http://proxy.test/v1/x", host=None), refused),
    Case("absolute-form with a user", "RFC 9110 §4.2.4", get("http://me@proxy.test/v1/x"), refused),
    Case("absolute-form of another scheme", "RFC 9112 §3.2.2", get("ftp://proxy.test/v1/x"),
         Refused(400, 404, 421, closed=False)),
    Case("absolute-form with an empty host", "RFC 9110 §4.2.1", get("http:///v1/x"), refused),
    Case("authority-form for GET", "RFC 9112 §3.2.3", get("proxy.test:443"), refused),
    Case("CONNECT", "RFC 9110 §9.3.6", get("proxy.test:443", method="CONNECT"), Refused(400, 404, 405, 501, closed=False),
         ours=Refused(405, closed=False), methods=("CONNECT",)),
    Case("CONNECT without a port", "RFC 9112 §3.2.3", get("proxy.test", method="CONNECT"), Refused(400, 405, 501),
         methods=("CONNECT",)),
    Case("CONNECT in origin-form", "RFC 9112 §3.2.3", get("/v1/x", method="CONNECT"), Refused(400, 405, 501),
         methods=("CONNECT",)),
    Case("OPTIONS *", "RFC 9112 §3.2.4", get("*", method="OPTIONS"),
         Refused(200, 204, 400, 404, 405, 501, closed=False) | Forwarded(Request("OPTIONS *")),
         ours=Refused(404, closed=False), methods=("OPTIONS",), note=here),
    Case("OPTIONS of an absolute-form without a path", "RFC 9112 §3.2.4", get("http://proxy.test", method="OPTIONS"),
         Refused(200, 204, 400, 404, 405, 501, closed=False) | Forwarded(Request("OPTIONS *")),
         ours=Refused(404, closed=False), methods=("OPTIONS",), note=here),
    Case("GET *", "RFC 9112 §3.2.4", get("*"), elsewhere),
    path("/v1/../x", rfc3986_dots, "/v1/../x", elsewhere, refused, dots),
    path("/v1/..", rfc3986_dots, "/v1/..", elsewhere, refused, dots),
    path("/v1/a/../x", rfc3986_dots, "/v1/a/../x", Forwarded(Request()) | refused, refused, dots),
    path("/v1/./x", rfc3986_dots, "/v1/./x", Forwarded(Request()) | refused, refused, dots),
    path("/v1/%2e%2e/x", rfc3986_dots, "/v1/%2e%2e/x", elsewhere, refused, dots),
    path("/v1/.%2E/x", rfc3986_dots, "/v1/.%2E/x", elsewhere, refused, dots),
    path("/v1/a/%2E./x", rfc3986_dots, "/v1/a/%2E./x", Forwarded(Request()) | refused, refused, dots),
    path("/v1/..%2Fx", "RFC 3986 §2.2", "/v1/..%2Fx", unchanged("/v1/..%2Fx") | elsewhere, refused, dots),
    path("/v1/..;a/x", "RFC 3986 §3.3", "/v1/..;a/x", unchanged("/v1/..;a/x") | elsewhere, refused,
         "some servers take the parameter off first: two readings"),
    path("/v1/..a/x...", "RFC 3986 §3.3", "/v1/..a/x...", unchanged("/v1/..a/x...")),
    path("a query with dots", "RFC 3986 §3.4", "/v1/x?a=/../b", unchanged("/v1/x?a=/../b")),
    path("/v1/%252e%252e/x", "RFC 3986 §2.4", "/v1/%252e%252e/x", unchanged("/v1/%252e%252e/x")),
    path("/v1/a%2Fb", "RFC 3986 §2.2", "/v1/a%2Fb", unchanged("/v1/a%2Fb")),
    path("/v1//x", "RFC 3986 §3.3", "/v1//x", unchanged("/v1//x")),
    path("//v1/x", "RFC 3986 §3.3", "//v1/x", elsewhere, note="an empty segment is a segment"),
    path("/%76%31/x", "RFC 3986 §6.2.2.2", "/%76%31/x", Forwarded(Request()) | elsewhere, elsewhere, note=here),
    path("/V1/x", "RFC 3986 §6.2.2.1", "/V1/x", elsewhere),
    path("/v1x", "RFC 3986 §3.3", "/v1x/y", elsewhere),
    path("a backslash", "RFC 9112 §3.2", "/v1/..\\x", refused),
    path("%5C", "RFC 3986 §2.1", "/v1/a%5Cb", unchanged("/v1/a%5Cb") | refused, refused, "spec.md: a backslash is refused"),
    Case("a NUL", "RFC 9112 §3.2", b"GET /v1/a\0b HTTP/1.1\r\nHost: proxy.test\r\n\r\n", refused),
    path("%00", "RFC 3986 §7.3", "/v1/a%00b", unchanged("/v1/a%00b") | refused, refused, "a NUL ends a path for some"),
    path("bytes beyond ASCII", "RFC 9112 §3.2", "/v1/\xe9", refused),
    path("%C3%A9", "RFC 3986 §2.5", "/v1/%C3%A9", unchanged("/v1/%C3%A9")),
    path("%zz", "RFC 3986 §2.1", "/v1/%zz", refused),
    path("a percent sign at the end", "RFC 3986 §2.1", "/v1/a%2", refused),
]
