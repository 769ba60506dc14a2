"""A container of the image under test, on this machine's network."""
import contextlib
import pathlib
import re
import time

import engine
import upstream

# Not even the folders in memory that podman adds to --read-only.
HARDENED = ("--network", "host", "--read-only", "--read-only-tmpfs=false", "--cap-drop=all",
            "--security-opt", "no-new-privileges", "--user", "10001:10001", "--pids-limit", "100")


class Container:
    def __init__(self, name, port):
        self.name = name
        self.port = port

    def state(self):
        return engine.inspect("container", self.name)["State"]

    def logs(self):
        return engine.call("podman", "logs", self.name).stdout

    def exec(self, *command, options=()):
        return engine.call("podman", "exec", *options, self.name, *command, check=False)

    def proc(self, file):
        """Of the daemon, as this machine sees it."""
        return pathlib.Path(f"/proc/{self.state()['Pid']}/{file}").read_text()

    def memory_limit(self):
        return int(self.control_file("memory.limit_in_bytes", "memory.max"))

    def killed_for_memory(self):
        """How often the kernel did so."""
        return int(re.search(r"^oom_kill (\d+)$", self.control_file("memory.oom_control", "memory.events"), re.M)[1])

    def most_resident(self):
        """Bytes."""
        return int(re.search(r"^VmHWM:\s+(\d+) kB$", self.proc("status"), re.M)[1]) * 1024

    def control_file(self, first_version, second_version):
        """The text of the daemon's control group for memory, by the name that each version of them has."""
        for line in self.proc("cgroup").splitlines():
            _, controllers, path = line.split(":", 2)
            for folder, name in ((f"memory{path}", first_version), (path, second_version),
                                 (f"unified{path}", second_version)):
                file = pathlib.Path(f"/sys/fs/cgroup/{folder}/{name}")
                if controllers in ("memory", "") and file.exists():
                    return file.read_text()
        raise AssertionError(f"no control group of {self.name} has {first_version} or {second_version}")

    def root_is_read_only(self):
        mounts = re.findall(r"^\d+ \d+ \S+ \S+ / (\S+)", self.proc("mountinfo"), re.M)
        return "ro" in mounts[-1].split(",")

    def wait_until_ready(self):
        for _ in range(200):
            if upstream.get(self.port, "/ready")[0] == 200:
                return
            if not self.state()["Running"]:
                break
            time.sleep(0.05)
        raise AssertionError(f"{self.name} does not serve: {self.logs()}")


@contextlib.contextmanager
def running(image, simulator, memory="128m", options=(), **settings):
    """A daemon that serves, hardened, and trusts the simulator's CA; the settings are its environment."""
    port = upstream.free_port()
    name = f"holysheep-{port}"
    settings = {"LISTEN_PORT": str(port), "LISTEN_ADDRESS": "127.0.0.1", "ADMIN_PORT": "0",
                "API_BASE_URL": simulator.url, "SSL_CERT_FILE": "/etc/holysheep/ca/ca.pem"} | settings
    told = [part for key, value in settings.items() for part in ("-e", f"{key}={value}")]
    try:
        engine.call("podman", "run", "-d", "--name", name, *HARDENED, "--memory", memory, "--memory-swap", memory,
                    "-v", f"{simulator.ca_folder}:/etc/holysheep/ca:ro", *told, *options, image)
        container = Container(name, port)
        container.wait_until_ready()
        yield container
    finally:
        engine.call("podman", "rm", "--force", "--time", "1", "--ignore", name, check=False)
