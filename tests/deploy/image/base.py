"""The base image, without a registry: Debian made on the spot, under the name that the Dockerfile asks for."""
import hashlib
import os
import pathlib
import shutil
import subprocess
import time

import container
import engine
import place
import room

NAME = "docker.io/library/debian:bookworm-slim"
# What Debian's slim image leaves out.
SLIM = ("path-exclude=/usr/share/doc/*", "path-include=/usr/share/doc/*/copyright", "path-exclude=/usr/share/man/*",
        "path-exclude=/usr/share/groff/*", "path-exclude=/usr/share/info/*", "path-exclude=/usr/share/lintian/*",
        "path-exclude=/usr/share/linda/*", "path-exclude=/usr/share/locale/*")
KEPT_FOR = 7 * 24 * 3600  # seconds
SOURCES = ("/etc/apt/sources.list", "/etc/apt/sources.list.d/debian.sources")


def apt_options():
    """How this machine reaches its mirror; it goes into the base image, and so into nothing that is kept."""
    for line in subprocess.check_output(["apt-config", "dump"], text=True).splitlines():
        if line.startswith(("Acquire::Check-", "Acquire::http::Proxy", "Acquire::https::Proxy")):
            yield f"--aptopt={line.rstrip(';')}"


def make():
    """Imports it; what was made in the last days for the same apt sources is taken from the cache."""
    tar = place.WORK / "base.tar"
    kept = place.cache() and place.cache() / f"base-{key()}.tar"
    if kept and kept.exists() and time.time() - kept.stat().st_mtime < KEPT_FOR:
        tar = kept
    else:
        bootstrap(tar)
        if kept:
            keep(tar, kept)
    engine.call("podman", "import", "--change", 'CMD ["bash"]', "--change",
                "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", str(tar), NAME)
    if tar != kept:
        tar.unlink()


def sources():
    return [path for path in SOURCES if pathlib.Path(path).exists() and pathlib.Path(path).read_text().strip()]


def key():
    """Of all that the base depends on but for what the mirror has."""
    parts = [pathlib.Path(__file__).read_text(), *(pathlib.Path(path).read_text() for path in sources()), *apt_options()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def bootstrap(tar):
    # Without it apt takes usrmerge, and with that all of Perl, which Debian's own image has not.
    lean = "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr"
    try:
        engine.call("mmdebstrap", "--variant=minbase", lean, *(f"--dpkgopt={option}" for option in SLIM),
                    *apt_options(), "bookworm", str(tar), *sources(), timeout=900)
    except engine.Failed as failed:
        raise room.Skipped(f"a base image from this machine's apt sources: {failed}") from failed


def keep(tar, kept):
    """In one step, since others may do the same; older ones go. Readable for its owner only, as apt's sources may be."""
    made = kept.with_suffix(f".{os.getpid()}.{time.time_ns()}")
    try:
        shutil.copyfile(tar, made)
        os.chmod(made, 0o600)
        made.replace(kept)
        for other in kept.parent.glob("base-*.tar"):
            if other != kept and time.time() - other.stat().st_mtime > KEPT_FOR:
                other.unlink()
    except OSError as error:
        made.unlink(missing_ok=True)
        print(f"the base image is not kept: {error}", flush=True)


def try_a_container():
    """What cannot be done here with the bare base is no fault of the image."""
    ended = engine.call("podman", "run", "--rm", *container.HARDENED, "--memory", "64m", "--memory-swap", "64m", NAME,
                        "/bin/true", check=False)
    if ended.returncode != 0:
        raise room.Skipped(f"containers with limits: {ended.stdout.strip()}")
