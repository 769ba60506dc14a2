"""Shapes of requests that are known to have got past some proxy or other: each hides one request from one of two
readers. `hidden` is that request; what is built is sent as it is."""
from table import chunked, get, post

CODINGS = [
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: xchunked", b"Transfer-Encoding : chunked", b"Transfer-Encoding:\tchunked",
    b"Transfer-Encoding:\x0bchunked", b"Transfer-Encoding:\x0cchunked", b"Transfer-Encoding:\xa0chunked",
    b"Transfer-Encoding: \x00chunked", b"Transfer-Encoding: chunked\x00", b" Transfer-Encoding: chunked",
    b"X: X\nTransfer-Encoding: chunked", b"X: X\rTransfer-Encoding: chunked", b"X: X\r\n Transfer-Encoding: chunked",
    b"Transfer-Encoding\r\n: chunked", b"Transfer-Encoding\n: chunked", b"Transfer-Encoding:\r\n chunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x", b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: identity, chunked", b"Transfer-Encoding: chunked,", b"Transfer-Encoding: ,chunked",
    b"Transfer-Encoding: chunked;q=1", b'Transfer-Encoding: "chunked"', b"Transfer-Encoding: 'chunked'",
    b"Transfer-Encoding: CHUNKED", b"tRANSFER-eNCODING: chunked", b"Transfer_Encoding: chunked", b"Transfer-Encoding: chunk",
    b"Transfer-Encoding: ch\xc3\xbcnked", b"Transfer-\x00Encoding: chunked", b"Transfer-Encoding:chunked",
    b"Transfer-Encoding: chunked\r", b"Transfer-Encoding: chunked \t", b"Transfer-Encoding:", b"TE: chunked",
    b"Content-Encoding: chunked", b"Transfer-Encoding: gzip, chunked", b"Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\r\nConnection: transfer-encoding, content-length", b"\xe2\x80\x8bTransfer-Encoding: chunked",
]
# What stands for the length N of a body.
LENGTHS = [b"%d", b"+%d", b"-%d", b" %d", b"%d ", b"0%d", b"0x%x", b"%d, %d", b"%d,0", b"0,%d", b"%d.0", b"%de0", b"%d\x00", b"\x0b%d",
           b"%d\xa0", b"'%d'", b"%d\r", b"%d\n", b"%d_0", b"%d 0", b"", b"1844674407370955161%d", b"%d;a=b", b"\xef\xbc\x95%d"]
# What stands for a chunk's size N.
SIZES = [b"%x", b"%X", b"0x%x", b"0X%x", b"+%x", b"-%x", b"%x ", b" %x", b"\t%x", b"%x\t", b"0000%x", b"0000000000000000%x", b"%x;",
         b"%x;a=b", b'%x;a="\r\n"', b"%x;a\nb", b"%x;a\rb", b"%x\x00", b"%x\r", b"%x\n", b"%x_0", b"%x,0", b"%x 0", b"%xg", b"1%016x",
         b"ffffffff%08x", b"%x;\xff", b"%x\x0b", b"'%x'", b"%x.0", b"%x ;a", b"{%x}", b"%x;a=\x00"]
LINE_ENDS = [b"\r\n", b"\n", b"\r", b"\n\r", b"\r\r\n", b"\r\n\r\n", b"", b"\x0b\r\n", b" \r\n", b"\x00\r\n"]
TRAILERS = [b"X-T: 1\r\n", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Host: other.test\r\n", b"X T: 1\r\n", b"X-T\r\n",
            b"X-T: 1\n", b" X-T: 1\r\n", b"X-T: 1\r\n 2\r\n", b"X-T: \x00\r\n", b"GET /v1/h HTTP/1.1\r\n", b": 1\r\n", b"\n", b"\r"]
FIELDS = [b"X-A: 1", b"X-A:", b"X-A : 1", b" X-A: 1", b"X-A: 1\r\n 2", b"X-A: \x00", b"X-A: 1\x0b2", b"X\x00A: 1", b":method: GET", b":path: /v1/h",
          b"X-A", b"X-A: a\rb", b"X-A: a\nb", b"Host: other.test", b"host: proxy.test", b"Host : other.test", b"Connection: close",
          b"Connection: host", b"Connection: content-length", b"Connection: keep-alive", b"Expect: 100-continue", b"Expect: 100-continue, x",
          b"Upgrade: h2c\r\nConnection: upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk", b"Content-Length: 0", b"Content-Length: 5",
          b"Content_Length: 5", b"Content-Length : 5", b"Content-Length\x00: 5", b"X: Y\r\nContent-Length: 5", b"Max-Forwards: 0",
          b"Proxy-Connection: close", b"X-\xc3\xa9: 1", b"X-A: \xc3\xa9", b"HTTP/1.1 200 OK", b"GET /v1/h HTTP/1.1", b"Trailer: Content-Length"]
