"""What a case is, and how its outcome is judged.

A case's `rfc` lists the outcomes that RFC 9110 and 9112 allow; where the contract wants one of them, or is stricter,
`ours` has it and `note` says why. The same outcomes judge every proxy.
"""
import dataclasses
import re

from client import Await, Got, converse  # noqa: F401  (cases use Await)
from upstream import OK, Reply  # noqa: F401  (cases use Reply)

PROBE_TARGET = "/v1/probe"


@dataclasses.dataclass
class Seen:
    """What upstream was sent, and what the client got."""
    got: Got
    requests: list
    oddities: list
    reused: bool = False  # the request after it went upstream on the same connection

    def summary(self):
        statuses = [str(one.status) for one in self.got.responses] or ["no answer"]
        if self.got.malformed:
            statuses = [f"malformed ({self.got.malformed})"]
        went = f"{len(self.requests)} upstream" if self.requests else "nothing upstream"
        return f"{', '.join(statuses)}; {went}; {'waits' if self.got.silent else self.got.after or '?'}"


class Outcome:
    """`differs` is empty when what was seen is this outcome, else it says in a few words what was there instead."""

    def differs(self, seen):
        raise NotImplementedError

    def __or__(self, other):
        return Either(self, other)


class Either(Outcome):
    def __init__(self, *either):
        self.either = either

    def differs(self, seen):
        differences = {one: one.differs(seen) for one in self.either}
        if "" in differences.values():
            return ""
        # The one that was nearest: what was answered well is compared to what should have been, not to a refusal.
        went_well = seen.requests and any(one.status < 400 for one in seen.got.finals)
        nearest = [one for one in differences if isinstance(one, (Forwarded, Either)) == bool(went_well)]
        return differences[(nearest or list(differences))[0]]


class Refused(Outcome):
    """Answered with one of these statuses, and nothing went upstream. `closed`: the connection ends, whose next bytes
    are a matter of opinion. `no_answer`: closing without a word will do."""

    def __init__(self, *statuses, closed=True, no_answer=False):
        self.statuses, self.closed, self.no_answer = statuses, closed, no_answer

    def differs(self, seen):
        got = seen.got
        if seen.oddities:
            return f"upstream was sent {seen.oddities[0]}"
        if seen.requests:
            return f"forwarded ({seen.summary()})"
        if self.no_answer and not got.raw and got.after == "closed":
            return ""
        if got.malformed or [one.status for one in got.responses] not in [[status] for status in self.statuses]:
            return seen.summary()
        if self.closed and got.after != "closed":
            return f"{got.responses[0].status}, but the connection is {got.after}"
        return "bytes behind the refusal" if got.rest else ""


class Forwarded(Outcome):
    """Upstream got exactly these `requests` (as `Request`s), the client exactly these `answers` (as `Answer`s), and the
    connection is `after` that ("": either). `pooled` False: upstream's connection may carry no other request."""

    def __init__(self, requests, answers=None, after="", interims=None, pooled=True):
        self.requests = [requests] if isinstance(requests, Request) else list(requests)
        answers = [Answer()] if answers is None else answers
        self.answers = [answers] if isinstance(answers, Answer) else list(answers)
        self.after, self.interims, self.pooled = after, interims, pooled

    def differs(self, seen):
        got = seen.got
        if seen.oddities:
            return f"upstream was sent {seen.oddities[0]}"
        if len(seen.requests) != len(self.requests) or got.malformed or got.silent:
            return seen.summary()
        if len(got.finals) != len(self.answers):
            return seen.summary()
        for request, wanted in zip(seen.requests, self.requests):
            if difference := wanted.differs(request):
                return f"upstream got {difference}"
        for answer, wanted in zip(got.finals, self.answers):
            if difference := wanted.differs(answer):
                return f"the client got {difference}"
        statuses = [one.status for one in got.interims]
        if self.interims is not None and statuses != self.interims:
            return f"the client got the interim answers {statuses}"
        if got.rest:
            return f"{len(got.rest)} bytes reached the client that are no answer"
        if self.after and got.after != self.after:
            return f"the connection is {got.after}"
        if seen.reused and not self.pooled:
            return "upstream's connection was used again"
        return ""


class Broken(Outcome):
    """The client sees that its answer is not whole: an error of the gateway, or an answer that ends early."""

    def __init__(self, *statuses, requests=1):
        self.statuses, self.requests = statuses or (502,), requests

    def differs(self, seen):
        got = seen.got
        if len(seen.requests) != self.requests:
            return seen.summary()
        if got.malformed:
            return ""  # cut inside its framing, or a chunked body without an end
        last = got.finals[-1] if got.finals else None
        if last is None:
            return "" if got.after == "closed" or got.raw == b"" else seen.summary()
        if last.status in self.statuses or not last.complete:
            return ""
        if last.framing == "close":
            return f"{last.status}, which looks whole"
        return f"{last.status}, whole"


