"""The commands of docs/containers.md as they stand there, given to a Docker client."""
import re
import shutil
import time
import unittest

import engine
import images
import place


def commands(section):
    """Of docs/containers.md: those of a section's first block, one a line of it or of several that end in \\."""
    text = (place.ROOT / "docs/containers.md").read_text().split(f"\n## {section}\n")[1]
    block = re.search(r"(?:^    .*\n)+", text, re.M)[0]
    return re.sub(r"\\\n *", "", re.sub(r"^    ", "", block, flags=re.M)).splitlines()


@unittest.skipUnless(shutil.which("docker"), "no docker client: its commands were not tried")
class TheLiteralCommands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        images.prepare()
        engine.ENVIRONMENT["HOLYSHEEP_API_KEY"] = "test-key-of-nobody"
        cls.addClassCleanup(engine.ENVIRONMENT.pop, "HOLYSHEEP_API_KEY")
        cls.enterClassContext(engine.docker_socket())

    def test_of_the_documentation_work(self):
        self.addCleanup(engine.call, "docker", "rm", "--force", "holysheep-proxy", check=False)
        told = {}
        for command in commands("Building") + commands("Running"):
            told[command] = self.run_as_it_stands(command)
        run, ready, health, logs, *_ = (told[command] for command in commands("Running"))
        self.assertRegex(run.strip().splitlines()[-1], r"^[0-9a-f]{64}$")
        self.assertIn('"status":"ready"', ready)
        self.assertIn("ok", health)
        self.assertIn("8080", logs)
        self.assertNotIn("test-key-of-nobody", logs)

    def run_as_it_stands(self, command):
        """A question may come a moment before the daemon listens."""
        for left in reversed(range(20)):
            ended = engine.call("bash", "-c", command, cwd=images.CONTEXT, check=False, timeout=3600)
            if ended.returncode == 0:
                return ended.stdout
            if not command.startswith("curl") or left == 0:
                raise AssertionError(f"{command}\nexit status {ended.returncode}\n{ended.stdout[-8000:]}")
            time.sleep(0.25)
        return ""


if __name__ == "__main__":
    unittest.main()