FIRST_LINES = [b"POST %s HTTP/1.1", b"GET %s HTTP/1.1", b"POST %s HTTP/1.0", b"POST http://proxy.test%s HTTP/1.1", b"POST http://other.test%s HTTP/1.1",
               b"POST  %s HTTP/1.1", b"POST\t%s HTTP/1.1", b"POST %s HTTP/1.1 ", b"POST %s HTTP/1.1\x00", b"POST %s", b"POST %s HTTP/2.0",
               b"POST %s HTTP/1.1\r", b" POST %s HTTP/1.1", b"POST %s HTTP/1.7", b"\r\nPOST %s HTTP/1.1", b"\nPOST %s HTTP/1.1", b"PO\x00ST %s HTTP/1.1",
               b"POST %s?a HTTP/1.1\r\nX: HTTP/1.1", b"post %s HTTP/1.1", b"POST %s#a HTTP/1.1", b"POST %s/../b HTTP/1.1", b"POST %s%%2f.. HTTP/1.1"]
BEHIND = [b"", b"\r\n", b"\n", b"X", b"0\r\n\r\n", b"\r\n\r\n", b"\x00", b"GET ", b"\r"]


def head(first, target, *lines):
    return b"\r\n".join([first.replace(b"%s", target), b"Host: proxy.test", *lines, b"", b""])


def fill(pattern, number):
    return pattern.replace(b"%d", b"%d" % number).replace(b"%x", b"%x" % number).replace(b"%X", b"%X" % number).replace(
        b"%016x", b"%016x" % number).replace(b"%08x", b"%08x" % number)


def coding_and_length(rng, target, hidden):
    """CL.TE, TE.CL and TE.TE: a length and a coding, of which one is in disguise."""
    inner = chunked(hidden) if rng.random() < 0.5 else b"0\r\n\r\n" + hidden
    lines = [rng.choice(CODINGS)]
    if rng.random() < 0.8:
        lines.append(b"Content-Length: %d" % rng.choice([0, 3, 4, 5, len(inner), len(inner) - len(hidden)]))
    if rng.random() < 0.2:
        lines.append(rng.choice(CODINGS))
    rng.shuffle(lines)
    return head(b"POST %s HTTP/1.1", target, *lines) + inner


def length(rng, target, hidden):
    """A length that is no number for one of two, or several of them."""
    lines = [b"Content-Length: " + fill(rng.choice(LENGTHS), len(hidden))]
    if rng.random() < 0.3:
        lines.append(b"Content-Length: %d" % rng.choice([0, len(hidden)]))
    rng.shuffle(lines)
    return head(rng.choice([b"POST %s HTTP/1.1", b"GET %s HTTP/1.1"]), target, *lines) + hidden


def chunk_sizes(rng, target, hidden):
    """Sizes that are none, and line ends that are none."""
    ends = [rng.choice(LINE_ENDS) if rng.random() < 0.25 else b"\r\n" for _ in range(4)]
    size = fill(rng.choice(SIZES), len(hidden)) if rng.random() < 0.7 else b"%x" % (len(hidden) + rng.choice([-2, -1, 1, 2]))
    trailer = rng.choice(TRAILERS) if rng.random() < 0.3 else b""
    last = rng.choice([b"0", b"0", b"0", b"00", b"0x0", b"-0", b"0;a", b"0 "])
    return (head(b"POST %s HTTP/1.1", target, b"Transfer-Encoding: chunked") + size + ends[0] + hidden + ends[1] + last +
            ends[2] + trailer + ends[3])


def body_that_is_a_request(rng, target, hidden):
    """CL.0: one reader takes it that such a request has no body."""
    first = rng.choice([b"GET %s HTTP/1.1", b"POST %s HTTP/1.1", b"OPTIONS %s HTTP/1.1", b"DELETE %s HTTP/1.1"])
    return head(first, target, b"Content-Length: %d" % len(hidden), *([rng.choice(FIELDS)] if rng.random() < 0.3 else [])) + hidden


def fields(rng, target, hidden):
    """Fields that begin, fold or end where another reader would not have them."""
    lines = rng.sample(FIELDS, rng.randint(1, 3)) + [b"Content-Length: %d" % len(hidden)]
    rng.shuffle(lines)
    return head(b"POST %s HTTP/1.1", target, *lines) + hidden


def first_line(rng, target, hidden):
    """Request lines of one and a half readings, and Hosts that disagree with them."""
    return head(rng.choice(FIRST_LINES), target, b"Content-Length: %d" % len(hidden)) + hidden


def bytes_behind(rng, target, hidden):
    """A good request, and bytes behind its body that another may join to the next."""
    return post("Content-Length: 5", target=target.decode(), body=b"hello") + rng.choice(BEHIND) + hidden


def mutated(rng, target, hidden):
    """A good conversation with a few bytes changed."""
    whole = bytearray(get(target.decode()) + post("Transfer-Encoding: chunked", target=target.decode(), body=chunked(b"hel", hidden)) +
                      post(f"Content-Length: {len(hidden)}", target=target.decode(), body=hidden))
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(whole))
        byte = rng.choice(b"\r\n\0 \t:;,0159afgAF+-_x\x0b\x7f\x80\xff")
        action = rng.random()
        if action < 0.4:
            whole[at] = byte
        elif action < 0.7:
            whole.insert(at, byte)
        else:
            del whole[at]
    return bytes(whole)


ALL = [coding_and_length, coding_and_length, length, chunk_sizes, chunk_sizes, body_that_is_a_request, fields, first_line, bytes_behind, mutated,
       mutated]
