"""podman, buildah and a Docker-compatible socket over a store of their own."""
import contextlib
import json
import os
import subprocess

import place

RUN = place.RUN

CONFIG = {
    "containers.conf": """
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=20000:20000"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
exit_command_delay = 1
tmp_dir = "{run}/libpod"
[network]
network_backend = "netavark"
network_config_dir = "{work}/networks"
""",
    "storage.conf": """
[storage]
driver = "{driver}"
graphroot = "{work}/storage"
runroot = "{run}/storage"
""",
    "registries.conf": """
unqualified-search-registries = ["docker.io"]
short-name-mode = "permissive"
""",
}


def environment():
    """What makes the tools use that store, its configuration written anew."""
    driver = "overlay" if overlays_work() else "vfs"
    for name, text in CONFIG.items():
        (place.WORK / name).write_text(text.format(run=RUN, work=place.WORK, driver=driver))
    return os.environ | {
        "CONTAINERS_CONF": str(place.WORK / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(place.WORK / "storage.conf"),
        "CONTAINERS_REGISTRIES_CONF": str(place.WORK / "registries.conf"),
        "BUILDAH_ISOLATION": "chroot",
        "DOCKER_HOST": f"unix://{RUN}/docker.sock",
        "DOCKER_BUILDKIT": "0",
    }


def overlays_work():
    """Not on top of another overlay, for one."""
    folders = [place.WORK / f"overlay/{name}" for name in ("lower", "upper", "work", "merged")]
    for folder in folders:
        folder.mkdir(parents=True)
    lower, upper, work, merged = folders
    tried = subprocess.run(["mount", "-t", "overlay", "-o", f"lowerdir={lower},upperdir={upper},workdir={work}",
                            "overlay", merged], capture_output=True, check=False)
    if tried.returncode == 0:
        subprocess.run(["umount", merged], check=True)
    return tried.returncode == 0


ENVIRONMENT = environment()


class Failed(Exception):
    """A command's exit status was not 0; the text is all it said."""


def call(*command, check=True, timeout=120, **options):
    ended = subprocess.run(command, env=ENVIRONMENT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           timeout=timeout, check=False, **options)
    if check and ended.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}: exit status {ended.returncode}\n{ended.stdout[-8000:]}")
    return ended


def build(context, tag, *options, target="default"):
    """`target` of the Dockerfile in `context`, as the image `tag`; gives what the builder said."""
    return call("buildah", "bud", "--format", "docker", "--target", target, "-t", tag, *options, ".",
                cwd=context, timeout=3600).stdout


def has(image):
    return call("podman", "image", "exists", image, check=False).returncode == 0


def inspect(what, name):
    return json.loads(call("podman", what, "inspect", name).stdout)[0]


@contextlib.contextmanager
def docker_socket():
    """Serves DOCKER_HOST while the block runs."""
    socket = ENVIRONMENT["DOCKER_HOST"].removeprefix("unix://")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(socket)
    with subprocess.Popen(["podman", "system", "service", "--time=0", f"unix://{socket}"], env=ENVIRONMENT) as service:
        try:
            call("bash", "-c", f"for i in {{1..100}}; do [[ -S {socket} ]] && exit 0; sleep 0.1; done; exit 1")
            yield
        finally:
            service.terminate()
