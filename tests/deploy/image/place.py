"""Where things are."""
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROXY = pathlib.Path(os.environ.get("HOLYSHEEP_PROXY_BINARY", ROOT / "build/release/holysheep-proxy"))
SIMULATOR = pathlib.Path(os.environ.get("HOLYSHEEP_SIMULATOR_BINARY", ROOT / "build/release/holysheep-simulator"))
WORK = ROOT / "build/image"
WHOLE_BUILD = os.environ.get("HOLYSHEEP_LONG_TESTS") == "1"
