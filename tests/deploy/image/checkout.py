"""A clean checkout to build from, with secrets lying about in it that must not get into an image."""
import re
import shutil
import subprocess

import engine
import place

SECRET = "sk-planted-4b1d6f"
PLANTED = (".env", "holysheep.key", "deploy/image/tls.key", "src/app/ca.pem", "config/mine.json", "build/keys.json")
PREBUILT = "localhost/holysheep/prebuilt"
# The stage that compiles, up to the next one.
BUILD_STAGE = re.compile(r"^FROM \S+ AS build\n(?:(?!FROM ).*\n)*", re.M)


def make(folder):
    shutil.rmtree(folder, ignore_errors=True)
    tracked = subprocess.check_output(["git", "ls-files", "-z"], cwd=place.ROOT, text=True)
    for name in filter(None, tracked.split("\0")):
        if (place.ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(place.ROOT / name, folder / name)
    for name in PLANTED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"HOLYSHEEP_API_KEY={SECRET}\n")
    if not place.WHOLE_BUILD:
        pack_what_is_built(folder)


def pack_what_is_built(folder):
    """An image with what the stage `build` leaves, made from this machine's build, takes that stage's place: all other
    stages are built as they stand."""
    root = place.WORK / "prebuilt"
    shutil.rmtree(root, ignore_errors=True)
    (root / "usr/local/bin").mkdir(parents=True)
    (root / "usr/local/share/doc/holysheep-proxy").mkdir(parents=True)
    subprocess.run(["llvm-strip-19", "-o", root / "usr/local/bin/holysheep-proxy", place.PROXY], check=True)
    shutil.copy2(place.ROOT / "LICENSE", root / "usr/local/share/doc/holysheep-proxy")
    bill = root / "usr/local/share/doc/holysheep-proxy/holysheep-proxy.cdx.json"
    subprocess.run([place.ROOT / "scripts/sbom", place.PROXY, bill], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["tar", "-C", root, "-cf", f"{root}.tar", "."], check=True)
    engine.call("podman", "import", f"{root}.tar", PREBUILT)
    dockerfile = folder / "Dockerfile"
    text, stages = BUILD_STAGE.subn(f"FROM {PREBUILT} AS build\n\n", dockerfile.read_text())
    assert stages == 1, f"the Dockerfile has {stages} stages named build"
    dockerfile.write_text(text)
