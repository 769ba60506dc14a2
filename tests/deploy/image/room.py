"""A room of its own for everything that the tests start: mounts, processes, /run and, once the images are built, a
network. It ends with its first process, and so does all that is in it; nothing of it is seen outside, and two rooms
on one machine do not know of each other."""
import contextlib
import ctypes
import fcntl
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

import place

ENTER = ("setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
         "--propagation", "private")
# The compilers of the long variant lie here while it runs.
DISK = place.ROOT / "build/image"
ONE_DAY = 86400  # seconds
CLONE_NEWNET = 0x40000000


class Skipped(Exception):
    """This machine has not what the tests need; the text says what."""


def run_inside(*command):
    """Runs `command` in a room and gives its exit status. A signal that ends this process ends the room first."""
    tried = subprocess.run([*ENTER, "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        raise Skipped(f"the right to have namespaces of mounts and processes: {tried.stderr.strip()}")
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda number, _: sys.exit(128 + number))
    with disk() as folder:
        environment = os.environ | {"HOLYSHEEP_IMAGE_DISK": str(folder or "")}
        room = subprocess.Popen([*ENTER, *command], env=environment, start_new_session=True)
        try:
            # With a time it looks again and again: a signal that comes just before a wait without one is not heard.
            return room.wait(timeout=ONE_DAY)
        except KeyboardInterrupt:
            return 130
        finally:
            end(room)


@contextlib.contextmanager
def disk():
    if not place.WHOLE_BUILD:
        yield None
        return
    DISK.mkdir(parents=True, exist_ok=True)
    for left in DISK.glob("run-*"):
        if not pathlib.Path(f"/proc/{left.name.removeprefix('run-')}").exists():
            shutil.rmtree(left)
    folder = DISK / f"run-{os.getpid()}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def end(room):
    """Kills what is still in it, and removes the control groups that containers had."""
    groups = control_groups(room.pid)
    room.kill()
    room.wait()
    for _ in range(100):
        groups = {group for group in groups if not removed(group)}
        if not groups:
            break
        time.sleep(0.05)


def removed(group):
    try:
        for folder, _, _ in os.walk(group, topdown=False):
            os.rmdir(folder)
    except OSError:
        return not os.path.exists(group)
    return True


def control_groups(ancestor):
    """Those of the containers whose processes descend from `ancestor`, as folders."""
    found = set()
    for process in descendants(ancestor):
        with contextlib.suppress(OSError):
            for line in pathlib.Path(f"/proc/{process}/cgroup").read_text().splitlines():
                _, controllers, path = line.split(":", 2)
                if "/libpod-" in path:
                    found |= {folder for folder in mounted(controllers, path) if os.path.isdir(folder)}
    return found


def mounted(controllers, path):
    names = [controllers.removeprefix("name="), *controllers.split(",")] if controllers else ["", "unified"]
    return {f"/sys/fs/cgroup/{name}{path}".replace("//", "/") for name in names}


def descendants(ancestor):
    """All processes of the room: its first one is a child of `ancestor`, and whose parent has ended becomes its child."""
    children = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    waiting = [ancestor]
    while waiting:
        process = waiting.pop()
        yield process
        waiting += children.get(process, [])


def furnish():
    """What the room's first process does: /run, shared memory and podman's own folders are new and empty,
    control groups may be made, name resolution stays as it was."""
    names = pathlib.Path("/etc/resolv.conf").read_text() if os.path.exists("/etc/resolv.conf") else None
    for folder in ("/run", "/dev/shm", "/var/lib/containers"):
        if os.path.isdir(folder):
            mount("-t", "tmpfs", "-o", "size=4g,mode=755", "tmpfs", folder)
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        _, folder, kind, options = line.split()[:4]
        if kind in ("cgroup", "cgroup2") and "ro" in options.split(","):
            subprocess.run(["mount", "-o", "remount,bind,rw", folder], check=False)
    if names is not None and not os.path.exists("/etc/resolv.conf"):
        target = pathlib.Path(os.path.realpath("/etc/resolv.conf"))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(names)
    for folder in (place.WORK, place.RUN / "tmp"):
        folder.mkdir(parents=True)
    if os.environ["HOLYSHEEP_IMAGE_DISK"]:
        mount("--bind", os.environ["HOLYSHEEP_IMAGE_DISK"], str(place.WORK))
    os.environ["TMPDIR"] = str(place.WORK if place.WHOLE_BUILD else place.RUN / "tmp")


def mount(*how):
    ended = subprocess.run(["mount", *how], capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise Skipped(f"the right to mount: {ended.stderr.strip()}")


def look_after(work):
    """Runs `work` in a process beside the room's first one, which has to bury those who lose their parents."""
    worker = os.fork()
    if worker == 0:
        os._exit(work())
    while True:
        process, status = os.wait()
        if process == worker:
            return os.waitstatus_to_exitcode(status)


def leave_the_network():
    """From here on this thread, and what it starts, has a network of its own: every port is free."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise Skipped(f"the right to have a network of its own: {os.strerror(ctypes.get_errno())}")
    set_flags, up = 0x8914, 0x1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh14x", b"lo", up))
