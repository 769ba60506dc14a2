"""The docker client: this machine's, or the one out of Debian's package, of which nothing else is wanted."""
import pathlib
import shutil
import subprocess
import tempfile

import engine
import place

PACKAGE = "docker.io"


def find():
    """Puts a client on the path; without one the tests that want it say that they were skipped."""
    if shutil.which("docker"):
        return
    kept = (place.cache() or place.RUN) / "docker"
    if not kept.exists():
        fetch(kept)
    if kept.exists():
        folder = place.RUN / "bin"
        folder.mkdir()
        (folder / "docker").symlink_to(kept)
        engine.ENVIRONMENT["PATH"] = f"{folder}:{engine.ENVIRONMENT['PATH']}"


def is_there():
    return shutil.which("docker", path=engine.ENVIRONMENT["PATH"]) is not None


def fetch(target):
    with tempfile.TemporaryDirectory() as folder:
        fetched = engine.call("apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", PACKAGE, cwd=folder,
                              check=False)
        if fetched.returncode != 0:
            print(f"no docker client: {fetched.stdout.strip()}", flush=True)
            return
        package = next(pathlib.Path(folder).glob("*.deb"))
        subprocess.run(["dpkg-deb", "-x", package, f"{folder}/files"], check=True)
        made = target.with_suffix(f".{id(package)}")
        shutil.move(f"{folder}/files/usr/bin/docker", made)
        made.replace(target)