class Checked:
    """Field checks, for either side. `has`: name to value ("": any); `lacks`: names; `values`: name to all its values,
    line by line; `like`: name to a pattern for all of its values together."""

    def __init__(self, has=None, lacks=(), body=None, values=None, like=None, trailers=None, framing=None):
        self.has, self.lacks, self.body, self.values = has or {}, lacks, body, values or {}
        self.like, self.trailers, self.framing = like or {}, trailers, framing

    def fields_differ(self, message):
        for name, wanted in self.has.items():
            value = message.value(name)
            if value is None:
                return f"no {name}"
            if wanted and value != wanted:
                return f"`{name}: {value}`"
        for name in self.lacks:
            if message.values(name):
                return f"`{name}: {message.value(name)}`"
        for name, wanted in self.values.items():
            if message.values(name) != wanted:
                return f"{name} as {message.values(name)}"
        for name, pattern in self.like.items():
            if not re.fullmatch(pattern, ", ".join(message.values(name))):
                return f"{name} as {message.values(name)}"
        if self.body is not None and message.body != self.body:
            return f"a body of {len(message.body)} bytes, {message.body[:30]!r}"
        if self.framing and message.framing != self.framing:
            return f"a body framed by {message.framing}"
        trailers = [(name.decode().lower(), value.decode("latin-1")) for name, value in message.trailers]
        if self.trailers is not None and trailers not in self.trailers:
            return f"the trailers {trailers}"
        return ""


class Request(Checked):
    """As upstream should be sent it; `version`: HTTP's minor one, where it matters."""

    def __init__(self, start="GET /v1/x", version=b"", **checks):
        super().__init__(**checks)
        self.version = version
        self.method, _, self.target = start.partition(" ")

    def differs(self, request):
        if (request.method, request.target) != (self.method, self.target):
            return f"`{request.method} {request.target}`"
        if self.version and request.start[2] != self.version:
            return f"HTTP/1.{request.start[2].decode()}"
        return self.fields_differ(request)


class Answer(Checked):
    """As the client should get it. `complete`: whole by its framing."""

    def __init__(self, status=200, complete=True, **checks):
        super().__init__(**checks)
        self.status, self.complete = status, complete

    def differs(self, answer):
        if answer.status != self.status:
            return f"{answer.status}"
        if answer.complete != self.complete:
            return "half an answer" if self.complete else "an answer that looks whole"
        return self.fields_differ(answer)


@dataclasses.dataclass
class Case:
    """One row. `sent`: the bytes, or steps of them and Awaits; `methods`: of the requests in them, for reading the
    answers; `replies`: what upstream says to each request."""
    name: str
    section: str
    sent: object
    rfc: Outcome
    replies: list = dataclasses.field(default_factory=lambda: [OK])
    methods: tuple = ("GET",)
    ours: Outcome = None
    note: str = ""
    pass_through: bool = False  # the proxy has no key of its own: the client's credentials go upstream
    story: str = ""

    @property
    def allowed(self):
        """For those that know no contract of ours: what the RFC allows, and what we do instead of it."""
        return self.rfc | self.ours if self.ours else self.rfc

    def run(self, system, upstream, patience):
        """What was seen, as `Seen`."""
        upstream.begin(self.replies)
        steps = [self.sent] if isinstance(self.sent, bytes) else self.sent
        got = converse(system.port, steps, self.methods, patience)
        probed = [one for one in upstream.connections if any(each.target == PROBE_TARGET for each in one.requests)]
        reused = any(len(one.requests) > 1 for one in probed)
        requests = [request for request in upstream.requests() if request.target != PROBE_TARGET]
        return Seen(got, requests, upstream.oddities(), reused)


def get(target="/v1/x", *lines, version="1.1", method="GET", host="Host: proxy.test", body=b""):
    """A request's bytes; `lines` are its other field lines."""
    head = [f"{method} {target} HTTP/{version}", *([host] if host else []), *lines, "", ""]
    return "\r\n".join(head).encode("latin-1") + body


def post(*lines, body=b"", target="/v1/x", version="1.1"):
    return get(target, *lines, method="POST", body=body, version=version)


def answer(*lines, status="200 OK", body=b"", version="1.1"):
    """A response's bytes."""
    return "\r\n".join([f"HTTP/{version} {status}", *lines, "", ""]).encode("latin-1") + body


def chunked(*chunks, end=b"0\r\n\r\n"):
    return b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in chunks) + end
