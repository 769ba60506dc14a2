"""Both targets, built once for all tests."""
import functools
import os

import base
import checkout
import engine
import place

VERSION = "v7.8.9"
REVISION = "0123456789abcdef"
CONTEXT = place.WORK / "context"
TARGETS = ("default", "minimal")


@functools.cache
def image(target):
    """Its name."""
    prepare()
    name = f"localhost/holysheep/tested:{target}"
    # Debian's buildah takes a label from its cache though the argument has changed: only a compiled program stays.
    layers = ["--layers"] if place.WHOLE_BUILD else []
    # Keys are in the environment of many a builder.
    engine.ENVIRONMENT["HOLYSHEEP_API_KEY"] = checkout.SECRET
    try:
        engine.build(CONTEXT, name, "--build-arg", f"VERSION={VERSION}", "--build-arg", f"REVISION={REVISION}",
                     *layers, target=target)
    finally:
        del engine.ENVIRONMENT["HOLYSHEEP_API_KEY"]
    return name


@functools.cache
def prepare():
    base.make()
    os.makedirs(CONTEXT, exist_ok=True)
    checkout.make(CONTEXT)
