"""Child processes: each on its CPU, each ended by its own id on every path out."""
import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import time

PROXY = {0}  # the CPUs that the proxy has to itself
LOAD = {1}  # those of the load generator and of upstream
priority = 0  # nice value of what is measured and of what measures
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def _settle(cpus):
    """In the child, before exec: to its CPUs, and to end when this program is killed."""
    os.sched_setaffinity(0, cpus)
    if priority:
        os.setpriority(os.PRIO_PROCESS, 0, priority)
        with contextlib.suppress(OSError), open("/proc/self/autogroup", "w") as file:  # the session's, where kept
            file.write(str(priority))
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def start(arguments, cpus, **options):
    options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.Popen(arguments, preexec_fn=lambda: _settle(cpus), start_new_session=True, **options)


def end(process, patience=5):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Running:
    """A child for the length of a `with` block."""

    def __init__(self, arguments, cpus, **options):
        self.process = start(arguments, cpus, **options)

    def __enter__(self):
        return self.process

    def __exit__(self, *_):
        end(self.process)


def family(pid):
    """The process and its children (nginx: master and worker)."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [pid] + [int(child) for child in file.read().split()]
    except FileNotFoundError:
        return [pid]


def output_of(arguments, seconds, cpus=LOAD):
    """Runs a load generator to its end, which must come within `seconds`."""
    with Running(arguments, cpus, stdout=subprocess.PIPE, text=True) as process:
        out, _ = process.communicate(timeout=seconds)
        if process.returncode != 0:
            raise RuntimeError(f"{arguments[0]} ended with status {process.returncode}")
        return out


def wait_until(condition, seconds, what):
    end_at = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end_at:
            raise RuntimeError(f"{what}: not within {seconds} s")
        time.sleep(0.005)


def raise_open_files():
    """As many as this user may have, for the children too; and how many that is."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def end_on_signals():
    """A signal leaves through every `with` block."""
    def leave(number, _frame):
        raise SystemExit(128 + number)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
