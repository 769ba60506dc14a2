"""However a run is ended, nothing of it is left."""
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

# As conmon does, the sleeper leaves its session and its parent.
START = """
import room, sys
sys.exit(room.run_inside("sh", "-c", "mount -t tmpfs {mark} /mnt; (setsid sleep {mark} &) ; echo started; sleep {mark}"))
"""


def left(mark):
    """Command lines of processes that have it in them."""
    found = []
    for file in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = file.read_text()
        except OSError:
            continue
        if mark in text:
            found.append(text.replace("\0", " "))
    return found


def soon(holds):
    """Whether it holds within ten seconds."""
    deadline = time.monotonic() + 10
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class ARoom(unittest.TestCase):
    def test_ends_with_all_that_is_in_it_on_a_signal(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL):
            with self.subTest(number.name):
                self.end_one_by(number)

    def end_one_by(self, number):
        mark = f"7{number:03}.5"
        # A room in the room of the long variant would take that one's folder for one whose process is gone.
        environment = {name: value for name, value in os.environ.items() if name != "HOLYSHEEP_LONG_TESTS"}
        with subprocess.Popen([sys.executable, "-c", START.format(mark=mark)], stdout=subprocess.PIPE, text=True,
                              cwd=pathlib.Path(__file__).parent, env=environment) as outside:
            try:
                self.assertEqual("started\n", outside.stdout.readline())
                self.assertTrue(soon(lambda: any(line.startswith("sleep") for line in left(mark))))
                outside.send_signal(number)
                outside.wait(timeout=20)
            finally:
                outside.kill()
        soon(lambda: not left(mark))
        self.assertEqual([], left(mark))
        self.assertNotIn(mark, pathlib.Path("/proc/mounts").read_text())


if __name__ == "__main__":
    unittest.main()
