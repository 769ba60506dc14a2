"""What a client's bytes mean: the requests that the contract has forwarded, read without the proxy's code. Whatever is
not certain ends the reading, as it must end the proxy's."""
import re

import messages

MOST_BODY = 50 << 20
HOST = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+(?::\d*)?|\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\](?::\d*)?")
ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")


def certain_path(target):
    """False: a path that two readers may resolve to two places (spec.md)."""
    path = target.partition("?")[0]
    if re.search(r"%(?![0-9A-Fa-f]{2})|%00|[\\#]", target) or re.search(r"%5[Cc]", path):
        return False
    decoded = ENCODED.sub(lambda code: chr(int(code[1], 16)) if code[1].lower() in ("2e", "2f", "3b") else "x", path)
    return not any(segment.partition(";")[0] in (".", "..") for segment in decoded.split("/"))


def target_of(request):
    """In origin-form; None: refused."""
    target, hosts = request.target, request.values("Host")
    version = request.start[2]
    if len(hosts) > 1 or (version != b"0" and len(hosts) != 1):
        return None
    if hosts and not HOST.fullmatch(hosts[0]) and not (hosts[0] == "" and version == b"0"):
        return None
    absolute = re.fullmatch(r"(?i:https?)://([^/?]*)(.*)", target)
    if absolute:
        if not HOST.fullmatch(absolute[1]) or (hosts and hosts[0] and hosts[0].lower() != absolute[1].lower()):
            return None
        target = absolute[2] or "/"
    if not target.startswith("/") or not certain_path(target):
        return None
    return target


def forwarded(data):
    """(requests, ended): those to be forwarded, as (method, target, body), and whether the connection ends then (else
    more is awaited, or the next request)."""
    found, at = [], 0
    while True:
        skipped = 0
        while data[at:at + 2] == b"\r\n" and skipped < 4:
            at, skipped = at + 2, skipped + 1
        if at >= len(data):
            return found, False
        try:
            read = messages.request(data, at)
        except messages.Malformed:
            return found, True
        if read is None:
            return found, False
        request, at = read
        target = target_of(request)
        if target is None or len(request.body) > MOST_BODY:
            return found, True
        path = target.partition("?")[0]
        last_stop = request.method == "OPTIONS" and re.fullmatch("0+", request.value("Max-Forwards") or "")
        forwards = re.match(r"/v1(beta)?(/|$)", path) and request.method not in ("TRACE", "CONNECT")
        if forwards and not last_stop:
            found.append((request.method, target, request.body))
        elif request.framing == "chunked" or request.body:
            return found, True  # refused unread
        options = request.options()
        if "close" in options or (request.start[2] == b"0" and "keep-alive" not in options):
            return found, True
