"""What an image says of itself and holds, against what was promised."""
import json
import re
import tarfile
import tempfile

import checkout
import engine

MEGABYTE = 1_000_000
SIZE_LIMIT = {"default": 100 * MEGABYTE, "minimal": 30 * MEGABYTE}
PROGRAM = "/usr/local/bin/holysheep-proxy"
LABELS = {"title": "holysheep-proxy", "licenses": "Apache-2.0"}
SHELLS = re.compile(r"(^|/)(sh|bash|dash|busybox|perl|dpkg|apt-get)$")
KEYS = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{60}")


def problems(image, target, version, revision):
    """One line each; nothing where all is well."""
    told = engine.inspect("image", image)
    yield from what_is_wrong_with_the_configuration(told["Config"], told.get("HealthCheck") or told.get("Healthcheck"))
    labels = {key.removeprefix("org.opencontainers.image."): value for key, value in (told["Labels"] or {}).items()}
    for key, value in (LABELS | {"version": version, "revision": revision}).items():
        if labels.get(key) != value:
            yield f"label {key} is {labels.get(key)!r}, not {value!r}"
    if not labels.get("description"):
        yield "there is no label description"
    if told["Size"] > SIZE_LIMIT[target]:
        yield f"it takes {told['Size'] / MEGABYTE:.1f} MB, more than {SIZE_LIMIT[target] / MEGABYTE:.0f}"
    if checkout.SECRET in json.dumps(told):
        yield "its configuration or history has a secret"
    yield from what_is_wrong_with_the_files(image, target)


def what_is_wrong_with_the_configuration(config, health):
    for key, wanted in (("User", "10001:10001"), ("Entrypoint", [PROGRAM]), ("StopSignal", "SIGTERM")):
        if config.get(key) != wanted:
            yield f"{key} is {config.get(key)!r}, not {wanted!r}"
    if (health or {}).get("Test") != ["CMD", PROGRAM, "health"]:
        yield f"the health check is {health!r}"
    if set(config.get("ExposedPorts") or {}) != {"8080/tcp", "9090/tcp"}:
        yield f"ports: {config.get('ExposedPorts')!r}"
    if config.get("Volumes"):
        yield f"volumes: {config['Volumes']!r}"


def what_is_wrong_with_the_files(image, target):
    last = {}
    for member, content in files(image):
        last[member.name] = member
        # Libraries hold keys to test themselves with.
        if checkout.SECRET.encode() in content or not content.startswith(b"\x7fELF") and KEYS.search(content):
            yield f"a layer has a secret: {member.name}"
    for name, member in last.items():
        if member.mode & 0o6000 and member.isfile():
            yield f"who runs {name} becomes somebody else"
        if member.mode & 0o002 and member.isfile():
            yield f"anybody may change {name}"
        if target == "minimal" and not member.isdir() and SHELLS.search(name):
            yield f"{name} has no place in it"
    if target == "default" and not any(SHELLS.search(name) for name in last):
        yield "it has no shell"


def files(image):
    """Every entry of every layer, removed later or not, with its content; names as `usr/bin/env`."""
    with tempfile.NamedTemporaryFile() as saved:
        engine.call("podman", "save", "--format", "docker-archive", "-o", saved.name, image)
        with tarfile.open(saved.name) as archive:
            for layer in json.load(archive.extractfile("manifest.json"))[0]["Layers"]:
                with tarfile.open(fileobj=archive.extractfile(layer)) as entries:
                    for member in entries:
                        member.name = member.name.removeprefix("./")
                        yield member, entries.extractfile(member).read() if member.isfile() else b""
