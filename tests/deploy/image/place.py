"""Where things are."""
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROXY = pathlib.Path(os.environ.get("HOLYSHEEP_PROXY_BINARY", ROOT / "build/release/holysheep-proxy"))
SIMULATOR = pathlib.Path(os.environ.get("HOLYSHEEP_SIMULATOR_BINARY", ROOT / "build/release/holysheep-simulator"))
# Inside of the room (room.py) alone: in memory, except in the long variant, whose compilers do not fit there.
RUN = pathlib.Path("/run/holysheep")
WORK = RUN / "work"
WHOLE_BUILD = os.environ.get("HOLYSHEEP_LONG_TESTS") == "1"


def cache():
    """What a later run need not fetch again; None where nothing can be kept."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = pathlib.Path(home) / "holysheep-image-tests"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None
