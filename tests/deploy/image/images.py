"""Both targets, built once for all tests."""
import checkout
import engine
import place

VERSION = "v7.8.9"
REVISION = "0123456789abcdef"
CONTEXT = place.WORK / "context"
TARGETS = ("default", "minimal")


def image(target):
    """Its name."""
    return f"localhost/holysheep/tested:{target}"


def make():
    """Both, by the stages of Dockerfile as they stand. Nothing in the store was built before, so that layers may be
    shared: Debian's buildah takes a label from its cache though the argument has changed."""
    CONTEXT.mkdir(parents=True)
    checkout.make(CONTEXT)
    # Keys are in the environment of many a builder.
    engine.ENVIRONMENT["HOLYSHEEP_API_KEY"] = checkout.SECRET
    try:
        for target in TARGETS:
            engine.build(CONTEXT, image(target), "--build-arg", f"VERSION={VERSION}", "--build-arg",
                         f"REVISION={REVISION}", "--layers", target=target)
    finally:
        del engine.ENVIRONMENT["HOLYSHEEP_API_KEY"]
