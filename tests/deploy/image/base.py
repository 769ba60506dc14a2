"""The base image, without a registry: Debian made on the spot, under the name that the Dockerfile asks for."""
import pathlib
import subprocess

import engine
import place

NAME = "docker.io/library/debian:bookworm-slim"
# What Debian's slim image leaves out.
SLIM = ("path-exclude=/usr/share/doc/*", "path-include=/usr/share/doc/*/copyright", "path-exclude=/usr/share/man/*",
        "path-exclude=/usr/share/groff/*", "path-exclude=/usr/share/info/*", "path-exclude=/usr/share/lintian/*",
        "path-exclude=/usr/share/linda/*", "path-exclude=/usr/share/locale/*")
SOURCES = ("/etc/apt/sources.list", "/etc/apt/sources.list.d/debian.sources")


def apt_options():
    """How this machine reaches its mirror; it goes into the base image, and so into nothing that is kept."""
    for line in subprocess.check_output(["apt-config", "dump"], text=True).splitlines():
        if line.startswith(("Acquire::Check-", "Acquire::http::Proxy", "Acquire::https::Proxy")):
            yield f"--aptopt={line.rstrip(';')}"


def make():
    """Once; `rm -rf build/image/base.tar` and `podman rmi` make it anew."""
    if engine.has(NAME):
        return
    tar = place.WORK / "base.tar"
    sources = [path for path in SOURCES if pathlib.Path(path).exists() and pathlib.Path(path).read_text().strip()]
    # Without it apt takes usrmerge, and with that all of Perl, which Debian's own image has not.
    lean = "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr"
    engine.call("mmdebstrap", "--variant=minbase", lean, *(f"--dpkgopt={option}" for option in SLIM), *apt_options(),
                "bookworm", str(tar), *sources, timeout=600)
    engine.call("podman", "import", "--change", 'CMD ["bash"]', "--change",
                "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", str(tar), NAME)
    tar.unlink()
