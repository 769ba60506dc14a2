"""The commands of README.md and docs/containers.md as they stand there, given to a Docker client."""
import re
import time
import unittest

import docker_client
import engine
import images
import place

KEY = "test-key-of-nobody"


def commands(document, section):
    """Those of a section's first block, one a line of it or of several that end in \\."""
    text = (place.ROOT / document).read_text().split(f"\n## {section}\n")[1]
    block = re.search(r"(?:^    .*\n)+", text, re.M)[0]
    return re.sub(r"\\\n *", "", re.sub(r"^    ", "", block, flags=re.M)).splitlines()


class TheLiteralCommands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not docker_client.is_there():
            raise unittest.SkipTest("no docker client: the commands of the documents were not tried")
        engine.ENVIRONMENT["HOLYSHEEP_API_KEY"] = KEY
        cls.addClassCleanup(engine.ENVIRONMENT.pop, "HOLYSHEEP_API_KEY")
        cls.enterClassContext(engine.docker_socket())

    def test_of_the_readme_work(self):
        literal = commands("README.md", "Containers and Kubernetes")
        self.assertEqual(["docker build", "docker run", "curl http", "docker stop"], [line[:len(start)] for line, start in
                         zip(literal, ("docker build", "docker run", "curl http", "docker stop"), strict=True)])
        self.addCleanup(engine.call, "docker", "rm", "--force", "holysheep-proxy", check=False)
        _, run, ready, _ = (self.run_as_it_stands(command) for command in literal)
        self.assert_is_an_id(run)
        self.assertIn('"status":"ready"', ready)

    def test_of_the_documentation_work(self):
        self.addCleanup(engine.call, "docker", "rm", "--force", "holysheep-proxy", check=False)
        told = {}
        for command in commands("docs/containers.md", "Building") + commands("docs/containers.md", "Running"):
            told[command] = self.run_as_it_stands(command)
        run, ready, health, logs, *_ = (told[command] for command in commands("docs/containers.md", "Running"))
        self.assert_is_an_id(run)
        self.assertIn('"status":"ready"', ready)
        self.assertIn("ok", health)
        self.assertIn("8080", logs)
        self.assertNotIn(KEY, logs)

    def assert_is_an_id(self, told):
        self.assertRegex(told.strip().splitlines()[-1], r"^[0-9a-f]{64}$")

    def run_as_it_stands(self, command):
        """A question may come a moment before the daemon listens, or is ready."""
        for left in reversed(range(80)):
            ended = engine.call("bash", "-c", command, cwd=images.CONTEXT, check=False, timeout=3600)
            starting = command.startswith("curl") and '"starting"' in ended.stdout and left > 0
            if ended.returncode == 0 and not starting:
                print(f"\n$ {command}\n{ended.stdout.strip()[-300:]}", flush=True)
                return ended.stdout
            if not command.startswith("curl") or left == 0:
                raise AssertionError(f"{command}\nexit status {ended.returncode}\n{ended.stdout[-8000:]}")
            time.sleep(0.25)
        return ""


if __name__ == "__main__":
    unittest.main()
